"""The body of an app's call is not signed: who knows the install secret must not pass us what is not ours."""

from typing import Any

import pytest

from bot.core.people import Role
from bot.simulator.client.person import Person
from bot.simulator.server import Simulator
from tests.scenarios.test_apps_proof import ask, context_of
from tests.scenarios.test_installing import install, second_site
from tests.scenarios.world import World

__all__ = ["second_site"]


@pytest.fixture
def surface() -> str:
    return "apps-9.5"


async def says(world: World, **more: Any) -> int:
    body = {"path": "/command/list", "context": {**context_of(world, world.ana), **more}}
    return (await ask(world, "command/list", body, claim=world.ana.user.id))[0]


async def test_a_call_of_another_app_or_another_bot_is_refused(world: World) -> None:
    assert world.simulator.apps is not None
    bot_user_id = world.simulator.apps.app("oncall").bot_user_id
    assert await says(world, bot_user_id=bot_user_id, app_id="oncall") == 200
    assert await says(world, bot_user_id="", app_id="") == 200
    assert await says(world, bot_user_id=world.ben.user.id) == 401
    assert await says(world, app_id="other") == 401
    assert await says(world, app={"app_id": "oncall", "bot_user_id": world.ben.user.id}) == 401


async def test_a_text_in_place_of_an_object_is_no_failure_of_ours(world: World) -> None:
    for name in ("app", "channel", "post", "channel_member", "acting_user_access_token", "bot_access_token"):
        for odd in ("text", ["a list"], 7):
            body = {"path": "/command/list", "context": {**context_of(world, world.ana), name: odd}}
            status, answer = await ask(world, "command/list", body, claim=world.ana.user.id)
            assert (status, answer["type"]) == (200, "ok"), (name, odd)


@pytest.mark.parametrize("whose", ["ben", "nobody"])
async def test_only_the_bot_s_own_token_is_kept(world: World, whose: str) -> None:
    token = world.simulator.session(world.ben.user) if whose == "ben" else "x" * 26
    before = await world.services.stores.servers.by_id(world.server_id)
    assert before is not None
    world.clock.advance(minutes=4)
    assert await says(world, bot_access_token=token) == 200
    after = await world.services.stores.servers.by_id(world.server_id)
    assert after is not None
    assert after.sealed_push_token == before.sealed_push_token
    await world.ana.types("/oncall list")  # with the bot's
    fresh = await world.services.stores.servers.by_id(world.server_id)
    assert fresh is not None
    assert fresh.sealed_push_token != before.sealed_push_token


async def test_people_of_a_second_mattermost_do_not_become_ours_before_it_is_confirmed(
    bare_world: World, second_site: Simulator
) -> None:
    world = bare_world
    created = await world.services.setup.create("Example")
    world.server_id, secret = created.server_id, created.install_secret.reveal()
    await install(world.root, created.install_command, secret)
    await world.ana.types("/oncall list")
    people = world.services.stores.people
    ours = await people.by_user(world.server_id, world.ana.user.id)
    assert ours is not None
    await install(Person(second_site, "mallory"), created.install_command, secret)

    eve = {"id": world.ana.user.id, "username": "eve", "roles": "system_user system_admin", "locale": "de"}
    context = {**context_of(world), "mattermost_site_url": second_site.site_url, "acting_user": eve}
    body = {"path": "/command/setup", "context": context, "values": {"code": "WRONG-WRONG"}}
    status, answer = await ask(world, "command/setup", body, claim=world.ana.user.id)

    assert (status, answer["type"]) == (200, "error")
    assert await people.by_user(world.server_id, world.ana.user.id) == ours
    assert (ours.role, ours.username) == (Role.RESPONDER, "ana")
