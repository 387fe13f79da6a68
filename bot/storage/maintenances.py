"""Maintenances: those that are not over are known to every process, at most a second old."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from pymongo import ASCENDING, IndexModel

from bot.clock import Clock
from bot.core.maintenance import Maintenance
from bot.storage.codec import Raw
from bot.storage.directory import Memory
from bot.storage.documents import Documents
from bot.storage.indexes import ENDING
from bot.storage.mongo import Database

# So many that are not over belong to a server at most.
MOST = 200
READ_AT_ONCE = 10_000
# How long after its end one can still be found, by those who ask why an alert paged nobody.
KEPT = timedelta(days=90)

Planned = tuple[Maintenance, ...]


class Maintenances(Documents[Maintenance]):
    """`current` is present while a maintenance is not over."""

    collection_name = "maintenances"
    kind = Maintenance
    indexes = (
        IndexModel([("server_id", ASCENDING)]),
        IndexModel(
            [("server_id", ASCENDING), ("current", ASCENDING)],
            partialFilterExpression={"current": {"$exists": True}},
        ),
        ENDING,
    )

    def __init__(self, database: Database, clock: Clock, *, ticks: Callable[[], float] = time.monotonic) -> None:
        super().__init__(database, clock)
        self._memory = Memory[Planned](ticks)

    def index_fields(self, doc: Maintenance) -> Raw:
        return {"current": None if doc.over else True, "expire_at": doc.over_at + KEPT if doc.over else None}

    def changed(self, doc: Maintenance) -> None:
        self._memory.forget()

    async def current(self, server_id: str) -> list[Maintenance]:
        """Running and planned ones, as they are now, the next to begin first."""
        found = await self.read({"server_id": server_id, "current": True}, limit=MOST)
        return sorted((claim.doc for claim in found), key=lambda one: one.begins_at)

    async def recent(self, server_ids: Iterable[str]) -> Mapping[str, Planned]:
        """Of several servers, as they were at most a second ago; one query for those that are not remembered."""
        known: dict[str, Planned] = {}
        unknown = []
        for server_id in server_ids:
            remembered = self._memory.recall(server_id)
            if remembered is None:
                unknown.append(server_id)
            else:
                known[server_id] = remembered[0]
        return {**known, **await self._fresh(unknown)} if unknown else known

    async def _fresh(self, server_ids: list[str]) -> dict[str, Planned]:
        query = {"server_id": {"$in": server_ids}, "current": True}
        found = [claim.doc for claim in await self.read(query, limit=READ_AT_ONCE)]
        return {
            server_id: self._memory.keep(server_id, tuple(one for one in found if one.server_id == server_id))
            for server_id in server_ids
        }
