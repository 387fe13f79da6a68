"""Indexes: what older releases made and nothing uses is dropped at a start."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from tornado.ioloop import IOLoop

from bot.storage.mongo import Database
from bot.storage.stores import Stores, open_stores
from tests.clock import HeldClock

STORMY = {"storm": {"$exists": True}}
BY_STATUS = "server_id_1_status_1_number_-1"
OF_STORM = "storm_1_number_1"


async def names(database: Database) -> set[str]:
    return set(await database.collection("groups").index_information())


async def as_an_older_release_left_it(database: Database) -> None:
    groups = database.collection("groups")
    await groups.create_index([("server_id", 1), ("status", 1), ("number", -1)])
    await groups.create_index([("storm", 1), ("number", 1)], partialFilterExpression=STORMY)


@pytest.fixture
def tidied(io_loop: IOLoop, stores: Stores) -> Iterator[Stores]:
    """Its groups have the indexes of this release at the end, and no others: all tests share them."""
    yield stores

    async def tidy() -> None:
        await stores.database.collection("groups").drop_indexes()
        await stores.prepare()

    io_loop.run_sync(tidy)


async def test_what_an_older_release_made_and_nothing_uses_is_dropped(tidied: Stores, database: Database):
    before = await names(database)
    await as_an_older_release_left_it(database)
    assert await names(database) == before | {BY_STATUS, OF_STORM}
    await tidied.prepare()
    assert await names(database) == before


async def test_what_somebody_else_made_stays_even_of_the_same_name(tidied: Stores, database: Database):
    before = await names(database)
    groups = database.collection("groups")
    await groups.create_index([("storm", 1), ("number", 1)])
    await groups.create_index([("doc.title", 1)], name=BY_STATUS)
    await groups.create_index([("doc.title", -1)])
    await tidied.prepare()
    assert await names(database) == before | {BY_STATUS, OF_STORM, "doc.title_-1"}


async def test_several_processes_that_start_together_drop_it_once(
    tidied: Stores, connect: Callable[[], Database], clock: HeldClock
):
    before = await names(tidied.database)
    await as_an_older_release_left_it(tidied.database)
    await asyncio.gather(*(open_stores(connect(), clock).prepare() for _ in range(4)))
    assert await names(tidied.database) == before
