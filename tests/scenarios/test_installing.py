"""Installing over the Apps framework, and everything that can go wrong or be tried with it."""

from collections.abc import Iterator
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from bot.core.servers import State
from bot.simulator.client.person import Person
from bot.simulator.server import Simulator
from bot.storage.mongo import Database
from tests.clock import HeldClock
from tests.scenarios.world import World


@pytest.fixture
def surface() -> str:
    return "apps-9.5"


@pytest.fixture
def second_site(io_loop: IOLoop, clock: HeldClock) -> Iterator[Simulator]:
    """Another Mattermost, with an admin of its own."""
    simulator = Simulator(version="9.5", apps=True, clock=lambda: clock().timestamp())
    io_loop.run_sync(simulator.start)
    simulator.add_team("other", simulator.add_user("mallory", admin=True))
    yield simulator
    io_loop.run_sync(simulator.stop)


async def state_of(world: World) -> Any:
    return await world.services.stores.servers.by_id(world.server_id)


async def install(person: Person, command: str, secret: str) -> str:
    await person.types(command)
    await person.submits(consent=True, secret=secret)
    return person.sees


@pytest.mark.apps(11)
async def test_a_wrong_secret_stops_the_installation_before_anything_is_saved(bare_world: World) -> None:
    created = await bare_world.services.setup.create("Example")
    answer = await install(bare_world.root, created.install_command, "x" * 43)
    assert "failed to install" in answer
    assert "unauthorized" in answer
    server = await bare_world.services.stores.servers.by_id(created.server_id)
    assert server is not None
    assert server.state is State.PENDING


@pytest.mark.apps(11)
async def test_an_empty_secret_is_refused_too(bare_world: World) -> None:
    created = await bare_world.services.setup.create("Example")
    assert "failed to install" in await install(bare_world.root, created.install_command, "")


async def test_a_set_up_ends_after_a_day(bare_world: World) -> None:
    created = await bare_world.services.setup.create("Example")
    bare_world.clock.advance(hours=24)
    answer = await install(bare_world.root, created.install_command, created.install_secret.reveal())
    assert "This set-up has expired." in answer


@pytest.mark.apps(15)
async def test_installing_again_changes_nothing_but_the_webhook_secret(world: World) -> None:
    before = await state_of(world)
    created = f"/apps install http {world.url}/mattermost/{world.server_id}/manifest.json"
    assert "OnCall is installed" in await install(world.root, created, "")
    after = await state_of(world)
    assert after.channel_id == before.channel_id
    assert after.bot_user_id == before.bot_user_id
    assert after.sealed_webhook_secret != before.sealed_webhook_secret
    await world.pass_time(minutes=20)
    await world.fire()
    assert len(world.cards()) == 1


async def test_an_installation_that_failed_half_way_is_finished_with_the_install_code(bare_world: World) -> None:
    created = await bare_world.services.setup.create("Example")
    bare_world.server_id = created.server_id
    bare_world.simulator.faults.fail(500, prefix="/api/v4/users/me", times=1)
    answer = await install(bare_world.root, created.install_command, created.install_secret.reveal())
    assert "despite on_install failure" in answer
    assert "finish with `/oncall setup` and the install code" in answer
    await bare_world.root.types("/oncall setup")
    assert bare_world.root.modal is not None
    assert bare_world.root.modal.title == "Finish the set-up"
    await bare_world.root.submits(code="WRONG-CODES")
    assert "This install code is not valid" in bare_world.root.field_errors["code"]
    await bare_world.root.submits(code=created.install_code.reveal().lower())
    assert "OnCall is installed." in bare_world.root.sees
    assert (await state_of(bare_world)).state is State.INSTALLED


async def test_the_install_code_serves_once(bare_world: World) -> None:
    await bare_world.install_app()
    created = await bare_world.services.setup.renew_install_code(bare_world.server_id)
    for expected in ("OnCall is installed already.", "This install code is not valid"):
        await bare_world.root.types("/oncall setup")
        await bare_world.root.submits(code=created.code.reveal())
        assert expected in bare_world.root.sees
        if bare_world.root.modal:
            await bare_world.root.cancels()


async def test_guessing_install_codes_is_slowed_down(bare_world: World) -> None:
    await bare_world.install_app()
    await bare_world.root.types("/oncall setup")
    for _ in range(5):
        await bare_world.root.submits(code="AAAAA-AAAAA")
    await bare_world.root.submits(code="AAAAA-AAAAA")
    assert bare_world.root.sees == "Too many wrong install codes. Wait ten minutes, then try again."


