"""Whatever the Apps plugin, or somebody in its place, puts into a call is answered, and is no failure of ours."""

import base64
import hashlib
import hmac
import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.ioloop import IOLoop

from bot.simulator.apps.upstream import AUTHORIZATION_HEADER, sign
from tests.integrations.test_hostile import NASTY, ODD
from tests.scenarios.test_apps_proof import LIFECYCLE, PERSONAL, UNASKED, context_of
from tests.scenarios.world import World
from tests.security.test_hostile_native import DAMAGE, HUGE, KINDS, SUBMISSIONS, damaged, written
from tests.security.wire import HOSTILE, JSON, harmless, request, stored
from tests.surfaces.test_hostile import BODIES, COMMANDS

LONGEST_TOKEN = 40_000  # Tornado ends connections whose headers are longer than 64 KiB, and says nothing
ROOMS = st.sampled_from(["command", "form", "source", "menu", "lookup"])
NAMED = st.tuples(ROOMS, st.sampled_from(COMMANDS)).map(lambda pair: f"{pair[0]}/{pair[1].replace(' ', '.')}")
PATHS = st.sampled_from((*PERSONAL, *UNASKED, "webhook", "webhook/renew")) | NAMED
ALL_PATHS = PATHS | st.sampled_from(LIFECYCLE)
OF_CONTEXTS = (
    *("app", "app_id", "bot_user_id", "bot_access_token", "acting_user_access_token", "locale", "channel", "team"),
    *("post", "root_post_id", "post_id", "channel_id", "team_id", "user_agent", "oauth2", "mattermost_site_url"),
    *("acting_user", "app_path", "track_as_submit", "prev_context"),
)
OF_USERS = ("username", "roles", "locale", "timezone", "email", "delete_at", "is_bot", "props")
ANY = ODD | HUGE | st.sampled_from(NASTY)
CONTEXTS = st.dictionaries(st.sampled_from(OF_CONTEXTS), ANY, max_size=4)
USERS = st.dictionaries(st.sampled_from(OF_USERS), ANY, max_size=4)
CLAIMS = st.dictionaries(
    st.sampled_from(["exp", "acting_user_id", "iat", "nbf", "iss", "aud", "crit"]), ANY, max_size=4
)

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


@pytest.fixture
def surface() -> str:
    return "apps-9.5"


def secret_of(world: World) -> str:
    assert world.simulator.apps is not None
    return world.simulator.apps.app("oncall").secret


def token_of(secret: str, header: Any, claims: Any) -> str:
    """As it is made from whatever JSON there is."""
    signed = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims))
    signature = hmac.digest(secret.encode(), signed, hashlib.sha256)
    return b".".join((signed, base64.urlsafe_b64encode(signature).rstrip(b"="))).decode()


@HOSTILE
@given(
    path=PATHS | st.sampled_from(["installed", "enabled"]),
    who=st.sampled_from(["ana", "root"]),
    body=BODIES,
    context=CONTEXTS,
    user=USERS,
    values=SUBMISSIONS,
    damage=st.none() | DAMAGE,
    kind=st.just(JSON) | KINDS,
)
def test_odd_calls_of_a_proven_plugin_are_answered(
    world: World,
    io_loop: IOLoop,
    path: str,
    who: str,
    body: dict[str, Any],
    context: dict[str, Any],
    user: dict[str, Any],
    values: dict[str, Any],
    damage: tuple[int, int, bytes] | None,
    kind: str,
) -> None:
    person = world.people[who]
    true = context_of(world, person)
    said = {**true, "acting_user": {**true["acting_user"], **user}, **context}
    content = damaged(written({"path": f"/{path}", "values": values, **body, "context": said}), damage)
    token = sign(acting_user_id=person.user.id, secret=secret_of(world), now=world.clock().timestamp())
    headers = [("Content-Type", kind), (AUTHORIZATION_HEADER, f"Bearer {token}")]
    raw = request("POST", f"/mattermost/{world.server_id}/{path}", headers, content)
    io_loop.run_sync(partial(harmless, world, raw, secrets={"a JWT": token}))


@HOSTILE
@given(
    path=ALL_PATHS,
    body=BODIES.map(written) | st.binary(max_size=60),
    header=st.just({"alg": "HS256"})
    | ANY
    | st.dictionaries(st.sampled_from(["alg", "typ", "kid", "b64", "crit"]), ANY),
    claims=CLAIMS | ANY,
    cut=st.integers(0, 400),
    ours=st.booleans(),
)
def test_odd_tokens_are_refused_and_leave_nothing(
    world: World, io_loop: IOLoop, path: str, body: bytes, header: Any, claims: Any, cut: int, ours: bool
) -> None:
    """With the true secret they are well signed, yet none of them was made by the plugin: it says when they end."""
    claims = {**claims, "exp": claims.get("iss", "soon")} if isinstance(claims, dict) else claims
    secret = secret_of(world) if ours else "x" * 26
    token = token_of(secret, header, claims)
    token = token[:cut] + token[cut + 1 :] if not ours else token
    token = token[:LONGEST_TOKEN]
    headers = [("Content-Type", JSON), (AUTHORIZATION_HEADER, f"Bearer {token}")]

    async def check() -> None:
        before = await stored(world)
        status, _ = await harmless(world, request("POST", f"/mattermost/{world.server_id}/{path}", headers, body))
        assert status in (400, 401)
        assert await stored(world) == before

    io_loop.run_sync(check)
