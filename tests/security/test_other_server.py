"""Whoever knows what is inside another server, or holds buttons and forms of it, can do nothing to it from here."""

from datetime import timedelta
from typing import Any

import pytest

from bot.core import alerts, maintenance
from bot.core.alert_group import Alert, AlertGroup
from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.core.maintenance import Maintenance
from bot.core.routing import Route
from bot.core.storms import Storm
from bot.surfaces.tokens import Sealer
from tests.scenarios.test_apps_proof import ask as ask_as_app
from tests.scenarios.test_apps_proof import context_of
from tests.scenarios.test_native_proof import altered_json, repeats, sent, trigger
from tests.scenarios.world import World

OTHER = "another-server"
OUT_OF_DATE = "This is out of date or was made for somebody else. Please open it again."
INTEGRATION, ROUTE, MAINTENANCE, STORM = "foreign-i", "foreign-r", "foreign-m", "foreign-s"
COLLECTIONS = ("integrations", "maintenances", "storms", "groups")
# What is typed or filled in, and what is said then.
ASKED = (
    ("route remove", {"integration": "Foreign", "route": "Databases"}, "There is no integration called Foreign."),
    ("route remove", {"integration": INTEGRATION, "route": ROUTE}, f"There is no integration called {INTEGRATION}."),
    ("route off", {"integration": "Prometheus", "route": ROUTE}, f"Prometheus has no route called {ROUTE}."),
    ("route edit", {"integration": "Prometheus", "route": "Databases"}, "Prometheus has no route called Databases."),
    ("route list", {"integration": "Foreign"}, "There is no integration called Foreign."),
    ("maintenance end", {"maintenance": MAINTENANCE}, f"There is no maintenance called {MAINTENANCE}."),
    ("maintenance end", {"maintenance": "Upgrade"}, "There is no maintenance called Upgrade."),
    ("maintenance start", {"what": "Foreign", "duration": "2h"}, "There is no integration called Foreign."),
    ("storm ack", {"storm": STORM}, "There is no such storm any more."),
    ("storm resolve", {"storm": STORM}, "There is no such storm any more."),
    ("storm silence", {"storm": STORM, "duration": "2h"}, "There is no such storm any more."),
    ("integration template", {"name": "Foreign", "part": "title"}, "There is no integration called Foreign."),
    ("integration remove", {"name": "Foreign"}, "There is no integration called Foreign."),
    ("ack", {"group": "900"}, "There is no alert group 900."),
)


@pytest.fixture(params=["apps-9.5", "native-12.0"])
def surface(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def settle_there(world: World) -> None:
    """Another server of this bot, with one of everything."""
    stores, now = world.services.stores, world.clock()
    route = Route(id=ROUTE, name="Databases")
    source = Integration(
        id=INTEGRATION,
        server_id=OTHER,
        name="Foreign",
        kind="webhook",
        key_digests=("x",),
        created_at=now,
        routes=(route,),
        templates={"title": "{{ title }}"},
    )
    await stores.integrations.add(Change(doc=source))
    later = Maintenance(
        id=MAINTENANCE,
        server_id=OTHER,
        integration_id=INTEGRATION,
        integration_name="Foreign",
        reason="Upgrade",
        created_at=now,
        begins_at=now + timedelta(days=30),
        seconds=3600,
    )
    await stores.maintenances.add(maintenance.planned(later, now=now))
    storm = Storm(id=STORM, server_id=OTHER, channel_id="c", limit=20, began_at=now, minute_at=now, groups=1, live=1)
    await stores.storms.add(Change(doc=storm))
    group = AlertGroup(
        id="foreign-g",
        server_id=OTHER,
        number=900,
        integration_id=INTEGRATION,
        integration_name="Foreign",
        key="k",
        title="Foreign secret",
        storm=STORM,
        opened_at=now,
        changed_at=now,
    )
    opened = alerts.opened(group, [Alert(fingerprint="a", firing=True, title="Disk")], now=now)
    await stores.groups.add(Change(doc=opened.doc))


async def there(world: World) -> dict[str, list[dict[str, Any]]]:
    """All that is stored of the other server."""
    database = world.services.stores.database
    return {
        name: await database.collection(name).find({"server_id": OTHER}).sort("_id").to_list(None)
        for name in COLLECTIONS
    }


async def presses(world: World, token: str) -> str:
    """@root presses a button that holds this memory; what they are told."""
    if world.simulator.apps is not None:
        return await _told_by_app(world, "button", {"state": token})
    await world.fire()
    (card,) = [card for card in world.cards("root") if "Timeline" in card.buttons]
    await world.root.clicks("Timeline", card)
    call = sent(world, "/action")
    fresh = trigger(world, world.root.user.id)
    _, answer = await repeats(world, call, altered_json(call, context={"token": token}, trigger_id=fresh))
    await world.settle()
    return str(answer.get("ephemeral_text") or world.root.notices)


async def submits(world: World, command: str, state: str, values: dict[str, str]) -> str:
    """@root sends a form in that holds this memory; what they are told."""
    if world.simulator.apps is not None:
        return await _told_by_app(world, f"form/{command.replace(' ', '.')}", {"state": state, "values": values})
    await world.root.types("/oncall ack")
    await world.root.submits(group="1")
    call = sent(world, "/dialog")
    _, answer = await repeats(world, call, altered_json(call, state=state, submission=values))
    await world.settle()
    return str(answer.get("error") or answer.get("errors") or world.root.notices)


async def _told_by_app(world: World, path: str, more: dict[str, Any]) -> str:
    body = {"path": f"/{path}", "context": context_of(world, world.root), **more}
    status, answer = await ask_as_app(world, path, body, claim=world.root.user.id)
    assert status == 200
    return str(answer.get("text") or answer)


def typed(command: str, values: dict[str, str]) -> str:
    flags = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in values.items())
    return f"/oncall {command} {flags}"


