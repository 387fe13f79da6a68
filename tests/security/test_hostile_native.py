"""Whatever anybody sends to the endpoints of a Mattermost without Apps is answered, harms nothing and is no failure."""

import json
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.ioloop import IOLoop

from bot import sealed
from bot.core.alert_group import Status
from bot.core.servers import Surface
from tests.integrations.test_hostile import NASTY, ODD
from tests.scenarios.test_native_proof import status_of, trigger
from tests.scenarios.world import World
from tests.security.wire import FORM, HOSTILE, JSON, harmless, request, stored
from tests.surfaces.test_hostile import BODIES, COMMANDS, LINES

KINDS = st.sampled_from(
    (
        FORM,
        JSON,
        "application/x-www-form-urlencoded; charset=utf-16",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        'multipart/form-data; boundary="',
        "text/plain; a=b; *",
        "",
        "é\u2028",
    )
)
ENCODED = st.sampled_from(((), (("Content-Encoding", "gzip"),), (("Content-Encoding", "nonsense"),)))
DAMAGE = st.tuples(st.integers(0, 3_000), st.integers(0, 40), st.binary(max_size=30))
ENDPOINTS = ("command", "action", "dialog", "lookup", "refresh", "by-hand")
HUGE = st.sampled_from(
    ["x" * 20_000, 2**63, 2**64 - 1, -(2**63) - 1, 10**400, [[[[[["a"]]]]]], {"value": {"value": 1}}]
)
TEXTS = st.sampled_from(NASTY) | st.text(max_size=30) | LINES
FORM_NAMES = (
    *("token", "team_id", "user_id", "user_name", "text", "trigger_id", "response_url", "channel_id", "root_id"),
    *("user_mentions", "user_mentions_ids", "channel_mentions", "x\0", "é"),
)
FIELDS = st.lists(st.tuples(st.sampled_from(FORM_NAMES), TEXTS), max_size=6)
SITES = (
    st.sampled_from(
        (
            "http://[::1",
            "http://[x]",
            "http://a:99999999",
            "http://user:pass@127.0.0.1:9",
            "http://\u2028",
            "http://" + "a" * 5_000,
            "https://xn--",
            "http://%00",
            "http://127.0.0.1:9/" + "é" * 400,
            "http://127.0.0.1:9\\x",
            "http://a@b@c",
        )
    )
    | st.text(max_size=30).map("http://127.0.0.1:9/{}".format)
    | st.text(max_size=9).map("http://[{}".format)
)

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


@pytest.fixture
def surface() -> str:
    return "native-12.0"


def damaged(body: bytes, damage: tuple[int, int, bytes] | None) -> bytes:
    if damage is None:
        return body
    at, cut, odd = damage
    at %= len(body) + 1
    return body[:at] + odd + body[at + cut :]


def encoded(fields: list[tuple[str, str]]) -> bytes:
    return urlencode([(name, text.encode("utf-8", "surrogatepass")) for name, text in fields]).encode()


def written(document: Any) -> bytes:
    return json.dumps(document).encode()


@HOSTILE
@given(
    endpoint=st.sampled_from(ENDPOINTS),
    body=BODIES.map(written) | FIELDS.map(encoded) | ODD.map(written) | st.binary(max_size=60),
    kind=KINDS,
    more=ENCODED,
)
def test_what_proves_nothing_is_refused_and_leaves_nothing(
    world: World, io_loop: IOLoop, endpoint: str, body: bytes, kind: str, more: tuple[tuple[str, str], ...]
) -> None:
    path = f"/native/{world.server_id}/{endpoint}"

    async def check() -> None:
        before = await stored(world)
        await harmless(world, request("POST", path, [("Content-Type", kind), *more], body))
        assert await stored(world) == before

    io_loop.run_sync(check)


def proven_form(world: World, fields: list[tuple[str, str]]) -> bytes:
    """A slash command of Ana, with odd fields behind the true ones; a name that comes twice counts the first time."""
    command = next(iter(world.simulator.state.commands.values()))
    true = [
        ("token", command.token),
        ("team_id", command.team_id),
        ("user_id", world.ana.user.id),
        ("trigger_id", trigger(world, world.ana.user.id)),
    ]
    return encoded([*true, *fields])


def proven_body(world: World, endpoint: str, command: str, body: dict[str, Any], memory: dict[str, Any]) -> bytes:
    """A press or a form of Ana that we sealed, with anything else around it."""
    seals, ana = world.services.sealer(world.server_id), world.ana.user.id
    claims = {**memory, "command": command}
    true: dict[str, Any] = {"user_id": ana, "trigger_id": trigger(world, ana)}
    if endpoint == "action":
        context = body.get("context")
        odd = context if isinstance(context, dict) else {}
        true["context"] = {**odd, "token": seals.seal("button", claims, user_id=ana)}
    else:
        true["state"] = seals.seal("form", claims, user_id=ana)
    return written({**body, **true})


