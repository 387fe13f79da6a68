"""The last payload of each integration, kept so that templates can be tried on what the sender really sends."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.clock import Clock
from bot.errors import Unavailable
from bot.storage.indexes import ENDING, Indexes
from bot.storage.mongo import Database, delete_of, reachable

LARGEST = 64 * 1024
KEPT = timedelta(days=30)
AGAIN = timedelta(minutes=1)
REMEMBERED = 10_000

log = structlog.get_logger()


class Payloads:
    """Nobody waits for these writes, and none of them is missed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._collection = database.hasty_collection("payloads")
        self._clock = clock
        self._kept_at: dict[str, datetime] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def prepare(self) -> None:
        await Indexes(self._database, "payloads", [ENDING, IndexModel([("server_id", ASCENDING)])]).prepare()

    def note(self, server_id: str, integration_id: str, body: bytes) -> None:
        """Keep it, unless one was kept a moment ago or it is large. Returns at once."""
        now = self._clock()
        kept_at = self._kept_at.get(integration_id)
        if not 0 < len(body) <= LARGEST or (kept_at is not None and now - kept_at < AGAIN):
            return
        if len(self._kept_at) >= REMEMBERED:
            self._kept_at.clear()
        self._kept_at[integration_id] = now
        task = asyncio.create_task(self._keep(server_id, integration_id, body, now))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def written(self) -> None:
        """Until all that was noted is stored."""
        await asyncio.gather(*self._tasks)

    async def last(self, server_id: str, integration_id: str) -> bytes:
        """Empty where nothing came. Raises Unavailable."""
        await self.written()
        with reachable():
            found = await self._collection.find_one({"_id": integration_id, "server_id": server_id})
        return bytes(found["body"]) if found else b""

    async def forget(self, server_id: str, integration_id: str) -> None:
        """Of an integration that is removed. Raises Unavailable."""
        await self.written()
        with reachable():
            await self._collection.delete_one({"_id": integration_id, "server_id": server_id})

    async def delete_of(self, server_id: str) -> None:
        """Everything of one server."""
        await delete_of(self._collection, server_id)

    async def _keep(self, server_id: str, integration_id: str, body: bytes, now: datetime) -> None:
        whose = {"_id": integration_id, "server_id": server_id}
        fresh = {"body": body, "at": now, "expire_at": now + KEPT}
        try:
            with reachable():
                await self._collection.update_one(whose, {"$set": fresh}, upsert=True)
        except DuplicateKeyError:  # another process kept one at the same time, and one is enough
            return
        except Unavailable as problem:
            log.warning("payload not kept", integration=integration_id, why=str(problem))
