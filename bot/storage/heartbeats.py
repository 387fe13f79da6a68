"""Heartbeats, each under the id of its integration."""

from __future__ import annotations

from pymongo import ASCENDING, IndexModel

from bot.core.heartbeats import Heartbeat
from bot.storage.documents import Documents
from bot.storage.mongo import reachable

MOST = 1_000


class Heartbeats(Documents[Heartbeat]):
    """`wake_at` is when a report will be missing."""

    collection_name = "heartbeats"
    kind = Heartbeat
    indexes = (IndexModel([("server_id", ASCENDING)]),)

    async def of_server(self, server_id: str) -> dict[str, Heartbeat]:
        """By integration."""
        return {claim.id: claim.doc for claim in await self.read({"server_id": server_id}, limit=MOST)}

    async def forget(self, server_id: str, integration_id: str) -> None:
        """One that nobody waits for any more."""
        with reachable():
            await self._collection.delete_one({"_id": integration_id, "server_id": server_id})
