"""Storms, at most one at a time in each channel."""

from __future__ import annotations

from pymongo import ASCENDING, DESCENDING, IndexModel

from bot.clock import Clock
from bot.core.storms import KEPT, Storm
from bot.storage.codec import Raw
from bot.storage.directory import Memory
from bot.storage.documents import Documents
from bot.storage.indexes import ENDING
from bot.storage.mongo import Database


class Storms(Documents[Storm]):
    """`open_key` is present while a storm blows, and unique: several processes open one together."""

    collection_name = "storms"
    kind = Storm
    indexes = (
        IndexModel([("open_key", ASCENDING)], unique=True, partialFilterExpression={"open_key": {"$exists": True}}),
        IndexModel([("server_id", ASCENDING), ("_id", DESCENDING)]),
        ENDING,
    )

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._memory = Memory[Storm | None]()

    def index_fields(self, doc: Storm) -> Raw:
        key = _open_key(doc.server_id, doc.channel_id) if doc.blows else None
        # Groups that are live still need it for their pages.
        expire_at = doc.over_at + KEPT if doc.over_at and doc.due_at is None else None
        return {"open_key": key, "expire_at": expire_at}

    def changed(self, doc: Storm) -> None:
        self._memory.forget()

    async def blowing(self, server_id: str, channel_id: str, *, lately: bool = True) -> Storm | None:
        """The storm in this channel; `lately`: as it was at most a second ago will do."""
        key = _open_key(server_id, channel_id)
        known = self._memory.recall(key) if lately else None
        if known is not None:
            return known[0]
        found = await self.read({"open_key": {"$eq": key, "$exists": True}, "server_id": server_id}, limit=1)
        return self._memory.keep(key, found[0].doc if found else None)

    async def seen(self, server_id: str, id_: str) -> Storm | None:
        """As it was at most a second ago."""
        known = self._memory.recall(id_)
        return known[0] if known is not None else self._memory.keep(id_, await self.find(server_id, id_))

    async def recent(self, server_id: str, limit: int) -> list[Storm]:
        """Newest first."""
        found = await self.read({"server_id": server_id}, limit=limit, sort=("_id", DESCENDING))
        return [claim.doc for claim in found]


def _open_key(server_id: str, channel_id: str) -> str:
    return f"{server_id} {channel_id}"
