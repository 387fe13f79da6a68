"""What it costs to show a storm: the same however many posts do, and the groups themselves are not read for it."""

import asyncio

import pytest

from bot.core import storm_cards
from bot.core.alert_group import EDIT_PAUSE, Status
from bot.core.changes import Change
from bot.core.replacing import replace
from bot.core.storms import Storm
from bot.delivery.storm_views import StormViews
from bot.errors import Unavailable
from bot.storage.groups import Groups
from bot.storage.mongo import Database
from bot.storage.stores import Stores
from tests.clock import HeldClock
from tests.profiler import examined
from tests.storage.samples import SERVER, group

GROUPS = 5_000
POSTS = 6


@pytest.fixture
def storm(clock: HeldClock) -> Storm:
    return Storm(
        id="s", server_id=SERVER, channel_id="town", limit=20, began_at=clock(), minute_at=clock(), groups=GROUPS
    )


@pytest.fixture
def views(stores: Stores, clock: HeldClock) -> StormViews:
    return StormViews(stores.groups, clock)


async def fill(stores: Stores, clock: HeldClock, count: int, *, resolved: int = 0) -> None:
    """The newest are resolved."""
    for begin in range(1, count + 1, 1_000):
        many = [
            replace(
                group(clock(), number=number, key=f"k{number}", labels={"text": "x" * 500}),
                storm="s",
                severity="warning",
                status=Status.RESOLVED if number > count - resolved else Status.FIRING,
            )
            for number in range(begin, min(begin + 1_000, count + 1))
        ]
        assert not await stores.groups.put_many([(Change(doc=one), None) for one in many])


async def test_a_storm_is_counted_once_for_all_posts_that_show_it_and_from_the_index_alone(
    stores: Stores, database: Database, views: StormViews, clock: HeldClock, storm: Storm
):
    await fill(stores, clock, GROUPS, resolved=GROUPS // 2)
    async with examined(database) as operations:
        seen = await asyncio.gather(*(views.of(storm) for _ in range(POSTS)))
        again = await views.of(storm)
    assert all(view is again for view in seen)
    assert again.tally.live == GROUPS // 2
    assert [one.number for one in again.newest] == list(range(GROUPS // 2, GROUPS // 2 - storm_cards.NAMED, -1))
    newest, counted = sorted(operations, key=lambda one: one["keysExamined"])
    assert (counted["docsExamined"], counted["keysExamined"]) == (0, GROUPS)
    assert newest["docsExamined"] <= storm_cards.NAMED


async def test_all_are_counted_however_many_kinds_there_are(
    stores: Stores, database: Database, views: StormViews, clock: HeldClock, storm: Storm
):
    await fill(stores, clock, 1_300, resolved=1)
    kept = database.collection("groups")
    await kept.update_many({"number": {"$gt": 100}}, [{"$set": {"doc.severity": {"$toString": "$number"}}}])
    tally = (await views.of(storm)).tally
    assert (tally.total, tally.live) == (1_300, 1_299)
    assert tally.severities["warning"] == 100 and len(tally.severities) == storm_cards.KINDS_SHOWN + 1
    assert tally.sources == {"Prometheus": 1_300}


async def test_what_is_shown_is_no_older_than_posts_stay_as_they_are(
    stores: Stores, views: StormViews, clock: HeldClock, storm: Storm
):
    await fill(stores, clock, 1)
    before = await views.of(storm)
    clock.now += EDIT_PAUSE
    assert await views.of(storm) is not before


async def test_what_came_to_the_storm_or_was_done_to_all_of_it_is_shown_at_once(
    stores: Stores, views: StormViews, clock: HeldClock, storm: Storm
):
    await fill(stores, clock, 1)
    first = await views.of(storm)
    grown = replace(storm, groups=GROUPS + 1)
    second = await views.of(grown)
    acted = replace(grown, acted_at=clock())
    third = await views.of(acted)
    views.forget(acted)
    fourth = await views.of(acted)
    assert len({id(view) for view in (first, second, third, fourth)}) == 4


class LostOnce(Groups):
    lost = 0

    async def tally(self, server_id: str, storm_id: str) -> storm_cards.Tally:
        self.lost += 1
        if self.lost == 1:
            raise Unavailable("The database cannot be reached")
        return await super().tally(server_id, storm_id)


async def test_a_count_that_failed_is_not_remembered(database: Database, clock: HeldClock, storm: Storm):
    views = StormViews(LostOnce(database, clock), clock)
    with pytest.raises(Unavailable):
        await views.of(storm)
    assert (await views.of(storm)).tally.total == 0
