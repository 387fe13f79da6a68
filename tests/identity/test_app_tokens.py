"""The plugin's tokens: what proves a call, and every way in which somebody else could try."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from bot.identity.app_tokens import AppToken, BadToken, Caller, Key, acting_user, read_app_token
from bot.secret import Secret

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "K7wq1m-0ZQv8yUj2Yp3sT5xW9aBcDeFgHiJkLmNoPqR"
OTHER = "x" * 43
KEY = Key(id="s1", secret=Secret(SECRET))
NEXT = Key(id="s2", secret=Secret(OTHER))
ANA, BEN, BOT = "a" * 26, "b" * 26, "o" * 26


def ends(**later: float) -> int:
    return int((NOW + timedelta(**later)).timestamp())


def token(secret: str = SECRET, **claims: Any) -> str:
    return jwt.encode({"exp": ends(minutes=15), "acting_user_id": ANA} | claims, secret, algorithm="HS256")


def handmade(head: dict[str, Any], claims: dict[str, Any], secret: str = SECRET) -> str:
    """A token that a careful library would not make."""
    signed = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims))
    signature = base64.urlsafe_b64encode(hmac.digest(secret.encode(), signed, "sha256")).rstrip(b"=")
    return b".".join((signed, signature)).decode()


def read(*headers: str, keys: tuple[Key, ...] = (KEY,), now: datetime = NOW) -> AppToken:
    return read_app_token(headers, keys, now=now)


def refusal(*headers: str, keys: tuple[Key, ...] = (KEY,), now: datetime = NOW) -> str:
    with pytest.raises(BadToken) as caught:
        read(*headers, keys=keys, now=now)
    return caught.value.reason


def test_a_call_of_the_plugin_is_proven() -> None:
    assert read(f"Bearer {token()}") == AppToken(acting_user_id=ANA, secret_id="s1")


def test_a_token_may_name_nobody() -> None:
    made = handmade({"alg": "HS256", "typ": "JWT"}, {"exp": ends(minutes=15)})
    assert read(f"Bearer {made}").acting_user_id == ""


def test_with_two_secrets_in_force_the_one_that_signed_is_told() -> None:
    assert read(f"Bearer {token(OTHER)}", keys=(KEY, NEXT)).secret_id == "s2"
    assert read(f"Bearer {token()}", keys=(KEY, NEXT)).secret_id == "s1"


@pytest.mark.parametrize("seconds", [-59, 0, 1, 900, 960])
def test_clocks_may_differ_by_a_minute(seconds: int) -> None:
    assert read(f"Bearer {token(exp=ends(seconds=seconds))}").acting_user_id == ANA


def test_a_fraction_of_a_second_is_a_number_too() -> None:
    assert read(f"Bearer {token(exp=ends(minutes=15) + 0.5)}").acting_user_id == ANA


@pytest.mark.apps(45)
@pytest.mark.parametrize("seconds", [-60, -3600, -(10**9)])
def test_an_expired_token_is_refused(seconds: int) -> None:
    assert refusal(f"Bearer {token(exp=ends(seconds=seconds))}") == "it has expired"


@pytest.mark.parametrize(("seconds", "hint"), [(-61, True), (-599, True), (-600, False), (-3600, False)])
def test_a_lately_expired_token_hints_at_the_clock(seconds: int, hint: bool) -> None:
    with pytest.raises(BadToken) as caught:
        read(f"Bearer {token(exp=ends(seconds=seconds))}")
    assert caught.value.check_the_clock is hint


def test_the_hint_is_for_our_own_tokens_only() -> None:
    with pytest.raises(BadToken) as caught:
        read(f"Bearer {token(OTHER, exp=ends(seconds=-100))}")
    assert not caught.value.check_the_clock


@pytest.mark.parametrize("later", [{"seconds": 961}, {"hours": 1}, {"days": 30 * 365}])
def test_a_token_that_lives_longer_than_the_plugins_is_refused(later: dict[str, float]) -> None:
    assert refusal(f"Bearer {token(exp=ends(**later))}") == "it lives longer than the plugin's tokens do"


@pytest.mark.parametrize("exp", [str(ends(minutes=5)), "soon", True, None, [], {}, float("inf"), float("nan"), -1e400])
def test_an_end_that_is_no_number_is_refused(exp: object) -> None:
    made = handmade({"alg": "HS256", "typ": "JWT"}, {"exp": exp, "acting_user_id": ANA})
    assert refusal(f"Bearer {made}")


def test_a_token_without_an_end_is_refused() -> None:
    refusal(f"Bearer {handmade({'alg': 'HS256', 'typ': 'JWT'}, {'acting_user_id': ANA})}")


def test_a_huge_end_is_refused() -> None:
    refusal(f"Bearer {token(exp=10**300)}")


def test_another_servers_secret_proves_nothing() -> None:
    assert refusal(f"Bearer {token(OTHER)}") == "no secret of this server signed it"


@pytest.mark.apps(45)
@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_an_empty_or_short_secret_proves_nothing_even_if_it_is_ours(secret: str) -> None:
    made = handmade({"alg": "HS256", "typ": "JWT"}, {"exp": ends(minutes=5)}, secret)
    refusal(f"Bearer {made}", keys=(Key(id="s1", secret=Secret(secret)),))


def test_without_secrets_nothing_is_proven() -> None:
    refusal(f"Bearer {token()}", keys=())


@pytest.mark.apps(45)
@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "HS384", "RS256", "hs256"])
def test_the_token_does_not_choose_the_algorithm(algorithm: str) -> None:
    head, claims = {"alg": algorithm, "typ": "JWT"}, {"exp": ends(minutes=5), "acting_user_id": ANA}
    made = handmade(head, claims)
    refusal(f"Bearer {made}")
    refusal(f"Bearer {made.rpartition('.')[0]}.")


@pytest.mark.apps(45)
def test_a_token_signed_with_rsa_is_refused() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    made = jwt.encode({"exp": ends(minutes=5)}, private, algorithm="RS256")
    refusal(f"Bearer {made}")
    refusal(f"Bearer {made}", keys=(Key(id="s1", secret=Secret(public.decode())),))


def test_a_longer_hash_with_the_right_secret_is_refused() -> None:
    refusal(f"Bearer {jwt.encode({'exp': ends(minutes=5)}, SECRET * 2, algorithm='HS512')}")


@pytest.mark.parametrize("name", ["kid", "jku", "jwk", "x5u"])
def test_a_key_named_in_the_token_is_not_looked_for(name: str) -> None:
    named = {"alg": "HS256", "typ": "JWT", name: "https://attacker.example.com/key"}
    claims = {"exp": ends(minutes=5), "acting_user_id": ANA}
    refusal(f"Bearer {handmade(named, claims, OTHER)}")
    assert read(f"Bearer {handmade(named, claims)}").acting_user_id == ANA


@pytest.mark.apps(45)
def test_a_changed_claim_breaks_the_signature() -> None:
    head, _, signature = token().split(".")
    forged = base64.urlsafe_b64encode(json.dumps({"exp": ends(minutes=15), "acting_user_id": BEN}).encode())
    refusal(f"Bearer {head}.{forged.rstrip(b'=').decode()}.{signature}")


@pytest.mark.apps(45)
def test_exactly_one_header_is_read() -> None:
    good = f"Bearer {token()}"
    assert refusal() == "0 headers instead of one"
    assert refusal(good, good) == "2 headers instead of one"
    refusal(f"{good},{good}")
    refusal(f"{good}, {good}")


def test_the_header_has_a_bounded_length() -> None:
    assert refusal(f"Bearer {'a' * 4090}") == "the header is too long"
    long = f"Bearer {token(more='x' * 4000)}"
    assert refusal(long) == "the header is too long"
    assert read(f"Bearer {token(more='x' * 2000)}").acting_user_id == ANA


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer  x", "Basic {token}", "{token}", "Bearer {token} "]
)
def test_the_header_has_one_form(header: str) -> None:
    refusal(header.format(token=token()))


@pytest.mark.parametrize("user", [1, None, ["a"], {"id": ANA}, True])
def test_a_user_is_a_text(user: object) -> None:
    made = handmade({"alg": "HS256", "typ": "JWT"}, {"exp": ends(minutes=5), "acting_user_id": user})
    assert refusal(f"Bearer {made}") == "acting_user_id is not a text"


@pytest.mark.parametrize("body", [[], "text", 1, None])
def test_claims_are_an_object(body: Any) -> None:
    refusal(f"Bearer {handmade({'alg': 'HS256', 'typ': 'JWT'}, body)}")


@given(st.text(max_size=300))
def test_whatever_is_in_the_header_it_is_refused_and_nothing_breaks(text: str) -> None:
    refusal(text)
    refusal(f"Bearer {text}")


@pytest.mark.parametrize(
    ("caller", "claimed", "in_body", "actor"),
    [
        (Caller.PERSON, ANA, ANA, ANA),
        (Caller.PERSON, ANA, "", ANA),  # the client stripped the expansion: the claim is the actor
        (Caller.ANYBODY, "", "", ""),  # ping
        (Caller.ANYBODY, ANA, ANA, ANA),  # on_uninstall by a person
        (Caller.ANYBODY, ANA, "", ANA),
        (Caller.WEBHOOK, BOT, "", ""),
    ],
)
def test_who_acts(caller: Caller, claimed: str, in_body: str, actor: str) -> None:
    proven = AppToken(acting_user_id=claimed, secret_id="s1")
    assert acting_user(proven, caller=caller, context_user_id=in_body, bot_user_id=BOT) == actor


@pytest.mark.apps(36, 46)
@pytest.mark.parametrize(
    ("caller", "claimed", "in_body"),
    [
        (Caller.PERSON, ANA, BEN),  # forged body
        (Caller.PERSON, "", ANA),  # a call that expanded nobody, with somebody written into it
        (Caller.PERSON, "", ""),
        (Caller.PERSON, BOT, ""),  # a webhook that found its way to a user's path
        (Caller.PERSON, BOT, BOT),
        (Caller.PERSON, BOT, ANA),  # a notification: the bot signs, the body names the subscriber
        (Caller.ANYBODY, "", ANA),
        (Caller.ANYBODY, ANA, BEN),
        (Caller.WEBHOOK, ANA, ""),  # a user's call to the webhook path
        (Caller.WEBHOOK, ANA, ANA),
        (Caller.WEBHOOK, BOT, ANA),
        (Caller.WEBHOOK, BOT, BOT),
        (Caller.WEBHOOK, "", ""),
    ],
)
def test_who_may_not_act(caller: Caller, claimed: str, in_body: str) -> None:
    proven = AppToken(acting_user_id=claimed, secret_id="s1")
    with pytest.raises(BadToken):
        acting_user(proven, caller=caller, context_user_id=in_body, bot_user_id=BOT)


def test_before_the_bot_is_known_a_person_may_install_and_no_webhook_is_believed() -> None:
    proven = AppToken(acting_user_id=ANA, secret_id="s1")
    assert acting_user(proven, caller=Caller.PERSON, context_user_id=ANA, bot_user_id="") == ANA
    nobody = AppToken(acting_user_id="", secret_id="s1")
    with pytest.raises(BadToken):
        acting_user(nobody, caller=Caller.WEBHOOK, context_user_id="", bot_user_id="")
