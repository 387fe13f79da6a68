"""What tests stand on: a real mongod, a held clock, the stores. The only file that knows pytest-tornado.

`async def test_…` simply works: it runs on the loop that pytest-tornado makes for each test. Fixtures that need the
loop are ordinary functions and use `io_loop.run_sync`.
"""

import asyncio
import inspect
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop
from hypothesis import HealthCheck, settings
from pymongo import MongoClient
from tornado.ioloop import IOLoop

from bot.storage.embedded import EmbeddedMongo
from bot.storage.mongo import Database
from bot.storage.mongod import EmbeddedMongoError
from bot.storage.stores import Stores, open_stores
from tests.clock import HeldClock

pytest_plugins = ["tests.markers"]

TEST_DATABASE = "oncall_test"
ASYNC_SECONDS = 180  # against hanging; on a machine that has nothing else to do none takes ten

# How long an example takes says how busy the machine is. Everywhere the same ones, so that what passed here passes in
# CI; `make test-all` draws others each time.
settings.register_profile(
    "everywhere",
    deadline=None,
    derandomize="ALL_SURFACES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("everywhere")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if inspect.iscoroutinefunction(getattr(item, "function", None)) and not item.get_closest_marker("gen_test"):
            item.add_marker(pytest.mark.gen_test(timeout=ASYNC_SECONDS))


@pytest.fixture
def io_loop() -> Iterator[IOLoop]:
    """In place of pytest-tornado's own, which makes its loop current in a way that Tornado 6 warns about."""
    loop = uvloop.new_event_loop()  # the one we ship
    asyncio.set_event_loop(loop)
    io_loop = IOLoop.current()
    yield io_loop
    io_loop.close(all_fds=True)
    asyncio.set_event_loop(None)


@pytest.fixture(scope="session")
def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`MONGODB_URI` if set, else a mongod of our own for this session. Only the database `oncall_test` is touched."""
    given = os.environ.get("MONGODB_URI")
    if given:
        yield given
        return
    mongo = asyncio.run(_started(tmp_path_factory.mktemp("mongodb")))
    _expire_nothing(mongo.uri)
    yield mongo.uri
    asyncio.run(mongo.stop())


def _expire_nothing(uri: str) -> None:
    """The clock of the tests stands at a day long ago: by mongod's own clock, what they store has expired by now."""
    with MongoClient[dict[str, Any]](uri) as client:
        client.admin.command("setParameter", 1, ttlMonitorEnabled=False)


async def _started(folder: Path) -> EmbeddedMongo:
    try:
        return await EmbeddedMongo.start(folder, authentication=False)
    except EmbeddedMongoError as problem:
        pytest.fail(f"These tests need MongoDB: set MONGODB_URI, or: {problem}", pytrace=False)


@pytest.fixture(scope="session")
def prepared_uri(mongodb_uri: str) -> str:
    """The URI of a database with all indexes."""

    async def prepare() -> None:
        database = Database(mongodb_uri, name=TEST_DATABASE)
        await open_stores(database, HeldClock()).prepare()
        await database.empty()
        database.close()

    asyncio.run(prepare())
    return mongodb_uri


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def connect(io_loop: IOLoop, prepared_uri: str) -> Iterator[Callable[[], Database]]:
    """`connect()` is one more client of the test database, as another process would have it."""
    opened: list[Database] = []

    def _connect() -> Database:
        opened.append(Database(prepared_uri, name=TEST_DATABASE))
        return opened[-1]

    yield _connect
    for database in opened:
        database.close()


@pytest.fixture
def database(io_loop: IOLoop, connect: Callable[[], Database]) -> Iterator[Database]:
    """One client per test, since each test has its own loop; empty collections with their indexes."""
    database = connect()
    yield database
    io_loop.run_sync(database.empty)


@pytest.fixture
def stores(database: Database, clock: HeldClock) -> Stores:
    return open_stores(database, clock)
