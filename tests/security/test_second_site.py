"""A second Mattermost with the same secret leaves nothing behind before somebody confirms it."""

import pytest

from bot.simulator.client.person import Person
from bot.simulator.server import Simulator
from tests.scenarios.test_installing import install, second_site
from tests.scenarios.world import World

__all__ = ["second_site"]


@pytest.fixture
def surface() -> str:
    return "apps-9.5"


@pytest.mark.apps(47)
async def test_its_bot_token_does_not_replace_ours(bare_world: World, second_site: Simulator) -> None:
    world = bare_world
    created = await world.services.setup.create("Example")
    world.server_id, secret = created.server_id, created.install_secret.reveal()
    await install(world.root, created.install_command, secret)
    before = await world.services.stores.servers.by_id(world.server_id)
    assert before is not None
    world.clock.advance(minutes=4)
    assert "This secret already belongs to" in await install(
        Person(second_site, "mallory"), created.install_command, secret
    )
    after = await world.services.stores.servers.by_id(world.server_id)
    assert after is not None
    assert after.waiting_site is not None
    assert after.sealed_push_token == before.sealed_push_token
    assert after.push_token_ends_at == before.push_token_ends_at
