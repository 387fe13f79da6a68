"""What the threads tell: as much as the admin wants, and to whoever asked in theirs."""

import pytest

from bot.core.neutral import BREAK
from tests.scenarios.world import World


async def chosen(world: World, timeline: str) -> None:
    await world.root.types(f"/oncall configure policy --timeline {timeline}", channel="alerts")


async def told(world: World) -> str:
    """What the thread says after an alert, a page, a repeat, a note and an acknowledgement."""
    await world.fire()
    await world.pass_time(seconds=3)
    await world.fire(instances=("web-1", "web-2"))
    await world.pass_time(seconds=3)
    await world.ben.types("/oncall note 1 Disk was full")
    await world.ana.types("/oncall ack 1")
    await world.pass_time(seconds=3)
    return "\n".join(reply.text for reply in world.card().replies)


async def test_a_normal_thread_tells_states_pages_and_notes(world: World) -> None:
    thread = await told(world)
    for part in ("Paged @", "Disk was full", "Acknowledged by @"):
        assert part in thread
    assert "2 alerts" not in thread


async def test_a_quiet_thread_tells_changes_of_state_only_and_show_tells_all(world: World) -> None:
    await chosen(world, "quiet")
    thread = await told(world)
    assert "Acknowledged by @" in thread
    assert "Paged" not in thread
    assert "Disk was full" not in thread
    await world.ana.types("/oncall show 1")
    assert "Paged @ana by direct message" in world.ana.sees
    assert "Disk was full" in world.ana.sees


async def test_a_full_thread_tells_each_further_alert_too(world: World) -> None:
    await chosen(world, "full")
    thread = await told(world)
    assert "2 alerts, 1 repeat" in thread
    assert "Paged @" in thread
    assert thread.count("2 alerts") == 1


# ---- the thread of whoever asked (the post menu is there over the Apps framework only) ----


def replies(world: World, channel: str, post_id: str) -> list[str]:
    """What stands in a thread for everybody to see."""
    [asked] = [post for post in world.cho.posts(channel) if post.id == post_id]
    return [reply.text.replace(BREAK, "") for reply in asked.replies if not reply.is_private]


@pytest.mark.parametrize("surface", ["apps-9.5"])
async def test_whoever_asked_is_told_in_their_thread_what_became_of_it(world: World) -> None:
    await world.cho.types("The shop is down", channel="alerts")
    message = world.cho.posts("alerts")[-1]
    await world.cho.picks("Page on-call about this…", message)
    await world.cho.submits(who="@ben")
    await world.settle()
    assert replies(world, "alerts", message.id) == []
    await world.ben.types("/oncall ack 1")
    await world.ben.types("/oncall note 1 A cable")
    await world.pass_time(seconds=3)
    await world.ben.types("/oncall resolve 1")
    await world.pass_time(seconds=3)
    assert replies(world, "alerts", message.id) == [
        "#1: Acknowledged by @ben",
        "#1: Resolved by @ben",
    ]


@pytest.mark.parametrize("surface", ["apps-9.5"])
async def test_where_the_bot_may_not_write_nothing_is_mirrored_and_nothing_waits(world: World) -> None:
    team = next(iter(world.simulator.state.teams.values()))
    private = world.simulator.add_channel(team, "secrets", private=True)
    world.simulator.join(world.cho.user, private)
    await world.cho.types("The shop is down", channel="secrets")
    message = world.cho.posts("secrets")[-1]
    await world.cho.picks("Page on-call about this…", message)
    await world.cho.submits(who="@ben")
    await world.settle()
    await world.ben.types("/oncall ack 1")
    await world.pass_time(seconds=3)
    assert replies(world, "secrets", message.id) == []
    assert all("GET /api/v4/posts/" in surprise for surprise in world.simulator.surprises)
    world.simulator.surprises.clear()
    group = await world.services.stores.groups.by_number(world.server_id, 1)
    assert group is not None
    assert group.mirrored > 1
    assert "Acknowledged by @ben" in world.card().words
