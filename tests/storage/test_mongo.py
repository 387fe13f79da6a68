"""The connection: the database's time, and what happens when it is gone."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, WriteError

from bot.clock import ZERO, DatabaseClock
from bot.errors import Unavailable
from bot.storage.embedded import EmbeddedMongo
from bot.storage.mongo import Database, reachable
from bot.storage.stores import Stores, open_stores
from tests.clock import HeldClock
from tests.storage.samples import SERVER, opened_group
from tests.waiting import until


@pytest.fixture
def doomed(tmp_path: Path) -> Iterator[EmbeddedMongo]:
    mongo = asyncio.run(EmbeddedMongo.start(tmp_path, authentication=False))
    yield mongo
    asyncio.run(mongo.stop())


async def test_a_wrong_clock_is_corrected(database: Database):
    clock = DatabaseClock(ZERO + timedelta(hours=1).total_seconds())
    assert clock() - datetime.now(UTC) > timedelta(minutes=59)
    asked = datetime.now(UTC)
    await database.correct(clock)
    found = clock()
    took = datetime.now(UTC) - asked  # on a busy machine longer than the second that is right by the way
    assert asked - took - timedelta(seconds=1) < found < asked + 2 * took + timedelta(seconds=1)


async def test_the_uri_may_name_the_database(prepared_uri: str):
    named = Database("mongodb://127.0.0.1:1/elsewhere")
    unnamed = Database("mongodb://127.0.0.1:1")
    assert (named.name, unnamed.name) == ("elsewhere", "oncall")
    named.close()
    unnamed.close()


async def test_what_cannot_be_reached_is_told_in_one_short_sentence():
    database = Database("mongodb://somebody:secret@127.0.0.1:1", selection_seconds=0.05)
    await until(lambda: _was_refused(database), pause=0.005)
    with pytest.raises(Unavailable) as told:
        await database.ping()
    assert str(told.value) == "The database cannot be reached: 127.0.0.1:1: [Errno 111] Connection refused"
    database.close()


async def _was_refused(database: Database) -> bool:
    """Whether the driver has tried: it does so in a thread of its own, and before that it has no reason to tell."""
    with suppress(Unavailable):
        await database.ping()
    (server,) = database._client.topology_description.server_descriptions().values()
    return server.error is not None


STEPPED_DOWN = {"index": 0, "code": 189, "errmsg": "Not primary while writing"}
TAKEN = {"index": 1, "code": 11000, "errmsg": "E11000 duplicate key error"}


@pytest.mark.parametrize(
    "told",
    [
        WriteError("Not primary while writing", 189, STEPPED_DOWN),
        BulkWriteError({"writeErrors": [TAKEN, STEPPED_DOWN]}),
    ],
    ids=["one write", "a bulk"],
)
def test_a_primary_that_steps_down_in_the_middle_of_a_write_is_unavailable(told: OperationFailure):
    with pytest.raises(Unavailable, match="cannot be reached"), reachable():
        raise told


@pytest.mark.parametrize(
    "told",
    [DuplicateKeyError("E11000", 11000, TAKEN), BulkWriteError({"writeErrors": [TAKEN]})],
    ids=["one write", "a bulk"],
)
def test_what_the_database_refuses_is_not_its_absence(told: OperationFailure):
    with pytest.raises(type(told)), reachable():
        raise told


def test_a_killed_database_is_unavailable(doomed: EmbeddedMongo):
    async def story() -> None:
        database = Database(doomed.uri, selection_seconds=0.3)
        clock = HeldClock()
        stores = open_stores(database, clock)
        await until(lambda: _answers(database))
        await stores.prepare()
        await stores.groups.add(opened_group(clock()))
        os.kill(doomed.process_id, signal.SIGKILL)
        await everything_is_unavailable(database, stores, clock)
        database.close()

    asyncio.run(story())


async def _answers(database: Database) -> bool:
    """It may take longer than the time to find it that is right for the rest of the story."""
    with suppress(Unavailable):
        await database.ping()
        return True
    return False


async def everything_is_unavailable(database: Database, stores: Stores, clock: HeldClock) -> None:
    attempts = (
        database.ping(),
        stores.groups.add(opened_group(clock(), number=2, key="other")),
        stores.groups.find(SERVER, "x"),
        stores.groups.claim(10, lease=timedelta(seconds=20)),
        stores.groups.next_wake(),
        stores.groups.reserve_numbers(SERVER, 1),
        stores.integrations.by_key(("d",)),
    )
    for outcome in await asyncio.gather(*attempts, return_exceptions=True):
        assert isinstance(outcome, Unavailable), outcome
