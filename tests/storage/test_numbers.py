"""Numbers of alert groups: one after the other, each once, whoever gives them and whoever dies on the way."""

import asyncio
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest

from bot.storage.documents import AlreadyThere
from bot.storage.groups import Groups
from bot.storage.mongo import Database
from bot.storage.numbers import ALONE, BATCHES, FLOOD, FOLLOWS_SECONDS, KEPT_SECONDS
from bot.storage.stores import Stores, open_stores
from tests.clock import HeldClock, Ticks
from tests.storage.samples import SERVER, opened_group
from tests.waiting import until


async def opened(groups: Groups, clock: HeldClock, count: int = 1) -> list[int]:
    """So many new groups, in as many tries as it takes: their numbers."""
    for _ in range(10):
        numbers = list(await groups.reserve_numbers(SERVER, count))
        puts = [(opened_group(clock(), number=number, key=f"{number}"), None) for number in numbers]
        lost = await groups.put_many(puts)
        if len(lost) < count:
            return [number for place, number in enumerate(numbers) if place not in lost]
    raise AssertionError("It never came to a number.")


async def counter(database: Database) -> int:
    found: Any = await database.collection("counters").find_one({"_id": SERVER})
    return int(found["groups"])


async def set_back(database: Database, number: int) -> None:
    await database.collection("counters").update_one({"_id": SERVER}, {"$set": {"groups": number}})


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def groups(stores: Stores, database: Database, clock: HeldClock, ticks: Ticks) -> Groups:
    """Those of one process, for which seconds pass only when a test says so."""
    return Groups(database, clock, ticks=ticks)


@pytest.fixture
def others(groups: Groups, connect: Callable[[], Database], clock: HeldClock) -> Groups:
    """Those of another process."""
    return open_stores(connect(), clock).groups


async def test_whoever_is_alone_goes_on_without_asking_and_the_counter_follows(
    groups: Groups, database: Database, clock: HeldClock
):
    given = [await opened(groups, clock, 2) for _ in range(ALONE + 1)]
    await set_back(database, 0)  # whoever asked now would begin anew
    given.append(await opened(groups, clock, 3))
    assert list(chain(*given)) == list(range(1, 2 * (ALONE + 1) + 4))
    assert await counter(database) == given[-1][-1]


async def test_the_counter_follows_now_and_then_and_whoever_asks_meanwhile_gets_the_next(
    groups: Groups, others: Groups, database: Database, clock: HeldClock, ticks: Ticks
):
    given = [await opened(groups, clock) for _ in range(ALONE + 3)]
    assert await counter(database) < given[-1][-1] == len(given)
    ticks.now += FOLLOWS_SECONDS
    await opened(groups, clock)
    assert await counter(database) == len(given) + 1
    await opened(groups, clock)
    assert await opened(others, clock) == [len(given) + 3]


async def test_two_that_count_by_themselves_give_nothing_twice_and_leave_nothing_out(
    groups: Groups, others: Groups, clock: HeldClock
):
    given: list[int] = []
    for several in (groups, others) * 3:
        for _ in range(ALONE + 2):  # enough to be sure of being alone
            given += await opened(several, clock)
    for _ in range(10):
        for some in await asyncio.gather(opened(groups, clock), opened(others, clock)):
            given += some
    assert sorted(given) == list(range(1, len(given) + 1))


async def test_whoever_asks_beside_a_flood_that_is_counted_without_asking_comes_to_a_number(
    stores: Stores, others: Groups, clock: HeldClock
):
    batches: list[list[int]] = []

    async def flooding() -> None:
        while True:
            batches.append(await opened(stores.groups, clock, 15))

    flood = asyncio.create_task(flooding())
    await until(lambda: len(batches) > ALONE + 5)
    given = [await opened(others, clock) for _ in range(3)]
    flood.cancel()
    await asyncio.wait([flood])
    everybodys = [*chain(*batches), *chain(*given)]
    assert len(set(everybodys)) == len(everybodys)


async def test_a_lone_flood_leaves_nothing_out(groups: Groups, clock: HeldClock, ticks: Ticks):
    given: list[int] = []
    for _ in range(3):
        given += await opened(groups, clock, 5 * FLOOD)
        ticks.now += 2 * KEPT_SECONDS
    assert given == list(range(1, len(given) + 1))


async def test_where_several_take_a_flood_in_nobody_asks_for_every_batch(
    groups: Groups, others: Groups, clock: HeldClock
):
    met = [await opened(several, clock) for several in (groups, others, groups, others)]
    first = [await opened(several, clock, FLOOD) for several in (groups, others) * BATCHES]
    ours = list(chain(*first[::2]))
    assert ours == list(range(ours[0], ours[0] + BATCHES * FLOOD))
    assert sorted(chain(*met, *first)) == list(range(1, len(met) + 2 * BATCHES * FLOOD + 1))


async def test_what_was_asked_for_ahead_is_not_given_late(
    groups: Groups, others: Groups, clock: HeldClock, ticks: Ticks
):
    for several in (groups, others, groups, others):
        await opened(several, clock)
    await opened(groups, clock, FLOOD)
    newest = await opened(others, clock)
    ticks.now += KEPT_SECONDS
    assert (await opened(groups, clock))[0] > newest[0]


async def test_a_counter_that_did_not_follow_is_brought_to_where_the_groups_are(
    groups: Groups, others: Groups, database: Database, clock: HeldClock
):
    given = [await opened(groups, clock) for _ in range(ALONE + 1)]
    given.append(await opened(groups, clock, 500))
    await set_back(database, ALONE + 1)
    assert await opened(others, clock) == [given[-1][-1] + 1]


async def test_a_number_that_is_taken_is_said_to_whoever_adds_one_group(groups: Groups, clock: HeldClock):
    await groups.add(opened_group(clock(), number=7))
    with pytest.raises(AlreadyThere) as taken:
        await groups.add(opened_group(clock(), number=7, key="another"))
    assert "number" in taken.value.fields
    assert list(await groups.reserve_numbers(SERVER, 1)) == [8]


async def test_the_numbers_of_a_server_that_was_deleted_begin_anew(
    groups: Groups, others: Groups, clock: HeldClock, ticks: Ticks
):
    for _ in range(ALONE + 2):
        await opened(groups, clock)
    await others.delete_of(SERVER)
    ticks.now += FOLLOWS_SECONDS
    await groups.put_many([])  # which is when the counter would follow
    assert await opened(others, clock) == [1]
