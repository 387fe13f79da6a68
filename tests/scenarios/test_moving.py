"""Installing natively through the operator's API, removing, and moving between the surfaces with everything kept."""

from typing import Any

import pytest

from bot.core.servers import Server, State, Surface
from bot.simulator.client.rendering import RenderedPost
from tests.scenarios.world import ADMIN_TOKEN, World

NATIVE = pytest.mark.parametrize("surface", ["native-9.5", "native-12.0"])
APPS = pytest.mark.parametrize("surface", ["apps-9.5"])


async def asks(world: World, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    """What `python -m bot` sends."""
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    async with world.session.post(f"{world.url}/mattermost/{path}", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def sets_up(world: World, **more: Any) -> dict[str, Any]:
    wanted = {"name": "Example", "native": True, "url": world.simulator.site_url, "token": token(world)} | more
    status, answer = await asks(world, "setup", **wanted)
    assert status in (200, 201), answer
    world.server_id = answer.get("server_id", world.server_id)
    return answer


def token(world: World) -> str:
    return world.simulator.session(world.root.user)


async def server_of(world: World) -> Server:
    server = await world.services.stores.servers.by_id(world.server_id)
    assert server is not None
    return server


def titles(answer: dict[str, Any], *, ok: bool) -> list[str]:
    return [finding["title"] for finding in answer["findings"] if finding["ok"] is ok]


def commands(world: World) -> list[str]:
    state = world.simulator.state
    return sorted(state.teams[one.team_id].name for one in state.commands.values() if one.trigger == "oncall")


# ---- installing and removing ----


@NATIVE
async def test_a_dry_run_tells_everything_and_makes_nothing(bare_world: World) -> None:
    before = len(bare_world.simulator.state.users)
    answer = await sets_up(bare_world, dry_run=True)
    assert "/oncall would be added to ops" in titles(answer, ok=True)
    assert titles(answer, ok=False) == []
    assert commands(bare_world) == []
    assert len(bare_world.simulator.state.users) == before
    assert await bare_world.services.setup.listed() == []


@NATIVE
async def test_installing_goes_the_whole_way_round_in_every_team(bare_world: World) -> None:
    bare_world.simulator.add_team("dev", bare_world.root.user)
    answer = await sets_up(bare_world)
    trips = [title for title in titles(answer, ok=True) if title.startswith("Mattermost reaches")]
    assert trips == [f"Mattermost reaches {bare_world.url} from the team {name}" for name in ("ops", "dev")]
    assert titles(answer, ok=False) == []


@NATIVE
async def test_commands_are_kept_in_step_with_the_teams(bare_world: World) -> None:
    await sets_up(bare_world)
    made = await server_of(bare_world)
    new = bare_world.simulator.add_team("dev", bare_world.root.user)
    await sets_up(bare_world)
    await sets_up(bare_world)
    after = await server_of(bare_world)
    assert commands(bare_world) == ["dev", "ops"]
    assert (after.id, after.bot_user_id, len(after.commands)) == (made.id, made.bot_user_id, 2)
    new.delete_at = 1
    await sets_up(bare_world)
    assert [one.team_id for one in (await server_of(bare_world)).commands] == [made.commands[0].team_id]


@NATIVE
async def test_chosen_teams_stay_chosen_and_others_can_be_added(bare_world: World) -> None:
    for name in ("dev", "sales"):
        bare_world.simulator.add_team(name, bare_world.root.user)
    await sets_up(bare_world, teams=["ops"])
    await sets_up(bare_world)
    assert commands(bare_world) == ["ops"]
    answer = await sets_up(bare_world, teams=["dev"])
    assert commands(bare_world) == ["dev", "ops"]
    assert titles(answer, ok=False) == []
    await bare_world.ana.types("/oncall list")
    assert "All quiet" in bare_world.ana.sees


@NATIVE
async def test_removing_undoes_everything_there_and_serves_nobody_here(world: World) -> None:
    bot_user_id = (await server_of(world)).bot_user_id
    status, answer = await asks(world, "remove", server="example", token=token(world))
    assert (status, answer["state"]) == (200, "removed")
    assert commands(world) == []
    assert world.simulator.state.users[bot_user_id].delete_at
    server = await server_of(world)
    assert (server.state, server.sealed_lasting_token, server.commands) == (State.REMOVED, "", ())
    assert (await asks(world, "remove", server="Example", token=token(world)))[0] == 200


@NATIVE
async def test_a_mattermost_that_is_gone_can_be_forgotten(world: World) -> None:
    await world.simulator.down()
    assert (await asks(world, "remove", server="Example", token="any"))[0] == 502
    assert (await asks(world, "remove", server="Example", forget=True))[0] == 200
    assert (await server_of(world)).state is State.REMOVED


@NATIVE
async def test_an_admin_s_token_is_kept_nowhere(bare_world: World) -> None:
    given = token(bare_world)
    answer = await sets_up(bare_world, token=given)
    assert given not in str(answer)
    stored = await bare_world.database.collection("servers").find_one({})
    assert given not in str(stored)


@APPS
async def test_an_app_is_removed_by_its_admin(world: World) -> None:
    status, answer = await asks(world, "remove", server="Example", token=token(world))
    assert (status, answer) == (400, {"errors": {"server": [answer["errors"]["server"][0]]}})
    assert "/apps uninstall oncall" in answer["errors"]["server"][0]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("remove", {}, "server"),
        ("remove", {"server": "Nobody"}, "server"),
        ("move", {"server": "Example", "to": "mars"}, "to"),
        ("move", {"server": "Example", "to": "native"}, "token"),
        ("move", {"server": "Example", "to": "native", "token": "x", "url": "chat"}, "url"),
        ("move", {"server": "Example", "to": "native", "token": "x", "teams": "ops"}, "teams"),
    ],
)
@APPS
async def test_what_is_wrong_is_told_by_field(world: World, path: str, body: dict[str, Any], field: str) -> None:
    status, answer = await asks(world, path, **body)
    assert status == 400
    assert list(answer["errors"]) == [field]


