"""Alerts as they were received, kept for a while. A redelivery adds nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from msgspec import Struct
from pymongo import ASCENDING, IndexModel
from pymongo.errors import BulkWriteError

from bot.clock import Clock
from bot.core.alert_group import Alert
from bot.core.retention import ALERTS_KEPT
from bot.errors import Unavailable
from bot.storage import codec
from bot.storage.codec import Raw
from bot.storage.documents import DUPLICATE
from bot.storage.indexes import ENDING, Indexes
from bot.storage.mongo import Database, delete_of, reachable

AT_ONCE = 250


class Receipt(Struct, frozen=True, kw_only=True):
    """Alerts of one group key of one integration, received together."""

    server_id: str
    integration_id: str
    key: str
    alerts: tuple[Alert, ...]
    kept_days: int = ALERTS_KEPT


class Alerts:
    """The raw alerts. Not `Documents`: they are written once and never change."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._collection = database.collection("alerts")
        self._clock = clock

    async def prepare(self) -> None:
        by_group = IndexModel([("server_id", ASCENDING), ("group", ASCENDING), ("at", ASCENDING)])
        await Indexes(self._database, "alerts", [by_group, ENDING]).prepare()

    async def record_many(self, receipts: Sequence[Receipt]) -> int:
        """Keep them; returns how many were new. In pieces, so that the event loop gets its turn."""
        now = self._clock()
        rows = (row for receipt in receipts for row in _rows(receipt, now))
        new = 0
        while batch := list(islice(rows, AT_ONCE)):
            new += await self._insert(batch)
            if len(batch) == AT_ONCE:
                await asyncio.sleep(0)
        return new

    async def count(self, server_id: str) -> int:
        with reachable():
            return int(await self._collection.count_documents({"server_id": server_id}))

    async def delete_of(self, server_id: str) -> None:
        """Everything of one server."""
        await delete_of(self._collection, server_id)

    async def _insert(self, batch: list[Raw]) -> int:
        try:
            with reachable():
                result = await self._collection.insert_many(batch, ordered=False)
        except BulkWriteError as problem:
            if problem.details.get("writeConcernErrors"):
                raise Unavailable(f"The database did not take a write safely: {problem}") from problem
            if any(error["code"] != DUPLICATE for error in problem.details["writeErrors"]):
                raise
            return int(problem.details["nInserted"])
        return len(result.inserted_ids)


def _rows(receipt: Receipt, now: datetime) -> Iterator[Raw]:
    expire_at = now + timedelta(days=receipt.kept_days)
    group = _digest(receipt.server_id, receipt.integration_id, receipt.key)
    for alert in receipt.alerts:
        yield {
            "_id": alert_id(group, alert),
            "server_id": receipt.server_id,
            "group": group,
            "at": now,
            "expire_at": expire_at,
            "alert": codec.write(alert),
        }


def alert_id(group: str, alert: Alert) -> str:
    """The same for a redelivery, which is how senders without delivery ids are told apart from new firings."""
    begun_at = alert.begun_at.isoformat() if alert.begun_at else ""
    return _digest(group, alert.fingerprint, begun_at, "firing" if alert.firing else "ended")


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()
