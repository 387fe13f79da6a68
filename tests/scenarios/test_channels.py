"""What is different in one channel: how much its threads tell, and which buttons its posts have."""

import re

from bot.core.servers import ChannelSettings, Server, Timeline
from bot.simulator.client.rendering import RenderedPost
from tests.scenarios.world import World, payload


async def server(world: World) -> Server:
    found = await world.services.stores.servers.by_id(world.server_id)
    assert found is not None
    return found


async def with_databases(world: World) -> str:
    """A channel ~databases with an integration of its own; the URL of that."""
    team = next(iter(world.simulator.state.teams.values()))
    channel = world.simulator.add_channel(team, "databases")
    for name in ("root", "ana", "ben"):
        world.simulator.join(world.people[name].user, channel)
    bot = world.simulator.state.users[(await server(world)).bot_user_id]
    world.simulator.join(bot, channel)
    await world.root.types("/oncall integration add Postgres @ana --channel databases", channel="databases")
    found = re.search(r"http://\S+/integrations/v1/alertmanager/\S+/", world.root.sees)
    assert found, world.root.notices
    return found.group()


def channel_id(world: World, name: str) -> str:
    [found] = [channel.id for channel in world.simulator.state.channels.values() if channel.name == name]
    return found


async def fire_in_both(world: World, url: str) -> None:
    await world.fire()
    await world.send(payload("Replication", firing=("db-1",), now=world.clock()), url=url)
    await world.pass_time(seconds=3)


def card(world: World, channel: str) -> RenderedPost:
    [found] = [post for post in world.root.posts(channel) if post.is_bot and not post.is_private]
    return found


def thread(world: World, channel: str) -> str:
    return "\n".join(reply.text for reply in card(world, channel).replies)


async def test_one_channel_is_quiet_while_the_others_are_as_the_server(world: World) -> None:
    url = await with_databases(world)
    await world.root.types("/oncall configure channel databases --timeline quiet", channel="databases")
    assert world.root.sees == "In ~databases: Threads tell changes of state only."
    await fire_in_both(world, url)
    for number in (1, 2):
        await world.ana.types(f"/oncall ack {number}")
    await world.pass_time(seconds=3)
    assert "Paged @" in thread(world, "alerts")
    assert "Paged @" not in thread(world, "databases")
    assert "Acknowledged by @" in thread(world, "databases")
    assert (await server(world)).channel_id == channel_id(world, "alerts")


async def test_the_form_shows_what_is_so_in_the_channel_where_it_is_opened(world: World) -> None:
    await with_databases(world)
    await world.root.types("/oncall configure channel databases --timeline quiet --note false", channel="alerts")
    await world.root.types("/oncall configure channel", channel="databases")
    assert world.root.modal is not None
    shown = {**world.root.modal.values}
    if world.apps:  # the other client knows channels by their ids itself
        assert world.root.modal.field("channel").value["label"] == "~databases"
    assert shown.pop("channel") == channel_id(world, "databases")
    assert shown == {"default": False, "timeline": "quiet", "responders": True, "note": False, "show": True}
    await world.root.types("/oncall configure channel", channel="alerts")
    assert world.root.modal.values == {
        "channel": channel_id(world, "alerts"),
        "default": True,
        "timeline": "normal",
        "responders": True,
        "note": True,
        "show": True,
    }


async def test_other_buttons_come_to_the_open_posts_of_this_channel_alone(world: World) -> None:
    url = await with_databases(world)
    await fire_in_both(world, url)
    elsewhere = channel_id(world, "alerts")
    await world.root.types("/oncall configure channel", channel="databases")
    edits = world.simulator.count_requests("PUT", "/api/v4/posts/")
    await world.root.submits(responders=False, show=False)
    assert "In ~databases: Threads tell changes of state, pages and notes. Posts have the buttons you chose" in (
        world.heard("root")
    )
    await world.pass_time(seconds=3)
    assert card(world, "databases").buttons == ["Acknowledge", "Resolve", "Note…"]
    assert card(world, "alerts").buttons == [
        "Acknowledge", "Resolve", "More people…", "Note…", "Timeline",
    ]  # fmt: skip
    assert sorted(len(page.buttons) for page in world.pages("ana")) == [3, 5]
    assert world.simulator.count_requests("PUT", "/api/v4/posts/") == edits + 2  # the card there and its page
    assert (await server(world)).channel_id == elsewhere


async def test_what_is_as_on_the_server_follows_the_server_again(world: World) -> None:
    await with_databases(world)
    await world.root.types("/oncall configure channel databases --timeline full", channel="databases")
    assert list((await server(world)).channels.values()) == [ChannelSettings(timeline=Timeline.FULL)]
    await world.root.types("/oncall configure channel databases --timeline normal", channel="databases")
    assert (await server(world)).channels == {}
    await world.root.types("/oncall configure policy --timeline quiet", channel="databases")
    assert (await server(world)).timeline_in(channel_id(world, "databases")) is Timeline.QUIET


async def test_ticking_makes_a_channel_the_default_one(world: World) -> None:
    await with_databases(world)
    await world.root.types("/oncall configure channel", channel="databases")
    await world.root.submits(default=True)
    assert "Alerts are posted in ~databases from now on." in world.heard("root")
    await world.fire()
    assert "#1 HighErrorRate" in card(world, "databases").words
