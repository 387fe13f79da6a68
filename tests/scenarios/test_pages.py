"""Pages that get through: to people outside the channel, and not to be overlooked."""

from tests.scenarios.world import World


def thread(world: World) -> str:
    return "\n".join(reply.text for reply in world.card().replies)


def leave(world: World, person: str) -> None:
    """Out of the channel for alerts."""
    [channel] = [channel for channel in world.simulator.state.channels.values() if channel.name == "alerts"]
    channel.members.pop(world.people[person].user.id)


async def test_who_is_not_in_the_channel_is_not_mentioned_there_but_gets_a_direct_message(world: World) -> None:
    await world.ana.types("/oncall rules mention-then-direct")
    leave(world, "ana")
    await world.fire()
    await world.pass_time(seconds=5)
    [page] = world.pages("ana")
    assert "Acknowledge" in page.buttons
    assert "Paged @\u200bana by direct message" in thread(world)
    assert "@ana, you are on call" not in thread(world)
    await world.ana.clicks("Acknowledge", page)
    await world.pass_time(seconds=3)
    assert "Acknowledged by @\u200bana" in thread(world)


async def test_who_can_be_reached_in_no_way_is_passed_over_for_the_next_in_line(world: World) -> None:
    leave(world, "ana")
    world.simulator.faults.fail(403, prefix="/api/v4/channels/direct", times=2)
    await world.fire()
    await world.pass_time(seconds=5)
    world.simulator.surprises.clear()
    assert world.pages("ana") == []
    assert "Could not page @\u200bana" in thread(world)
    assert len(world.pages("ben")) == 1


async def test_a_page_for_a_critical_alert_is_labelled_urgent_and_no_other(world: World) -> None:
    await world.fire("Down")
    await world.fire("Slow", severity="warning")
    labels = {page.words.split("**")[1]: page.priority for page in world.pages("ana")}
    assert labels == {"#1 Down": "urgent", "#2 Slow": ""}
    assert {card.priority for card in world.cards()} == {""}


async def test_without_labels_in_mattermost_pages_arrive_all_the_same(world: World) -> None:
    world.simulator.state.config["ServiceSettings"]["PostPriority"] = False
    refused = world.simulator.count_requests("POST", "/api/v4/posts", status=403)
    for name in ("Down", "Gone"):
        await world.fire(name)
    assert [page.priority for page in world.pages("ana")] == ["", ""]
    assert world.simulator.count_requests("POST", "/api/v4/posts", status=403) == refused + 1
    world.simulator.surprises.clear()


async def test_a_page_links_to_the_post_in_the_channel_once_there_is_one(world: World) -> None:
    await world.fire()
    await world.pass_time(minutes=6)
    link = f"[In the channel]({world.simulator.site_url}/_redirect/pl/{world.card().id})"
    assert link in world.pages("ben")[0].words
    await world.ben.types("/oncall ack 1")
    await world.pass_time(seconds=3)
    assert link in world.pages("ana")[0].words
    assert link not in world.card().words
