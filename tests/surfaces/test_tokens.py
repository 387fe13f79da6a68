"""Signed memory: only what we sealed, for this server, purpose and person, and in time, comes back."""

import base64
import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.surfaces.tokens import BadToken, Sealer
from bot.vault import Vault, generate_keys
from tests.clock import HeldClock
from tests.surfaces.drawing import NOW, VAULT, sealer

CLAIMS = {"command": "silence", "group": "12"}


def test_what_was_sealed_comes_back_as_texts():
    token = sealer().seal("button", {"group": 12, "ask": True})

    assert sealer().unseal("button", token) == {"group": "12", "ask": "True"}


def test_nothing_but_the_holder_the_purpose_and_the_server_opens_it():
    token = sealer().seal("form", CLAIMS, user_id="ana")

    assert sealer().unseal("form", token, user_id="ana") == CLAIMS
    for open_ in (
        lambda: sealer().unseal("form", token, user_id="ben"),
        lambda: sealer().unseal("form", token),
        lambda: sealer().unseal("button", token, user_id="ana"),
        lambda: sealer("S2").unseal("form", token, user_id="ana"),
        lambda: Sealer(Vault(generate_keys()), "S1", HeldClock()).unseal("form", token, user_id="ana"),
    ):
        with pytest.raises(BadToken):
            open_()


def test_it_ends():
    clock = HeldClock()
    clock.now = NOW
    token = sealer().seal("form", CLAIMS, ends_at=NOW + timedelta(hours=1))

    clock.advance(minutes=60)
    assert sealer(clock=clock).unseal("form", token) == CLAIMS
    clock.advance(seconds=1)
    with pytest.raises(BadToken):
        sealer(clock=clock).unseal("form", token)


def test_a_button_lives_as_long_as_its_post_and_outlives_a_change_of_keys():
    old = generate_keys()
    token = Sealer(Vault(old), "S1", HeldClock()).seal("button", CLAIMS)
    clock = HeldClock()
    clock.advance(hours=24 * 365)

    assert Sealer(Vault(generate_keys(old)), "S1", clock).unseal("button", token) == CLAIMS


TOKEN = sealer().seal("form", {"text": "Größe ü €"}, user_id="ana")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_changing_any_character_spoils_it(place: int, character: str):
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    try:
        assert sealer().unseal("form", changed, user_id="ana") == {"text": "Größe ü €"}
    except BadToken:
        assert changed != TOKEN


@pytest.mark.parametrize("length", range(0, len(TOKEN), 7))
def test_a_piece_of_it_is_nothing(length: int):
    with pytest.raises(BadToken):
        sealer().unseal("form", TOKEN[:length], user_id="ana")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(JSON, st.text(), st.text().map(lambda text: f"{text}.k1.{text}"), st.binary(), st.floats()))
def test_rubbish_is_only_ever_a_bad_token(rubbish: object):
    with pytest.raises(BadToken):
        sealer().unseal("form", rubbish)


@settings(max_examples=80, deadline=None)
@given(st.one_of(JSON.map(lambda shape: json.dumps(shape).encode()), st.binary()))
def test_another_shape_under_our_own_signature_is_a_bad_token(body: bytes):
    encoded = base64.urlsafe_b64encode(body).rstrip(b"=").decode()
    with pytest.raises(BadToken):
        sealer().unseal("form", f"{encoded}.{VAULT.sign('memory|form', body)}")


@pytest.mark.parametrize(
    "body",
    [["S1", "", 0, ["command"]], ["S1", "", 0, "command"], ["S1", "", 0, None], ["S1", "", "soon", {}], ["S1", "", 0]],
)
def test_a_body_of_an_older_kind_is_a_bad_token(body: list[object]):
    signed = json.dumps(body).encode()
    encoded = base64.urlsafe_b64encode(signed).rstrip(b"=").decode()
    with pytest.raises(BadToken):
        sealer().unseal("form", f"{encoded}.{VAULT.sign('memory|form', signed)}")
