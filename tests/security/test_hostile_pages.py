"""Whatever a browser, or somebody in its place, sends to the operator's pages is answered and is no failure of ours."""

import re
from functools import partial
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.ioloop import IOLoop

from bot.web.sessions import ADMIN_COOKIE, GUEST_COOKIE, Sessions
from tests.integrations.test_hostile import NASTY
from tests.scenarios.world import ADMIN_TOKEN, World
from tests.security.test_hostile_native import DAMAGE, ENCODED, KINDS, SITES, damaged, encoded
from tests.security.wire import FORM, HOSTILE, harmless, request, stored

SERVERS = st.sampled_from(["a" * 16, "-" * 64, "%00" * 16, "a" * 15, "a" * 65])
PAGES = st.sampled_from(
    [
        *("/setup", "/setup/natively", "/setup/by-hand", "/setup/sign-in", "/setup/sign-out", "/setup/servers", "/"),
        *("/setup/static/..%2f..%2fconfig.py", "/setup/static/%00", "/setup/static/é", "/setup/static/" + "a/" * 3_000),
        *("/mattermost/setup", "/mattermost/doctor", "/mattermost/people", "/mattermost/move", "/mattermost/remove"),
    ]
) | st.tuples(SERVERS, st.sampled_from(["code", "secret", "confirm", "refuse"])).map(
    "/setup/servers/{0[0]}/{0[1]}".format
)
METHODS = st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", "X" * 50])
QUERIES = st.sampled_from(["", "?", "?proof=%ff", "?token=\u202e", "?" + "&".join(["a"] * 500), "?a=%"])
TEXTS = st.sampled_from(NASTY) | st.text(max_size=30) | SITES
NAMES = st.sampled_from(["name", "url", "token", "teams", "look", "site", "proof", "é", ""])
FIELDS = st.lists(st.tuples(NAMES, TEXTS), max_size=6)
COOKIES = st.sampled_from([ADMIN_COOKIE, GUEST_COOKIE, "", "é", "$Version", "__Host-x"])
BROKEN = st.lists(
    st.tuples(COOKIES, st.text(max_size=40) | st.sampled_from(["a.b", ".", '"', ";", "\\", "a|b.c"])), max_size=4
)
FORWARDED = st.lists(
    st.tuples(
        st.sampled_from(
            ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Authorization", "Origin", "Host", "If-None-Match", "Range"]
        ),
        st.sampled_from(
            ["", ",", "1.2.3.4, ::1%eth0", "Bearer é", "Bearer", "bytes=-", "bytes=9-1,2-", "null", "é" * 500, '"']
        ),
    ),
    max_size=3,
)
# An address in the form of an admin is asked; that none answers there is said with 502.
NO_ANSWER = 502

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


@pytest.fixture
def surface() -> str:
    return "native-12.0"


def one_line(text: str) -> str:
    """What may stand in a header at all."""
    return re.sub(r"[\r\n\x85\u2028\u2029\x0b\x0c\x1c-\x1e]", "", text)


@HOSTILE
@given(
    method=METHODS,
    page=PAGES,
    query=QUERIES,
    cookies=BROKEN,
    more=FORWARDED,
    body=FIELDS.map(encoded) | st.binary(max_size=60),
    kind=st.just(FORM) | KINDS,
    coding=ENCODED,
)
def test_strangers_are_answered_and_leave_nothing(
    world: World,
    io_loop: IOLoop,
    method: str,
    page: str,
    query: str,
    cookies: list[tuple[str, str]],
    more: list[tuple[str, str]],
    body: bytes,
    kind: str,
    coding: tuple[tuple[str, str], ...],
) -> None:
    cookie = one_line("; ".join(f"{name}={value}" for name, value in cookies))
    headers = [("Content-Type", kind), ("Cookie", cookie), *more, *coding]

    async def check() -> None:
        before = await stored(world)
        await harmless(world, request(method, page + query, headers, body))
        assert await stored(world) == before

    io_loop.run_sync(check)


def signed_in(world: World) -> tuple[str, str]:
    """The cookie of an admin and the proof of their forms."""
    sessions = Sessions(world.services.vault, world.services.config.admin_token)
    session = sessions.begin(admin=True, now=world.clock())
    return f"{ADMIN_COOKIE}={sessions.write(session)}", sessions.form_proof(session)


@HOSTILE
@given(
    page=st.sampled_from(["/setup/natively", "/setup/by-hand", "/setup/servers", "/setup/sign-in", "confirm", "code"]),
    fields=FIELDS,
    damage=st.none() | DAMAGE,
    kind=st.just(FORM) | KINDS,
)
def test_odd_forms_of_the_operator_are_answered(
    world: World,
    io_loop: IOLoop,
    page: str,
    fields: list[tuple[str, str]],
    damage: tuple[int, int, bytes] | None,
    kind: str,
) -> None:
    cookie, proof = signed_in(world)
    path = page if page.startswith("/") else f"/setup/servers/{world.server_id}/{page}"
    content = damaged(encoded([("proof", proof), *fields]), damage)
    raw = request("POST", path, [("Content-Type", kind), ("Cookie", cookie)], content)
    secrets = {"the cookie": cookie.partition("=")[2]}
    io_loop.run_sync(partial(harmless, world, raw, secrets=secrets, also={NO_ANSWER}))


@HOSTILE
@given(
    flipped=st.integers(0, 10_000),
    sign=st.sampled_from("aZ09-_.=|é\x00 "),
    proof=st.booleans(),
)
def test_a_cookie_or_a_proof_that_was_altered_is_none(
    world: World, io_loop: IOLoop, flipped: int, sign: str, proof: bool
) -> None:
    cookie, form = signed_in(world)
    name, _, value = cookie.partition("=")
    altered = form if proof else value
    at = flipped % len(altered)
    changed = altered[:at] + sign + altered[at + 1 :]
    body = urlencode({"proof": changed if proof else form, "name": "Example", "token": ADMIN_TOKEN[:-1]}).encode()
    headers = [("Content-Type", FORM), ("Cookie", cookie if proof else f"{name}={changed}")]

    async def check() -> None:
        before = await stored(world)
        status, _ = await harmless(world, request("POST", "/setup/servers", headers, body))
        if changed == altered:
            return
        assert status in (400, 403)
        assert await stored(world) == before

    io_loop.run_sync(check)


async def test_the_operator_s_own_form_is_taken(world: World) -> None:
    """Else the tests above would try nothing but the proof."""
    cookie, proof = signed_in(world)
    body = urlencode({"proof": proof, "name": "Example"}).encode()
    raw = request("POST", "/setup/servers", [("Content-Type", FORM), ("Cookie", cookie)], body)
    before = await stored(world)
    assert (await harmless(world, raw))[0] == 200
    assert await stored(world) != before