@pytest.mark.apps(47)
async def test_a_second_site_with_the_same_secret_is_refused_until_confirmed(
    bare_world: World, second_site: Simulator
) -> None:
    created = await bare_world.services.setup.create("Example")
    bare_world.server_id, secret = created.server_id, created.install_secret.reveal()
    await install(bare_world.root, created.install_command, secret)
    mallory = Person(second_site, "mallory")
    answer = await install(mallory, created.install_command, secret)
    assert "This secret already belongs to" in answer
    assert (await state_of(bare_world)).site_url == bare_world.simulator.site_url
    await mallory.types("/oncall list")
    assert "All quiet" not in mallory.sees
    await bare_world.root.types("/oncall list")
    assert "All quiet" in bare_world.root.sees
    await mallory.types("/oncall setup")
    await mallory.submits(code=created.install_code.reveal())
    assert "OnCall is installed." in mallory.sees
    assert (await state_of(bare_world)).site_url == second_site.site_url


async def test_two_secrets_are_good_until_the_new_one_was_used(world: World) -> None:
    fresh = await world.services.setup.rotate_secret(world.server_id)
    await world.ana.types("/oncall list")
    assert "All quiet" in world.ana.sees
    command = f"/apps install http {world.url}/mattermost/{world.server_id}/manifest.json"
    await install(world.root, command, fresh.reveal())
    states = [secret.state for secret in (await state_of(world)).secrets]
    assert states == ["current", "previous"]
    await world.ana.types("/oncall list")
    assert "All quiet" in world.ana.sees
    world.clock.advance(hours=2)
    server = await state_of(world)
    assert len(world.services.setup.keys_in_force(server)) == 1


async def test_uninstalling_takes_the_tokens_away_and_refuses_alerts(world: World) -> None:
    await world.root.types("/apps uninstall oncall")
    assert "OnCall is removed." in world.root.sees
    server = await state_of(world)
    assert server.state is State.REMOVED
    assert (server.sealed_push_token, server.sealed_lasting_token, server.sealed_webhook_secret) == ("", "", "")
    async with world.session.post(world.alert_url, json={}) as answer:
        assert answer.status == 404


async def test_while_disabled_nothing_is_posted_and_afterwards_everything_is(world: World) -> None:
    await world.root.types("/apps disable oncall")
    await world.fire()
    assert world.cards() == []
    await world.root.types("/apps enable oncall")
    await world.pass_time(minutes=3)
    assert len(world.cards()) == 1
    assert len(world.pages("ana")) == 1


@pytest.mark.apps(36)
async def test_nobody_but_an_admin_can_reach_the_lifecycle_by_a_forged_call(world: World) -> None:
    assert world.simulator.apps is not None
    for path in ("/uninstalled?x=1", "/%75ninstalled", "/disabled?x", "/installed?x"):
        answer = await world.simulator.apps.call(
            world.ana.user.id,
            {
                "path": path,
                "expand": {"acting_user": "summary", "acting_user_access_token": "all"},
                "context": {"app_id": "oncall", "channel_id": world.ana.channel.id},
            },
        )
        assert answer["type"] == "error", path
    assert (await state_of(world)).state is State.INSTALLED


@pytest.mark.apps(36)
async def test_a_forged_webhook_call_is_refused(world: World) -> None:
    assert world.simulator.apps is not None
    answer = await world.simulator.apps.call(
        world.ana.user.id,
        {"path": "/webhook/renew", "expand": {"acting_user": "summary"}, "context": {"app_id": "oncall"}},
    )
    assert answer["type"] == "error"
    assert "unauthorized" in answer["text"]


@pytest.mark.apps(24)
async def test_a_call_that_names_nobody_is_answered_with_words(world: World) -> None:
    assert world.simulator.apps is not None
    answer = await world.simulator.apps.call(
        world.ana.user.id, {"path": "/command/list", "expand": {}, "context": {"app_id": "oncall"}}
    )
    assert answer["text"] == "Mattermost left out who you are. Reload the page and try again."


async def test_only_admins_may_configure(world: World) -> None:
    await world.ana.types("/oncall configure channel alerts")
    assert "Only admins can do that." in world.ana.sees or "subcommand" in world.ana.sees


async def test_the_manifest_holds_nothing_secret(world: World, database: Database) -> None:
    async with world.session.get(f"{world.url}/mattermost/{world.server_id}/manifest.json") as answer:
        assert answer.status == 200
        assert "secret" not in await answer.text()
