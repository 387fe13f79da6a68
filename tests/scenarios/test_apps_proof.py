"""What the Apps plugin may bring and what it gets for it: stripped, odd, forged, repeated and foreign calls.

The numbers are those of `docs/protocol.md`.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from bot.core.alert_group import Status
from bot.simulator.apps.errors import PluginError
from bot.simulator.apps.upstream import AUTHORIZATION_HEADER, sign
from bot.simulator.client.person import Person
from bot.simulator.server import Simulator
from bot.surfaces.apps import ICON
from forms.base import Kind
from tests.clock import HeldClock
from tests.scenarios.world import World

Json = dict[str, Any]
NOBODY = "Mattermost left out who you are. Reload the page and try again."
OUT_OF_DATE = "This is out of date or was made for somebody else. Please open it again."
PERSONAL = (
    "command/list",
    "command/ack",
    "command/page",
    "form/silence",
    "menu/ack",
    "lookup/silence",
    "source/integration.add",
    "button",
    "oauth2/connect",
    "oauth2/complete",
)
LIFECYCLE = ("installed", "enabled", "disabled", "uninstalled")
UNASKED = ("ping", "bindings")


@pytest.fixture
def surface() -> str:
    return "apps-9.5"


@pytest.fixture
def second_site(io_loop: IOLoop, clock: HeldClock) -> Iterator[Simulator]:
    simulator = Simulator(version="9.5", apps=True, clock=lambda: clock().timestamp())
    io_loop.run_sync(simulator.start)
    yield simulator
    io_loop.run_sync(simulator.stop)


def context_of(world: World, person: Person | None = None) -> Json:
    context: Json = {"app_id": "", "mattermost_site_url": world.simulator.site_url, "oauth2": {}}
    if person is not None:
        user = person.user
        context["acting_user"] = {"id": user.id, "username": user.username, "roles": user.roles}
    return context


async def ask(world: World, path: str, body: Json, *, claim: str = "") -> tuple[int, Json]:
    """A call as the plugin sends it, with its true secret; `claim` is whom the token names."""
    assert world.simulator.apps is not None
    secret = world.simulator.apps.app("oncall").secret
    token = sign(acting_user_id=claim, secret=secret, now=world.clock().timestamp())
    url = f"{world.url}/mattermost/{world.server_id}/{path}"
    headers = {AUTHORIZATION_HEADER: f"Bearer {token}"}
    async with world.session.post(url, json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def says(world: World, person: Person, path: str, **more: Any) -> Json:
    """The answer to this person's call."""
    status, answer = await ask(
        world, path, {"path": f"/{path}", "context": context_of(world, person), **more}, claim=person.user.id
    )
    assert status == 200, answer
    return answer


async def status_of(world: World, number: int = 1) -> Status:
    group = await world.services.stores.groups.by_number(world.server_id, number)
    assert group is not None
    return group.status


def asked_of(simulator: Simulator) -> int:
    return len(simulator.requests)


# ---- installing ----


@pytest.mark.apps(9)
async def test_a_ping_with_nothing_in_it_is_answered_at_once(world: World) -> None:
    empty = {"app_id": "", "mattermost_site_url": "", "app_path": "", "bot_user_id": "", "oauth2": {}}
    before = asked_of(world.simulator)
    assert await ask(world, "ping", {"path": "/ping", "context": empty}) == (200, {"type": "ok"})
    assert await ask(world, "ping", {}) == (200, {"type": "ok"})
    assert asked_of(world.simulator) == before


@pytest.mark.apps(12)
async def test_manifest_and_icon_need_no_proof(world: World) -> None:
    root = f"{world.url}/mattermost/{world.server_id}"
    async with world.session.get(f"{root}/manifest.json") as answer:
        manifest = await answer.json()
        assert (answer.status, manifest["icon"]) == (200, ICON)
    async with world.session.get(f"{manifest['http']['root_url']}/static/{ICON}") as answer:
        assert answer.status == 200
        assert (await answer.read()).startswith(b"\x89PNG")


# ---- calls with little in them, and odd ones ----


@pytest.mark.apps(23)
async def test_what_a_call_may_leave_out_is_not_needed(world: World) -> None:
    assert (await says(world, world.ben, "command/list"))["text"].startswith("All quiet")
    assert (await says(world, world.ben, "command/ack"))["type"] == "form"
    assert (await says(world, world.ben, "lookup/silence"))["type"] == "ok"
    for path in ("form/silence", "button"):
        assert await says(world, world.ben, path) == {"type": "error", "text": OUT_OF_DATE}


@pytest.mark.apps(24)
@pytest.mark.parametrize("path", PERSONAL)
async def test_a_call_of_nobody_is_answered_in_words(world: World, path: str) -> None:
    for context in (context_of(world), context_of(world) | {"acting_user": None}):
        answer = await ask(world, path, {"path": f"/{path}", "context": context})
        assert answer == (200, {"type": "error", "text": NOBODY})


