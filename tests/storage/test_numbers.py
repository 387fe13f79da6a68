"""Numbers of alert groups: one after the other, each once, whoever gives them and whoever dies on the way."""

import asyncio
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest

from bot.storage.documents import AlreadyThere
from bot.storage.mongo import Database
from bot.storage.numbers import ALONE, BATCHES, FLOOD, FOLLOWS_EVERY, KEPT
from bot.storage.stores import Stores, open_stores
from tests.clock import HeldClock
from tests.storage.samples import SERVER, opened_group


async def opened(stores: Stores, clock: HeldClock, count: int = 1) -> list[int]:
    """So many new groups, in as many tries as it takes: their numbers."""
    for _ in range(10):
        numbers = list(await stores.groups.reserve_numbers(SERVER, count))
        puts = [(opened_group(clock(), number=number, key=f"{number}"), None) for number in numbers]
        lost = await stores.groups.put_many(puts)
        if len(lost) < count:
            return [number for place, number in enumerate(numbers) if place not in lost]
    raise AssertionError("It never came to a number.")


async def counter(database: Database) -> int:
    found: Any = await database.collection("counters").find_one({"_id": SERVER})
    return int(found["groups"])


async def test_whoever_is_alone_goes_on_without_asking_and_the_counter_follows(
    stores: Stores, database: Database, clock: HeldClock
):
    given = [await opened(stores, clock, 2) for _ in range(ALONE + 1)]
    await database.collection("counters").delete_one({"_id": SERVER})  # whoever asked now would begin anew
    given.append(await opened(stores, clock, 3))
    assert list(chain(*given)) == list(range(1, 2 * (ALONE + 1) + 4))
    assert await counter(database) == given[-1][-1]


async def test_two_that_count_by_themselves_give_nothing_twice_and_leave_nothing_out(
    stores: Stores, connect: Callable[[], Database], clock: HeldClock
):
    other = open_stores(connect(), clock)
    given: list[int] = []
    for several in (stores, other) * 3:
        for _ in range(ALONE + 2):  # enough to be sure of being alone
            given += await opened(several, clock)
    for _ in range(10):
        for some in await asyncio.gather(opened(stores, clock), opened(other, clock)):
            given += some
    assert sorted(given) == list(range(1, len(given) + 1))


async def test_a_counter_that_did_not_follow_is_brought_to_where_the_groups_are(
    stores: Stores, database: Database, connect: Callable[[], Database], clock: HeldClock
):
    given = [await opened(stores, clock) for _ in range(ALONE + 1)]
    given.append(await opened(stores, clock, 500))
    await database.collection("counters").update_one({"_id": SERVER}, {"$set": {"groups": ALONE + 1}})
    assert await opened(open_stores(connect(), clock), clock) == [given[-1][-1] + 1]


async def test_a_number_that_is_taken_is_said_to_whoever_adds_one_group(stores: Stores, clock: HeldClock):
    await stores.groups.add(opened_group(clock(), number=7))
    with pytest.raises(AlreadyThere) as taken:
        await stores.groups.add(opened_group(clock(), number=7, key="another"))
    assert "number" in taken.value.fields
    assert list(await stores.groups.reserve_numbers(SERVER, 1)) == [8]


async def test_the_numbers_of_a_server_that_was_deleted_begin_anew(stores: Stores, clock: HeldClock):
    for _ in range(ALONE + 2):
        await opened(stores, clock)
    await stores.groups.delete_of(SERVER)
    assert await opened(stores, clock) == [1]


async def test_the_counter_follows_now_and_then_and_whoever_asks_meanwhile_gets_the_next(
    stores: Stores, database: Database, connect: Callable[[], Database], clock: HeldClock
):
    given = [await opened(stores, clock) for _ in range(ALONE + 3)]
    assert await counter(database) < given[-1][-1] == len(given)
    clock.now += FOLLOWS_EVERY
    await opened(stores, clock)
    assert await counter(database) == len(given) + 1
    await opened(stores, clock)
    assert await opened(open_stores(connect(), clock), clock) == [len(given) + 3]


async def test_where_several_take_a_flood_in_nobody_asks_for_every_batch(
    stores: Stores, connect: Callable[[], Database], clock: HeldClock
):
    other = open_stores(connect(), clock)
    first = [await opened(several, clock, FLOOD) for several in (stores, other) * BATCHES]
    given = list(chain(*first))
    assert sorted(given) == list(range(1, 2 * BATCHES * FLOOD + 1))
    assert list(chain(*first[::2])) == list(range(1, BATCHES * FLOOD + 1))


async def test_what_was_asked_for_ahead_is_not_given_late(
    stores: Stores, connect: Callable[[], Database], clock: HeldClock
):
    other = open_stores(connect(), clock)
    await opened(stores, clock, FLOOD)
    newest = await opened(other, clock)
    clock.now += KEPT
    assert (await opened(stores, clock))[0] > newest[0]
