"""What is kept for how long, and alert groups that nobody hears of any more."""

from datetime import timedelta
from typing import Any

from tests.scenarios.world import World


async def stored(world: World, collection: str) -> list[dict[str, Any]]:
    stores = world.services.stores
    return await stores.database.collection(collection).find({}).to_list(length=100)


async def test_an_admin_chooses_how_long_alerts_and_groups_are_kept(world: World):
    await world.root.types("/oncall configure retention --alerts 30 --groups 60", channel="alerts")
    assert "for 30 days as they were received, and new alert groups for 60 days" in world.root.sees
    world.clock.advance(seconds=2)
    await world.fire()
    await world.end()

    (group,) = await stored(world, "groups")
    assert group["expire_at"] == world.clock() + timedelta(days=60)
    assert {alert["expire_at"] - alert["at"] for alert in await stored(world, "alerts")} == {timedelta(days=30)}


async def test_what_is_open_is_never_deleted(world: World):
    await world.fire()
    (group,) = await stored(world, "groups")
    assert "expire_at" not in group
    await world.end()
    await world.ana.types("/oncall reopen 1", channel="alerts")
    (group,) = await stored(world, "groups")
    assert "expire_at" not in group


async def test_a_group_for_which_nothing_comes_is_closed_and_its_thread_says_so(world: World):
    await world.root.types("/oncall configure retention --close 7", channel="alerts")
    assert "Those for which nothing comes for 7 days are closed." in world.root.sees
    world.clock.advance(seconds=2)
    await world.fire()
    world.clock.advance(hours=7 * 24)
    await world.settle()
    await world.pass_time(seconds=5)

    assert "Resolved by OnCall" in world.card().words
    assert any("Closed because nothing came for 7 days" in reply.words for reply in world.card().replies)


async def test_without_a_choice_nothing_is_closed_by_itself(world: World):
    await world.fire()
    world.clock.advance(hours=100 * 24)
    await world.settle()
    assert "Resolved" not in world.card().words
