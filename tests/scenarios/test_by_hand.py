"""Installing natively without an admin's token for the bot: everything at Mattermost is made by hand."""

from collections.abc import Iterator

import pytest
from tornado.ioloop import IOLoop

from bot.core.servers import Server, State, Surface
from bot.installation.setup import Created
from bot.secret import Secret
from bot.simulator.client.person import Person
from tests.scenarios.world import World

pytestmark = pytest.mark.parametrize("surface", ["native-9.0", "native-12.0"])


class Hands:
    """What an admin makes in Mattermost."""

    def __init__(self, world: World, created: Created) -> None:
        self.world, self.created = world, created
        world.server_id = created.server_id
        state = world.simulator.state
        bot = state.add_bot("oncall", owner_id=world.root.user.id)
        self.bot_user = state.users[bot.user_id]
        self.token = state.issue_token(bot.user_id, "bot").secret
        self.makes_command("ops")

    def makes_command(self, team: str) -> None:
        found = self.world.simulator.state.team_named(team)
        self.world.simulator.state.join_team(found, self.bot_user.id)
        url = f"{self.world.url}/native/{self.created.server_id}/command"
        command = {"team_id": found.id, "trigger": "oncall", "method": "P", "url": url}
        self.world.simulator.commands.create(self.world.root.user.id, command)

    async def finishes(self, person: Person, *, code: str = "", token: str = "") -> str:
        await person.types("/oncall setup")
        assert person.modal is not None, person.sees
        await person.submits(code=code or self.created.install_code.reveal(), bot_token=token or self.token)
        return person.sees

    async def server(self) -> Server:
        found = await self.world.services.stores.servers.by_id(self.created.server_id)
        assert found is not None
        return found


@pytest.fixture
def hands(bare_world: World, io_loop: IOLoop) -> Iterator[Hands]:
    async def create() -> Created:
        return await bare_world.services.setup.create("Example", surface=Surface.NATIVE)

    yield Hands(bare_world, io_loop.run_sync(create))


async def test_the_code_and_the_bot_s_token_bind_what_was_made(hands: Hands) -> None:
    world = hands.world
    assert "OnCall is installed." in await hands.finishes(world.root)
    server = await hands.server()
    assert (server.state, server.site_url) == (State.INSTALLED, world.simulator.site_url)
    assert (server.bot_user_id, server.installed_by) == (hands.bot_user.id, world.root.user.id)
    assert server.signing_key
    assert hands.token not in repr(server)
    await world.root.types("/oncall configure channel alerts", channel="alerts")
    world.alert_url = await world.add_integration("Prometheus", "@ana @ben")
    await world.fire()
    await world.ana.clicks("Acknowledge", world.card("ana"))
    assert world.ana.sees == "You have #1. Nobody else is paged for it."


async def test_a_wrong_code_binds_nothing_and_asks_mattermost_nothing(hands: Hands) -> None:
    assert "This install code is not valid" in await hands.finishes(hands.world.root, code="AAAAA-AAAAA-AA")
    assert (await hands.server()).state is State.PENDING
    assert hands.world.simulator.count_requests("GET", "/api/v4/users/me") == 0
    for _ in range(5):
        await hands.world.root.submits(code="AAAAA-AAAAA-AA")
    assert "Too many wrong install codes." in hands.world.root.sees


async def test_only_a_system_admin_may(hands: Hands) -> None:
    assert "Only a Mattermost system admin can install OnCall." in await hands.finishes(hands.world.ana)
    assert (await hands.server()).state is State.PENDING


async def test_a_token_that_is_no_bot_s_is_refused_and_the_code_stays_good(hands: Hands) -> None:
    world = hands.world
    answer = await hands.finishes(world.root, token=world.simulator.session(world.ben.user))
    assert "This is not the token of a bot account" in answer
    await world.root.submits(bot_token="wrong")
    assert "Mattermost did not do that" in world.root.sees
    await world.root.submits(bot_token=hands.token)
    assert (await hands.server()).installed


async def test_the_code_serves_once_and_a_new_one_adds_a_team(hands: Hands) -> None:
    world = hands.world
    world.simulator.add_team("dev", world.root.user)
    await hands.finishes(world.root)
    hands.makes_command("dev")
    dev = world.simulator.state.team_named("dev")
    world.root.desk.channel_id = next(
        one.id for one in world.simulator.state.channels.values() if one.team_id == dev.id and one.name == "town-square"
    )
    await world.root.types("/oncall setup")
    assert world.root.modal is None
    created = await world.services.setup.renew_install_code(hands.created.server_id)
    await world.root.types("/oncall setup")
    await world.root.submits(code=created.code.reveal())
    assert "OnCall is installed." in world.root.sees
    server = await hands.server()
    assert len(server.commands) == 2
    await world.root.types("/oncall list")
    assert "All quiet" in world.root.sees


async def test_without_a_code_that_waits_nothing_is_opened(hands: Hands) -> None:
    world = hands.world
    await hands.finishes(world.root)
    token = Secret("x" * 26)
    form = {
        "token": token.reveal(),
        "team_id": "t" * 26,
        "user_id": world.root.user.id,
        "text": "setup",
        "response_url": f"{world.simulator.site_url}/hooks/commands/{'h' * 26}",
    }
    async with world.session.post(f"{world.url}/native/{world.server_id}/command", data=form) as answer:
        assert answer.status == 401


async def test_a_form_of_somebody_else_is_refused(hands: Hands) -> None:
    world = hands.world
    await world.root.types("/oncall setup")
    modal = world.root.modal
    assert modal is not None
    state = modal.origin.step.state  # type: ignore[attr-defined]
    body = {"state": state, "user_id": world.ana.user.id, "submission": {"code": "x", "bot_token": "y"}}
    async with world.session.post(f"{world.url}/native/{world.server_id}/by-hand", json=body) as answer:
        assert (answer.status, (await answer.json())["error"][:20]) == (200, "This is out of date ")
