"""The connection to MongoDB: one client, safe writes, the database's time, and failures in our own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Any

import structlog
from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection
from pymongo.errors import BulkWriteError, ConnectionFailure, ExecutionTimeout, OperationFailure, WriteConcernError
from pymongo.write_concern import WriteConcern

from bot.clock import DatabaseClock
from bot.errors import Unavailable

DEFAULT_NAME = "oncall"
CLOCK_SAMPLES = 5
LONGEST_REASON = 200
EXISTS = 48
# A primary that steps down, or a server that stops, while it works on a write says so within that write's own result;
# the driver knows these codes only as the answer to a whole command (MongoDB's list of error codes).
STEPPED_DOWN = frozenset({91, 189, 10058, 10107, 11600, 11602, 13435, 13436})

log = structlog.get_logger()

Collection = AsyncIOMotorCollection[dict[str, Any]]


DELETED_AT_ONCE = 1000


@contextmanager
def reachable() -> Iterator[None]:
    """Turn the driver's connection errors into `Unavailable`."""
    try:
        yield
    except (ConnectionFailure, OperationFailure) as problem:
        if isinstance(problem, OperationFailure) and not _passes(problem):
            raise
        log.debug("the database driver says", details=str(problem))
        raise Unavailable(f"The database cannot be reached: {_beginning(str(problem))}") from problem


def _passes(problem: OperationFailure) -> bool:
    if isinstance(problem, ExecutionTimeout | WriteConcernError):
        return True
    if isinstance(problem, BulkWriteError):
        return any(error["code"] in STEPPED_DOWN for error in problem.details["writeErrors"])
    return problem.code in STEPPED_DOWN


async def delete_of(collection: Collection, server_id: str) -> None:
    """Every record of one server, in pieces, so that no single command takes long. Raises Unavailable."""
    while True:
        with reachable():
            found = collection.find({"server_id": server_id}, {"_id": 1}, limit=DELETED_AT_ONCE)
            ids = [record["_id"] for record in await found.to_list(length=DELETED_AT_ONCE)]
            if not ids:
                return
            await collection.delete_many({"_id": {"$in": ids}})


def _beginning(told: str) -> str:
    """What the driver says before it goes on about its settings and the whole deployment."""
    return re.split(r" \(configured timeouts|, Timeout: |, Topology Description", told, maxsplit=1)[0][:LONGEST_REASON]


class Database:
    """One MongoDB database, replica set or standalone. Writes are on the journal of a majority when they return.

    `name` is for tests; else the URI names the database, or it is `oncall`. The driver repeats writes after a lost
    connection where the deployment supports it (replica sets) and only there.
    """

    def __init__(self, uri: str, *, name: str = "", selection_seconds: float = 1.0) -> None:
        self._client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
            uri,
            w="majority",
            journal=True,
            tz_aware=True,
            tzinfo=UTC,
            maxPoolSize=64,
            # How soon a database that keeps its connections but answers nothing is noticed: the sum of these two.
            heartbeatFrequencyMS=2_000,
            connectTimeoutMS=3_000,
            serverSelectionTimeoutMS=int(selection_seconds * 1000),
            socketTimeoutMS=15_000,
            appname="oncall",
        )
        self._codec = CodecOptions[dict[str, Any]](tz_aware=True, tzinfo=UTC)
        named = name or self._client.get_default_database(DEFAULT_NAME).name
        self._database = self._client.get_database(named, codec_options=self._codec)

    @property
    def name(self) -> str:
        return str(self._database.name)

    def collection(self, name: str) -> Collection:
        return self._database[name]

    def hasty_collection(self, name: str) -> Collection:
        """Writes that return before they are on the journal.

        Only for what a later majority write to the same server covers: journal and oplog keep the order.
        """
        return self._database.get_collection(name, write_concern=WriteConcern(w=1, j=False))

    async def make_capped(self, name: str, size: int) -> None:
        """A collection of so many bytes that forgets its oldest. One that exists stays. Raises PyMongoError."""
        try:
            await self._database.command({"create": name, "capped": True, "size": size})
        except OperationFailure as refused:
            if refused.code != EXISTS:
                raise

    async def ping(self) -> None:
        """Raises Unavailable."""
        with reachable():
            await self._client.admin.command("ping")

    async def correct(self, clock: DatabaseClock) -> None:
        """Measure how far the database's clock is from ours; the quickest of a few answers is the most exact."""
        samples = []
        with reachable():
            for _ in range(CLOCK_SAMPLES):
                asked = clock.local()
                answer = await self._client.admin.command("hello", codec_options=self._codec)
                samples.append((clock.local() - asked, asked, answer["localTime"]))
        took, asked, database_time = min(samples)
        clock.correct(database_time, asked=asked, answered=asked + took)

    async def empty(self) -> None:
        """Delete every document and keep the indexes; for tests."""
        for name in await self._database.list_collection_names():
            await self._database[name].delete_many({})

    def close(self) -> None:
        self._client.close()
