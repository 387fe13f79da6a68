"""Notes that are messages follow what becomes of the message. Message menus are there over the Apps framework only."""

import pytest

from bot.core.neutral import BREAK
from bot.simulator.client.rendering import RenderedPost
from bot.simulator.records import User
from tests.scenarios.world import World

pytestmark = pytest.mark.parametrize("surface", ["apps-9.5"])
LOOKED_UP = "/api/v4/posts/ids"


async def noted(world: World, channel: str = "alerts") -> RenderedPost:
    """A message of @cho that is a note of #1."""
    await world.cho.types("It was a cable", channel=channel)
    message = world.cho.posts(channel)[-1]
    await world.cho.picks("Add as resolution note", message)
    await world.cho.submits(group="1")
    assert "Noted on #1." in world.cho.sees
    await world.settle()
    return message


def bot(world: World) -> User:
    assert world.simulator.apps is not None
    return world.simulator.state.users[world.simulator.apps.app("oncall").bot_user_id]


async def shown(world: World) -> str:
    await world.ana.types("/oncall show 1")
    return str(world.ana.sees).replace(BREAK, "")


def thread(world: World) -> list[str]:
    return [reply.text.replace(BREAK, "") for reply in world.card().replies]


def edit(world: World, message: RenderedPost, text: str) -> None:
    world.simulator.posting.patch(world.cho.user.id, message.id, {"message": text})


async def test_an_edited_message_changes_its_note_within_a_minute(world: World) -> None:
    await world.fire()
    message = await noted(world)
    edit(world, message, "It was a *power* cable")
    await world.pass_time(minutes=1)
    assert "Note by @cho: It was a \\*power\\* cable (edited)" in await shown(world)
    assert "It was a cable" not in await shown(world)
    assert thread(world)[-1] == "The message that @cho noted was edited: It was a \\*power\\* cable"


async def test_a_deleted_message_leaves_its_note(world: World) -> None:
    await world.fire()
    message = await noted(world)
    world.simulator.posting.delete(world.cho.user.id, message.id)
    await world.pass_time(minutes=1)
    assert "Note by @cho: It was a cable (the message was deleted)" in await shown(world)
    asked = world.simulator.count_requests("POST", LOOKED_UP)
    await world.pass_time(minutes=30)
    assert world.simulator.count_requests("POST", LOOKED_UP) == asked


async def test_looking_takes_few_requests_and_ends_a_week_after_the_alert(world: World) -> None:
    await world.fire()
    message = await noted(world)
    await world.ana.types("/oncall resolve 1")
    await world.pass_time(hours=3)
    few = world.simulator.count_requests("POST", LOOKED_UP)
    assert few <= 15
    world.clock.advance(seconds=8 * 24 * 3600)
    await world.pass_time(minutes=2)
    edit(world, message, "It was nothing")
    await world.pass_time(hours=2)
    assert world.simulator.count_requests("POST", LOOKED_UP) == few + 1
    assert "It was a cable" in await shown(world)


async def test_what_the_bot_may_not_read_stays_as_it_was_noted(world: World) -> None:
    team = next(iter(world.simulator.state.teams.values()))
    private = world.simulator.add_channel(team, "secrets", private=True)
    world.simulator.join(world.cho.user, private)
    await world.fire()
    message = await noted(world, channel="secrets")
    edit(world, message, "Something else")
    await world.pass_time(minutes=5)
    assert "Note by @cho: It was a cable" in await shown(world)


async def test_what_is_written_later_in_a_private_channel_stays_there(world: World) -> None:
    """The bot is in it, and those who see the alert are not."""
    team = next(iter(world.simulator.state.teams.values()))
    private = world.simulator.add_channel(team, "secrets", private=True)
    world.simulator.join(world.cho.user, private)
    world.simulator.join(bot(world), private)
    await world.fire()
    message = await noted(world, channel="secrets")
    edit(world, message, "The password is 1234")
    await world.pass_time(minutes=5)
    assert "Note by @cho: It was a cable" in await shown(world)
    assert not [text for text in thread(world) if "password" in text]
    asked = world.simulator.count_requests("POST", LOOKED_UP)
    assert asked == 1
    world.simulator.posting.delete(world.cho.user.id, message.id)
    await world.pass_time(hours=2)
    assert world.simulator.count_requests("POST", LOOKED_UP) == asked


async def test_a_message_in_a_public_channel_is_followed_as_one_in_the_channel_of_the_alert(world: World) -> None:
    team = next(iter(world.simulator.state.teams.values()))
    public = world.simulator.add_channel(team, "talk")
    world.simulator.join(world.cho.user, public)
    world.simulator.join(bot(world), public)
    await world.fire()
    message = await noted(world, channel="talk")
    edit(world, message, "It was a power cable")
    await world.pass_time(minutes=2)
    assert "It was a power cable (edited)" in await shown(world)


async def test_a_note_in_other_words_does_not_follow_the_message(world: World) -> None:
    await world.fire()
    await world.cho.types("cable!!1", channel="alerts")
    message = world.cho.posts("alerts")[-1]
    await world.cho.picks("Add as resolution note", message)
    await world.cho.submits(group="1", text="A cable was broken")
    edit(world, message, "Something else")
    await world.pass_time(minutes=5)
    assert "Note by @cho: A cable was broken" in await shown(world)
    assert world.simulator.count_requests("POST", LOOKED_UP) == 0


async def test_a_mattermost_that_is_away_for_a_moment_is_asked_again(world: World) -> None:
    await world.fire()
    message = await noted(world)
    edit(world, message, "It was a power cable")
    world.simulator.faults.fail(503, prefix=LOOKED_UP, times=1)
    await world.pass_time(minutes=3)
    assert "It was a power cable (edited)" in await shown(world)