async def test_only_the_operator_may(bare_world: World) -> None:
    for path in ("remove", "move"):
        async with bare_world.session.post(f"{bare_world.url}/mattermost/{path}", json={"server": "x"}) as answer:
            assert answer.status == 401


# ---- moving ----


async def moves_natively(world: World) -> None:
    status, answer = await asks(world, "move", server="Example", to="native", token=token(world))
    assert status == 200, answer
    assert titles(answer, ok=False) == []
    await world.pass_time(seconds=5)


async def moves_to_apps(world: World) -> None:
    status, answer = await asks(world, "move", server="Example", to="apps")
    assert status == 200, answer
    await world.root.types(answer["install_command"])
    await world.root.submits(consent=True, secret=answer["install_secret"])
    assert "OnCall is installed" in world.root.sees
    await world.pass_time(seconds=5)


def raw(world: World, post: RenderedPost) -> dict[str, Any]:
    return world.simulator.state.post(post.id).props


@APPS
async def test_moving_to_native_keeps_people_integrations_groups_and_posts(world: World) -> None:
    await world.fire()
    card, [page] = world.card("ana"), world.pages("ana")
    before = await server_of(world)
    await moves_natively(world)
    after = await server_of(world)
    assert (after.id, after.surface, after.bot_user_id) == (before.id, Surface.NATIVE, before.bot_user_id)
    assert after.channel_id == before.channel_id
    assert (world.card().id, world.pages("ana")[0].id) == (card.id, page.id)
    for post in (card, page):
        assert "attachments" in raw(world, post)
        assert "app_bindings" not in raw(world, post)
    await world.ana.clicks("Acknowledge", world.card("ana"))
    assert world.ana.sees == "You have #1. Nobody else is paged for it."
    await world.pass_time(seconds=3)
    assert "Acknowledged by @ana" in world.card().words
    assert world.card().id == card.id
    await world.fire("Another")
    assert len(world.cards()) == 2


@APPS
async def test_after_the_move_the_typed_command_goes_the_native_way(world: World) -> None:
    await moves_natively(world)
    requests = world.simulator.count_requests("POST", "/api/v4/commands/execute")
    await world.ben.types("/oncall list", channel="town-square")
    assert "All quiet" in world.ben.sees
    assert requests == world.simulator.count_requests("POST", "/api/v4/commands/execute")


@APPS
async def test_a_button_of_before_says_what_to_do(world: World) -> None:
    await world.fire()
    old = world.card("ana")
    await moves_natively(world)
    await world.ana.clicks("Acknowledge", old)
    assert "OnCall works here without the Apps framework now" in world.ana.sees
    assert "Firing since" in world.card().words


@APPS
async def test_uninstalling_the_app_afterwards_only_puts_the_bot_to_sleep_until_the_move_is_run_again(
    world: World,
) -> None:
    await moves_natively(world)
    await world.root.types("/apps uninstall oncall")
    assert "OnCall goes on without the app." in world.root.sees
    assert (await server_of(world)).state is State.INSTALLED
    await moves_natively(world)
    await world.fire()
    assert len(world.cards()) == 1


@APPS
async def test_an_app_that_was_uninstalled_first_comes_back_natively_with_its_data(world: World) -> None:
    await world.root.types("/apps uninstall oncall")
    assert (await server_of(world)).state is State.REMOVED
    await moves_natively(world)
    await world.fire()
    assert len(world.cards()) == 1
    assert len(world.pages("ana")) == 1


@APPS
async def test_and_back_again(world: World) -> None:
    await world.fire()
    card = world.card("ana")
    await moves_natively(world)
    await world.fire("Over")
    await world.end("Over")
    await world.pass_time(seconds=5)
    over = next(post for post in world.cards("ana") if "Over" in post.words)
    await world.root.types("/apps uninstall oncall")
    await moves_natively(world)
    await moves_to_apps(world)
    after = await server_of(world)
    assert after.surface is Surface.APPS
    assert "app_bindings" in raw(world, card)
    await world.ana.clicks("Timeline", over)
    assert "OnCall works here with the Apps framework now" in world.ana.sees
    await world.ana.clicks("Acknowledge", card.id)
    assert world.ana.sees == "You have #1. Nobody else is paged for it."
    status, answer = await asks(world, "move", server="Example", to="apps", token=token(world))
    assert (status, answer["install_command"]) == (200, "")
    assert commands(world) == []
    await world.pass_time(minutes=20)
    await world.fire("Another")
    assert len(world.cards()) == 3


@NATIVE
async def test_until_the_app_is_installed_everything_works_as_before(world: World) -> None:
    status, answer = await asks(world, "move", server="Example", to="apps")
    assert (status, bool(answer["install_secret"])) == (200, True)
    await world.fire()
    await world.ana.clicks("Acknowledge", world.card("ana"))
    assert world.ana.sees == "You have #1. Nobody else is paged for it."
