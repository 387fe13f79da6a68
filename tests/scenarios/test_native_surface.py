"""What only the native surface has to cope with: triggers that end, places to answer that are spent, rate limits."""

import pytest

from bot.secret import Secret
from bot.simulator.records import CommandHook
from bot.simulator.server import Simulator
from tests.scenarios.world import World

NATIVE = pytest.mark.parametrize("surface", ["native-9.5", "native-12.0"])
OLDEST = pytest.mark.parametrize("surface", ["native-9.0"])
OPEN = "/api/v4/actions/dialogs/open"


def before_the_dialog(world: World) -> list[str]:
    """What the bot asked Mattermost for since the last look, up to the opening of a dialog."""
    paths = [f"{seen.method} {seen.path}" for seen in world.simulator.requests]
    world.simulator.requests.clear()
    assert f"POST {OPEN}" in paths
    return paths[: paths.index(f"POST {OPEN}")]


# ---- the dialog is a race ----


@OLDEST
async def test_20_a_dialog_opens_without_any_other_request_for_whom_we_know(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall list")
    world.simulator.requests.clear()
    for text in ("/oncall ack", "/oncall silence", "/oncall page", "/oncall note", "/oncall silence 1"):
        await world.ana.types(text)
        assert world.ana.modal is not None, text
        assert before_the_dialog(world) == [], text
        await world.ana.cancels()
    await world.ana.chooses("Silence for…", "Another time…", world.card("ana"))
    assert before_the_dialog(world) == []


@OLDEST
async def test_the_first_time_somebody_acts_mattermost_is_asked_once_who_they_are(world: World) -> None:
    await world.fire()
    world.simulator.requests.clear()
    await world.cho.types("/oncall ack")
    assert before_the_dialog(world) == [f"GET /api/v4/users/{world.cho.user.id}"]


@OLDEST
async def test_20_a_dialog_that_comes_too_late_is_told_in_words(world: World) -> None:
    """Version 9.0 gives three seconds."""
    await world.fire()
    await world.ana.types("/oncall list")
    ttl = world.simulator.dialogs.trigger_ttl
    assert ttl == 3
    world.simulator.faults.fail(400, prefix=OPEN, times=1)
    await world.ana.types("/oncall ack")
    assert world.ana.modal is None
    assert world.ana.sees == "The form could not be opened in time. Please try again."
    await world.ana.types("/oncall ack")
    assert world.ana.modal is not None


@NATIVE
async def test_19_a_dialog_is_opened_without_any_token(world: World) -> None:
    await world.fire()
    world.simulator.requests.clear()
    await world.ana.types("/oncall ack")
    [opened] = [seen for seen in world.simulator.requests if seen.path == OPEN]
    assert (opened.status, opened.kind) == (200, "")


# ---- where an answer goes ----


@NATIVE
async def test_14_a_place_that_ended_is_replaced_by_a_direct_message(world: World) -> None:
    """The place to answer lives for half an hour, a form for one."""
    await world.fire()
    await world.ana.types("/oncall silence 1")
    world.clock.advance(minutes=31)
    await world.ana.submits(duration="2h")
    assert world.ana.modal is None
    assert "#1 is silenced until 12:31." in [post.words for post in world.ana.direct_messages()]


@NATIVE
async def test_14_a_place_that_was_used_five_times_is_replaced_by_a_direct_message(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall silence 1")
    hook_of_last_command(world).uses = 5
    await world.ana.submits(duration="2h")
    assert "#1 is silenced until 12:00." in [post.words for post in world.ana.direct_messages()]


def hook_of_last_command(world: World) -> CommandHook:
    return list(world.simulator.state.command_hooks.values())[-1]


@NATIVE
async def test_14_one_form_answers_once_however_often_it_is_corrected(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall silence 1")
    for _ in range(7):
        await world.ana.submits(duration="soon")
    await world.ana.submits(duration="2h")
    assert hook_of_last_command(world).uses == 1
    assert "#1 is silenced until 12:00." in world.heard("ana")


@NATIVE
async def test_53_the_bot_never_needs_the_right_to_write_ephemeral_posts(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall list")
    await world.ana.clicks("Timeline", world.card("ana"))
    await world.ana.chooses("Silence for…", "Another time…", world.card("ana"))
    await world.ana.submits(duration="2h")
    assert "#1 is silenced until 12:00." in world.heard("ana")
    assert world.simulator.count_requests("POST", "/api/v4/posts/ephemeral") == 0


@NATIVE
async def test_a_channel_without_the_bot_still_answers_whoever_asks_there(world: World) -> None:
    private = world.simulator.add_channel(world.simulator.state.team_named("ops"), "secret", private=True)
    world.simulator.join(world.ana.user, private)
    await world.fire()
    await world.ana.types("/oncall silence 1", channel="secret")
    await world.ana.submits(duration="2h")
    assert "#1 is silenced until 12:00." in world.heard("ana")


# ---- rate limits ----


@NATIVE
async def test_58_a_rate_limit_stops_posting_there_and_nowhere_else(world: World) -> None:
    other = await _second_server(world)
    world.simulator.faults.rate_limit(prefix="/api/v4/posts", times=1, reset=30)
    await world.fire()
    assert world.simulator.count_requests("POST", "/api/v4/posts", status=429) == 1
    sent = world.simulator.count_requests("POST", "/api/v4/posts")
    await world.fire("Another")
    await world.pass_time(seconds=20)
    assert world.simulator.count_requests("POST", "/api/v4/posts") == sent
    server = next(one for one in await world.services.setup.listed() if one.id != world.server_id)
    chat = world.services.access.for_server(server)
    assert (await chat.check_me())["id"] == server.bot_user_id
    await world.ana.types("/oncall silence")
    assert world.ana.modal is not None, "a dialog does not wait"
    await world.pass_time(seconds=40)
    assert len(world.cards()) == 2
    assert world.simulator.count_requests("POST", "/api/v4/posts", status=429) == 1
    await other.stop()


async def _second_server(world: World) -> Simulator:
    other = Simulator(version="10.5", clock=lambda: world.clock().timestamp())
    root = other.add_user("root", admin=True)
    other.add_team("ops", root)
    await other.start()
    await world.services.installing_natively.install("Other", other.site_url, Secret(other.session(root)))
    return other


# ---- under which name private answers appear ----


@pytest.mark.parametrize("surface", ["native-9.5"])
@pytest.mark.parametrize(("allowed", "author"), [(True, "oncall"), (False, "ana")])
async def test_private_answers_come_from_the_bot_where_mattermost_allows_that(
    world: World, allowed: bool, author: str
) -> None:
    world.simulator.state.config["ServiceSettings"]["EnablePostUsernameOverride"] = allowed
    await world.ana.types("/oncall who")
    [answer] = world.ana.desk.private
    assert answer.author == author