ODD: tuple[Json, ...] = (
    {},
    {"values": None, "state": None, "raw_command": None, "query": None, "selected_field": None},
    {"values": [1], "state": {"a": [1]}, "raw_command": 7, "query": [], "selected_field": {"x": 1}},
    {"values": {"group": {"value": {"value": 1}}, "text": 5, "": None}, "state": "x.y", "expand": 3},
    {"values": {"group": "\x00" * 9, "duration": "9" * 9999}, "raw_command": "/oncall " + "(" * 999},
)


@pytest.mark.apps(41, 42)
@pytest.mark.parametrize("path", [*PERSONAL, *LIFECYCLE, *UNASKED])
async def test_every_answer_is_a_call_response_that_tells_nothing_of_the_inside(world: World, path: str) -> None:
    for more in ODD:
        answer = await says(world, world.ben, path, **more)
        assert answer.get("type") in ("ok", "error", "form"), answer
        told = json.dumps(answer)
        assert not any(
            word in told for word in ("Traceback", 'File "', "mongodb", "127.0.0.1", *world.secrets.values())
        )


# ---- forged calls ----


@pytest.mark.apps(36)
@pytest.mark.parametrize("path", ["/oauth2/complete?code=x&state=y", "/oauth2/%63omplete", "/oauth2/connect?x"])
async def test_a_forged_call_to_sign_in_does_nothing(world: World, path: str) -> None:
    assert world.simulator.apps is not None
    for expand in ({}, {"acting_user": "summary", "acting_user_access_token": "all"}):
        body = {"path": path, "expand": expand, "values": {"code": "x"}, "context": {"app_id": "oncall"}}
        answer = await world.simulator.apps.call(world.ana.user.id, body)
        expected = NOBODY if not expand else "Nothing was connected"
        assert (answer["type"], answer["text"].startswith(expected)) == ("error", True)
    assert world.simulator.apps.store.oauth2_users == {}


@pytest.mark.apps(36)
@pytest.mark.parametrize("path", ["webhook", "webhook/renew"])
async def test_what_only_the_plugin_may_call_is_refused_to_people(world: World, path: str) -> None:
    bot_id = world.simulator.apps.app("oncall").bot_user_id if world.simulator.apps else ""
    cases = ((world.ana.user.id, world.ana), (world.ana.user.id, None), ("", None), (bot_id, world.ana))
    for claim, person in cases:
        status, answer = await ask(world, path, {"context": context_of(world, person)}, claim=claim)
        assert (status, answer) == (401, {"error": "unauthorized"})


@pytest.mark.apps(46)
@pytest.mark.parametrize("path", [*PERSONAL, *LIFECYCLE, *UNASKED])
async def test_a_call_as_somebody_else_is_refused_and_changes_nothing(world: World, path: str) -> None:
    await world.fire()
    body = {"path": f"/{path}", "context": context_of(world, world.root), "values": {"group": "1"}}
    for claim in ("", world.ben.user.id):
        assert await ask(world, path, body, claim=claim) == (401, {"error": "unauthorized"})
    assert await status_of(world) is Status.FIRING


@pytest.mark.apps(47)
@pytest.mark.parametrize("path", [*PERSONAL, "enabled", "disabled", "uninstalled", "bindings"])
async def test_another_mattermost_with_our_secret_is_refused_and_never_called(
    world: World, second_site: Simulator, path: str
) -> None:
    ours, theirs = asked_of(world.simulator), asked_of(second_site)
    body = {"context": context_of(world, world.ana) | {"mattermost_site_url": second_site.site_url}}
    assert await ask(world, path, body, claim=world.ana.user.id) == (401, {"error": "unauthorized"})
    await world.settle()
    assert (asked_of(world.simulator), asked_of(second_site)) == (ours, theirs)


@pytest.mark.apps(56)
async def test_a_button_s_state_that_is_altered_or_foreign_is_refused_in_words(world: World) -> None:
    await world.fire()
    binding = world.simulator.state.posts[world.card().id].props["app_bindings"][0]["bindings"][0]
    state = binding["submit"]["state"]
    foreign = world.services.sealer("s" * 32).seal("button", {"command": "ack", "group": "1"})
    other_purpose = world.services.sealer(world.server_id).seal("form", {"command": "ack", "group": "1"})
    for forged in (state[:-1], f"x{state[1:]}", state.partition(".")[0], foreign, other_purpose, {"group": "1"}, ""):
        assert await says(world, world.ben, "button", state=forged) == {"type": "error", "text": OUT_OF_DATE}
    assert await status_of(world) is Status.FIRING
    assert (await says(world, world.ben, "button", state=state))["type"] == "ok"
    assert await status_of(world) is Status.ACKNOWLEDGED