MEMORIES = st.dictionaries(st.sampled_from(["group", "fills", "ask", "=group", "step", "x"]), TEXTS, max_size=3)
FILLED = (
    *("group", "groups", "reason", "people", "for", "note", "name", "until"),
    *("selected_field", "query", "channel", "kind"),
)
SUBMISSIONS = st.dictionaries(
    st.sampled_from(FILLED) | st.text(max_size=5),
    TEXTS | HUGE | ODD,
    max_size=6,
)


async def test_what_is_proven_here_is_taken(world: World) -> None:
    """Else the tests below would try nothing but the proof."""
    await world.fire()
    path, form = f"/native/{world.server_id}", proven_form(world, [("text", "ack 1")])
    await harmless(world, request("POST", f"{path}/command", [("Content-Type", FORM)], form))
    assert await status_of(world) is Status.ACKNOWLEDGED
    for endpoint in ("action", "dialog", "refresh"):
        body = proven_body(world, endpoint, "nothing", {}, {})
        status, said = await harmless(world, request("POST", f"{path}/{endpoint}", [("Content-Type", JSON)], body))
        assert (status, b"out of date" in said) == (200, False), said


@HOSTILE
@given(fields=FIELDS, damage=st.none() | DAMAGE, kind=st.just(FORM) | KINDS)
def test_odd_slash_commands_of_somebody_who_is_proven_are_answered(
    world: World, io_loop: IOLoop, fields: list[tuple[str, str]], damage: tuple[int, int, bytes] | None, kind: str
) -> None:
    path = f"/native/{world.server_id}/command"
    raw = request("POST", path, [("Content-Type", kind)], damaged(proven_form(world, fields), damage))
    io_loop.run_sync(partial(harmless, world, raw))


@HOSTILE
@given(
    endpoint=st.sampled_from(["action", "dialog", "lookup", "refresh"]),
    command=st.sampled_from(COMMANDS) | st.text(max_size=5),
    body=BODIES,
    submission=SUBMISSIONS,
    memory=MEMORIES,
    damage=st.none() | DAMAGE,
)
def test_odd_presses_and_forms_of_ours_are_answered(
    world: World,
    io_loop: IOLoop,
    endpoint: str,
    command: str,
    body: dict[str, Any],
    submission: dict[str, Any],
    memory: dict[str, Any],
    damage: tuple[int, int, bytes] | None,
) -> None:
    given = {**body, "submission": submission} if submission else body
    content = damaged(proven_body(world, endpoint, command, given, memory), damage)
    raw = request("POST", f"/native/{world.server_id}/{endpoint}", [("Content-Type", JSON)], content)
    io_loop.run_sync(partial(harmless, world, raw))


@HOSTILE
@given(site=SITES, fields=FIELDS, submission=SUBMISSIONS, body=BODIES)
def test_an_odd_set_up_by_hand_is_refused_and_leaves_nothing(
    world: World,
    io_loop: IOLoop,
    site: str,
    fields: list[tuple[str, str]],
    submission: dict[str, Any],
    body: dict[str, Any],
) -> None:
    async def check() -> None:
        world.clock.advance(minutes=11)  # so that it was not tried too often
        created = await world.services.setup.create("Example", surface=Surface.NATIVE)
        secrets = {"code": created.install_code.reveal(), "install secret": created.install_secret.reveal()}
        before, server_id = await stored(world), created.server_id
        typed = [("text", "setup"), ("response_url", f"{site}/hooks/commands/{'a' * 26}"), *fields]
        form = request("POST", f"/native/{server_id}/command", [("Content-Type", FORM)], encoded(typed))
        await harmless(world, form, secrets=secrets)
        submitted = {**body, "user_id": "ana", "submission": submission, "state": by_hand(world, server_id, site)}
        dialog = request("POST", f"/native/{server_id}/by-hand", [("Content-Type", JSON)], written(submitted))
        await harmless(world, dialog, secrets=secrets)
        after = await stored(world)
        assert {name for name in after if after[name] != before.get(name)} <= {"servers"}  # wrong codes are counted
        server = await world.services.stores.servers.by_id(server_id)
        assert server is not None
        assert not server.installed

    io_loop.run_sync(check)


def by_hand(world: World, server_id: str, site: str) -> str:
    vault = world.services.vault
    memory = {
        "site": site,
        "team": "t",
        "token": vault.seal("x", about=sealed.command_token(server_id, "t")),
        "answer": vault.seal(site, about=f"{server_id}|answer"),
    }
    ends_at = world.clock() + timedelta(hours=1)
    return world.services.sealer(server_id).seal("by hand", memory, user_id="ana", ends_at=ends_at)
