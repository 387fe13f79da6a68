"""Noticing storms, with the real database and several processes."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.core.alert_group import Alert
from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.core.replacing import replace
from bot.core.servers import Server
from bot.core.storms import KEPT, LIMIT, Storm
from bot.errors import Busy
from bot.integrations.payload import Bundle, Payload
from bot.receiving.intake import Intake
from bot.receiving.storms import StormWatch
from bot.storage.mongo import Database
from bot.storage.stores import Stores, open_stores
from bot.storage.storms import Storms
from tests.clock import HeldClock
from tests.profiler import examined

SERVER = "S1"


@pytest.fixture
def source(io_loop, stores: Stores, clock: HeldClock) -> Integration:
    server = Server(id=SERVER, name="Home", created_at=clock(), channel_id="town")
    io_loop.run_sync(lambda: stores.servers.add(Change(doc=server)))
    return Integration(id="i1", server_id=SERVER, name="Prom", kind="webhook", key_digests=("d",), created_at=clock())


def process(stores: Stores, clock: HeldClock) -> Intake:
    return Intake(stores, clock, storms=StormWatch(stores, clock))


def payload(count: int, name: str, *, severity: str = "warning") -> Payload:
    def bundle(key: str) -> Bundle:
        alert = Alert(fingerprint=key, firing=True, title=key)
        return Bundle(key=key, title=key, severity=severity, alerts=(alert,))

    return Payload(bundles=tuple(bundle(f"{name}{number}") for number in range(count)))


async def gathered(stores: Stores) -> tuple[int, int]:
    """How many groups have posts of their own, and how many are gathered in how many storms."""
    groups = await stores.groups.open(SERVER, 10_000)
    (storm,) = {group.storm for group in groups if group.storm}
    return sum(not group.storm for group in groups), sum(group.storm == storm for group in groups)


async def test_the_group_that_is_one_too_many_begins_a_storm(stores: Stores, clock: HeldClock, source: Integration):
    intake = process(stores, clock)
    await intake.accept(source, payload(LIMIT, "a"))
    assert await stores.storms.recent(SERVER, 10) == []
    await intake.accept(source, payload(5, "b"))
    assert await gathered(stores) == (LIMIT, 5)
    (storm,) = await stores.storms.recent(SERVER, 10)
    assert storm.groups == 5


async def test_two_thousand_groups_at_once_are_one_storm_and_none_is_lost(
    stores: Stores, clock: HeldClock, source: Integration
):
    accepted = await process(stores, clock).accept(source, payload(2_000, "a"))
    assert len(accepted.groups) == 2_000
    assert await gathered(stores) == (LIMIT, 2_000 - LIMIT)
    (storm,) = await stores.storms.recent(SERVER, 10)
    assert (await stores.groups.tally(SERVER, storm.id)).total == 2_000 - LIMIT


class CrowdedStorms(Storms):
    """Somebody else is always faster."""

    async def change(self, *_: object, **__: object) -> Change[Storm]:
        raise Busy


async def test_what_cannot_join_a_storm_has_a_post_of_its_own(
    database: Database, stores: Stores, clock: HeldClock, source: Integration
):
    crowded = replace(stores, storms=CrowdedStorms(database, clock))
    await process(crowded, clock).accept(source, payload(LIMIT + 5, "a"))
    assert [group.storm for group in await stores.groups.open(SERVER, 100)] == [""] * (LIMIT + 5)


async def test_a_minute_later_as_many_are_no_storm(stores: Stores, clock: HeldClock, source: Integration):
    intake = process(stores, clock)
    for name in "abc":
        await intake.accept(source, payload(LIMIT, name))
        clock.advance(minutes=1)
    assert await stores.storms.recent(SERVER, 10) == []


async def test_critical_groups_are_neither_counted_nor_gathered(stores: Stores, clock: HeldClock, source: Integration):
    await process(stores, clock).accept(source, payload(100, "a", severity="critical"))
    assert await stores.storms.recent(SERVER, 10) == []


async def test_several_processes_make_one_storm(
    stores: Stores, connect: Callable[[], Database], clock: HeldClock, source: Integration
):
    others = [process(open_stores(connect(), clock), clock) for _ in range(4)]
    await asyncio.gather(
        *(intake.accept(source, payload(50, name)) for intake, name in zip(others, "abcd", strict=True))
    )
    (storm,) = await stores.storms.recent(SERVER, 10)
    own, together = await gathered(stores)
    assert own <= 4 * LIMIT and own + together == 200 and storm.groups == together


async def test_what_several_processes_open_counts_together(
    stores: Stores, connect: Callable[[], Database], clock: HeldClock, source: Integration
):
    """One after the other, as a balancer spreads them: none of them would find a storm by itself."""
    others = [process(open_stores(connect(), clock), clock) for _ in range(4)]
    for turn in range(LIMIT + 8):
        await others[turn % 4].accept(source, payload(1, f"k{turn}x"))
        clock.now += timedelta(seconds=1)
    assert await gathered(stores) == (LIMIT, 8)


async def test_all_at_once_from_several_processes_leaves_no_more_apart_than_the_limit(
    stores: Stores, connect: Callable[[], Database], clock: HeldClock, source: Integration
):
    others = [process(open_stores(connect(), clock), clock) for _ in range(4)]
    for place, intake in enumerate(others):
        await intake.accept(source, payload(1, f"first{place}x"))
    clock.advance(minutes=2)
    await asyncio.gather(
        *(intake.accept(source, payload(50, name)) for intake, name in zip(others, "abcd", strict=True))
    )
    own, together = await gathered(stores)
    assert (own, together) == (LIMIT + 4, 200 - LIMIT)


async def test_what_others_opened_more_than_a_minute_ago_does_not_count(
    stores: Stores, connect: Callable[[], Database], clock: HeldClock, source: Integration
):
    others = [process(open_stores(connect(), clock), clock) for _ in range(4)]
    for turn in range(4):
        for place, intake in enumerate(others):
            await intake.accept(source, payload(LIMIT // 4, f"k{turn}x{place}x"))
        clock.advance(minutes=1)
    assert await stores.storms.recent(SERVER, 10) == []


async def test_a_process_that_is_alone_asks_nobody_as_long_as_few_open(
    stores: Stores, database: Database, clock: HeldClock, source: Integration
):
    intake = process(stores, clock)
    async with examined(database, "lately") as told:
        for turn in range(LIMIT):
            await intake.accept(source, payload(1, f"k{turn}x"))
            clock.now += timedelta(seconds=13)
    assert told == []


async def test_a_few_of_several_processes_ask_nobody(
    stores: Stores, connect: Callable[[], Database], database: Database, clock: HeldClock, source: Integration
):
    others = [process(open_stores(connect(), clock), clock) for _ in range(2)]
    async with examined(database, "lately") as told:
        for turn in range(4):
            await others[turn % 2].accept(source, payload(1, f"k{turn}x"))
    assert told == []


async def test_a_storm_is_kept_as_long_as_any_of_its_groups_is_live(stores: Stores, clock: HeldClock):
    storm = Storm(
        id="s",
        server_id=SERVER,
        channel_id="town",
        limit=LIMIT,
        began_at=clock(),
        minute_at=clock(),
        over_at=clock(),
        due_at=clock(),
    )
    assert stores.storms.index_fields(storm)["expire_at"] is None
    assert stores.storms.index_fields(replace(storm, due_at=None))["expire_at"] == clock() + KEPT


async def test_a_repeat_is_no_new_group(stores: Stores, clock: HeldClock, source: Integration):
    intake = process(stores, clock)
    for _ in range(5):
        await intake.accept(source, payload(LIMIT, "a"))
        clock.now += timedelta(seconds=1)
    assert await stores.storms.recent(SERVER, 10) == []
