"""Indexes: none that nothing uses is kept, and one that somebody drops is missed by nobody."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest
from pymongo.errors import OperationFailure
from structlog.testing import capture_logs
from tornado.ioloop import IOLoop

from bot.core.alert_group import Status
from bot.core.changes import Change
from bot.core.replacing import replace
from bot.storage import groups
from bot.storage.mongo import Database
from bot.storage.stores import Stores, open_stores
from tests.clock import HeldClock
from tests.profiler import examined
from tests.storage.samples import SERVER, group
from tests.waiting import until

STORMY = {"storm": {"$exists": True}}
BY_STATUS = "server_id_1_status_1_number_-1"
OF_STORM = "storm_1_number_1"


async def names(database: Database) -> set[str]:
    return set(await database.collection("groups").index_information())


async def as_an_older_release_left_it(database: Database) -> None:
    kept = database.collection("groups")
    await kept.create_index([("server_id", 1), ("status", 1), ("number", -1)])
    await kept.create_index([("storm", 1), ("number", 1)], partialFilterExpression=STORMY)


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
    kept = database.collection("groups")
    await kept.create_index([("storm", 1), ("number", 1)])
    await kept.create_index([("doc.title", 1)], name=BY_STATUS)
    await kept.create_index([("doc.title", -1)])
    await tidied.prepare()
    assert await names(database) == before | {BY_STATUS, OF_STORM, "doc.title_-1"}


async def test_several_processes_that_start_together_drop_it_once(
    tidied: Stores, connect: Callable[[], Database], clock: HeldClock
):
    before = await names(tidied.database)
    await as_an_older_release_left_it(tidied.database)
    await asyncio.gather(*(open_stores(connect(), clock).prepare() for _ in range(4)))
    assert await names(tidied.database) == before


NUMBERS = range(1, 1_201)
STORMY_NUMBERS = [*range(1, 151), 1_200]


async def fill(stores: Stores, clock: HeldClock) -> None:
    """The first groups are of a storm and the newest, all are firing, and every hundredth is critical."""
    for begin in range(0, len(NUMBERS), 600):
        some = [
            replace(
                group(clock(), number=number, key=f"k{number}"),
                severity="critical" if number % 100 == 0 else "warning",
                storm="storm" if number in STORMY_NUMBERS else "",
            )
            for number in NUMBERS[begin : begin + 600]
        ]
        assert not await stores.groups.put_many([(Change(doc=one), None) for one in some])


async def listed(stores: Stores) -> list[int]:
    lines = await stores.groups.lines(SERVER, Status.FIRING, ["critical"], skip=0, limit=5)
    return [line.number for line in lines]


async def stormy(stores: Stores) -> list[int]:
    return [one.doc.number for one in await stores.groups.of_storm(SERVER, "storm", limit=1_000)]


async def may_be_named(database: Database, index: str) -> bool:
    """Whether it is made and whole; while it is being made the database lists it already."""
    try:
        await database.collection("groups").find_one({}, hint=index)
    except OperationFailure:
        return False
    return True


def name_of(keys: Sequence[tuple[str, int]]) -> str:
    return "_".join(f"{field}_{way}" for field, way in keys)


async def test_lists_and_storms_go_on_where_somebody_dropped_their_index_until_it_is_there_again(
    tidied: Stores, database: Database, clock: HeldClock
):
    await fill(tidied, clock)
    before = await names(database)
    for hinted, ask, answer in (
        (name_of(groups.BY_STATUS), listed, [1_200, 1_100, 1_000, 900, 800]),
        (name_of(groups.OF_STORM), stormy, STORMY_NUMBERS),
    ):
        await database.collection("groups").drop_index(hinted)
        with capture_logs() as told:
            assert await asyncio.gather(ask(tidied), ask(tidied)) == [answer, answer]
        assert [line["event"] for line in told] == ["an index is missing and made anew"]
        await until(partial(may_be_named, database, hinted))
        assert await names(database) == before
        async with examined(database) as operations:
            assert await ask(tidied) == answer
        read = [one["docsExamined"] for one in operations if one["op"] in ("query", "getmore")]
        assert sum(read) == len(answer)


async def test_where_an_index_cannot_be_made_anew_lists_go_on_without(
    tidied: Stores, database: Database, clock: HeldClock
):
    """Its name is taken by another one."""
    await fill(tidied, clock)
    kept = database.collection("groups")
    await kept.drop_index(name_of(groups.BY_STATUS))
    await kept.create_index([("doc.title", 1)], name=name_of(groups.BY_STATUS))
    with capture_logs() as told:
        for _ in range(2):
            assert await listed(tidied) == [1_200, 1_100, 1_000, 900, 800]
        await until(lambda: any(line["event"] == "index not made" for line in told))


async def test_what_ends_by_itself_ends_when_its_document_says(stores: Stores, database: Database):
    for name in ("once", "lately", "payloads", "alerts", "storms", "maintenances", "groups"):
        indexes = await database.collection(name).index_information()
        assert [index["key"] for index in indexes.values() if index.get("expireAfterSeconds") == 0] == [
            [("expire_at", 1)]
        ], name