# ---- bindings, forms and lists ----


@pytest.mark.apps(52)
async def test_bindings_ask_nobody_else(world: World) -> None:
    before = asked_of(world.simulator)
    for person in (world.root, world.ben):
        assert (await says(world, person, "bindings"))["type"] == "ok"
    assert asked_of(world.simulator) == before


@pytest.mark.apps(61)
async def test_a_changed_field_brings_the_form_again_with_what_was_filled_in(world: World) -> None:
    opened = (await says(world, world.root, "command/integration.add"))["form"]
    filled = {field["name"]: field.get("value") for field in opened["fields"]}
    filled |= {"name": "Backup", "kind": {"label": "Heartbeat", "value": "heartbeat"}}
    answer = await says(
        world,
        world.root,
        "source/integration.add",
        values=filled,
        selected_field="kind",
        state=opened["source"]["state"],
    )
    assert (answer["type"], {"submit", "source"} <= set(answer["form"])) == ("form", True)
    fields = {field["name"]: field for field in answer["form"]["fields"]}
    assert (fields["name"]["value"], fields["kind"]["value"]["value"]) == ("Backup", "heartbeat")
    assert "every" in fields
    assert "every" not in filled


@pytest.mark.apps(62)
async def test_every_form_tells_its_mistakes_at_fields_it_has_and_in_a_sentence(world: World) -> None:
    """Sent in as it is when nothing was filled in."""
    needing = [
        command for command in world.services.registry if any(f.required for f in command.form.inputs().values())
    ]
    told = []
    for command in needing:
        opened = await says(world, world.root, f"command/{command.path}")
        if opened["type"] != "form":
            continue
        fields = {field["name"]: None for field in opened["form"]["fields"]}
        answer = await says(
            world, world.root, f"form/{command.path}", values=fields, state=opened["form"]["submit"]["state"]
        )
        assert (answer["type"], bool(answer["text"].strip())) == ("error", True), command.name
        assert set(answer["data"]["errors"]) <= set(fields), command.name
        assert all(text.strip() for text in answer["data"]["errors"].values())
        told.append(command.name)
    assert {"silence", "page", "note"} <= set(told)


@pytest.mark.apps(63)
async def test_a_list_that_is_asked_for_nothing_offers_something(world: World) -> None:
    await world.fire()
    for command in world.services.registry:
        for name in [name for name, field in command.form.inputs().items() if field.kind is Kind.LOOKUP]:
            answer = await says(world, world.root, f"lookup/{command.path}", selected_field=name)
            assert answer["type"] == "ok", command.name
            assert all(item["value"].strip() and item["label"].strip() for item in answer["data"]["items"])
    offered = (await says(world, world.root, "lookup/silence", selected_field="group"))["data"]["items"]
    assert [item["value"] for item in offered] == ["1"]


# ---- signing in elsewhere, and webhooks ----


@pytest.mark.apps(71)
async def test_a_sign_in_that_was_refused_elsewhere_is_told_and_keeps_nothing(world: World) -> None:
    plugin, ana = world.simulator.apps, world.ana.user.id
    assert plugin is not None
    with pytest.raises(PluginError, match="Nothing was connected"):
        await plugin.oauth2.connect_url(ana, "oncall")
    (state,) = plugin.store.oauth2_states
    with pytest.raises(PluginError, match="Nothing was connected"):
        await plugin.oauth2.complete(ana, "oncall", {"state": state, "error": "access_denied"})
    assert plugin.store.oauth2_users == {}


@pytest.mark.apps(79)
@pytest.mark.parametrize("body", ["disk full", '{"alert": 1}', ""])
async def test_a_webhook_may_bring_anything_and_twice_and_is_not_logged(world: World, body: str) -> None:
    """Every story fails that prints the webhook's secret, which the plugin passes on in the query."""
    assert world.simulator.apps is not None
    secret = world.simulator.apps.app("oncall").webhook_secret
    url = f"{world.simulator.url}/plugins/com.mattermost.apps/apps/oncall/webhook/renew?secret={secret}"
    for _ in range(2):
        async with world.session.post(url, data=body) as answer:
            assert answer.status == 200
    await world.settle()
    values = {"headers": {}, "data": body, "httpMethod": "POST", "rawQuery": f"secret={secret}"}
    bot_id = world.simulator.apps.app("oncall").bot_user_id
    for _ in range(2):
        brought = {"context": context_of(world), "values": values}
        assert await ask(world, "webhook/renew", brought, claim=bot_id) == (200, {"type": "ok"})
    assert world.cards() == []
    assert world.heard("ana") == ""