async def test_nothing_of_another_server_is_found_by_its_name_or_id(world: World) -> None:
    await settle_there(world)
    before = await there(world)
    for command, values, said in ASKED:
        await world.root.types(typed(command, values), channel="alerts")
        assert said in world.root.sees, (command, values)
    for command in ("list", "who", "integration list", "maintenance list"):
        await world.root.types(f"/oncall {command}", channel="alerts")
        assert not any(name in world.root.sees for name in ("Foreign", "Upgrade", "#900")), command
    assert await there(world) == before


async def test_a_button_that_was_copied_from_another_server_does_nothing(world: World) -> None:
    await settle_there(world)
    before = await there(world)
    elsewhere = world.services.sealer(OTHER)
    for command, values in (
        ("storm ack", {"storm": STORM}),
        ("storm resolve", {"storm": STORM}),
        ("maintenance end", {"maintenance": MAINTENANCE}),
        ("resolve", {"group": "900"}),
    ):
        token = elsewhere.seal("button", {"command": command, **values})
        assert OUT_OF_DATE in await presses(world, token), command
    assert await there(world) == before


async def test_a_form_that_was_copied_from_another_server_does_nothing(world: World) -> None:
    await settle_there(world)
    await world.fire()
    before = await there(world)
    elsewhere = world.services.sealer(OTHER)
    for command, memory, values in (
        ("maintenance end", {}, {"maintenance": MAINTENANCE}),
        ("route remove", {}, {"integration": "Foreign", "route": "Databases"}),
        ("template save", {"integration": INTEGRATION, "part": "title"}, {"text": "{{ title }}!"}),
        ("storm silence", {"storm": STORM}, {"storm": STORM, "duration": "2h"}),
    ):
        state = form(elsewhere, world, {"command": command, **memory})
        assert OUT_OF_DATE in await submits(world, command, state, values), command
    assert await there(world) == before


async def test_a_form_of_ours_that_is_sent_in_with_what_belongs_to_another_server_finds_nothing(world: World) -> None:
    """What is chosen in a form comes from the browser, and may be anything."""
    await settle_there(world)
    await world.fire()
    before = await there(world)
    here = world.services.sealer(world.server_id)
    for command, memory, values, said in (
        ("maintenance end", {}, {"maintenance": MAINTENANCE}, f"There is no maintenance called {MAINTENANCE}."),
        ("route remove", {}, {"integration": "Foreign", "route": ROUTE}, "There is no integration called Foreign."),
        ("storm silence", {}, {"storm": STORM, "duration": "2h"}, "There is no such storm any more."),
        (
            "template save",
            {"integration": INTEGRATION, "part": "title"},
            {"text": "{{ title }}!"},
            "This integration is not there any more.",
        ),
    ):
        state = form(here, world, {"command": command, **memory})
        assert said in await submits(world, command, state, values), command
    for command, values, said in ASKED:
        if "storm" in values or "maintenance" in values:
            token = here.seal("button", {"command": command, **values})
            assert said in await presses(world, token), command
    assert await there(world) == before


def form(sealer: Sealer, world: World, claims: dict[str, str]) -> str:
    end = world.clock() + timedelta(minutes=5)
    return sealer.seal("form", claims, user_id=world.root.user.id, ends_at=end)


async def test_what_is_asked_here_does_what_it_says_to_what_is_ours(world: World) -> None:
    """Or the tests above could not fail."""
    now = world.clock()
    one = Maintenance(id="m", server_id=world.server_id, created_at=now, begins_at=now, seconds=3600, reason="Ours")
    await world.services.stores.maintenances.add(maintenance.planned(one, now=now))
    token = world.services.sealer(world.server_id).seal("button", {"command": "maintenance end", "maintenance": "m"})
    assert "The maintenance “Ours” is over." in await presses(world, token)
