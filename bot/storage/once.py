"""What may happen once: whoever reserves a key first gets it. Keys end by themselves."""

from __future__ import annotations

from datetime import datetime

from pymongo.errors import DuplicateKeyError

from bot.storage.indexes import ENDING, Indexes
from bot.storage.mongo import Database, reachable


class Once:
    """Across all processes. A key need not survive a crash of the database, so nothing waits for the journal."""

    collection_name = "once"

    def __init__(self, database: Database) -> None:
        self._database = database
        self._collection = database.hasty_collection(self.collection_name)

    async def prepare(self) -> None:
        await Indexes(self._database, self.collection_name, [ENDING]).prepare()

    async def reserve(self, key: str, *, until: datetime) -> bool:
        """Whether it was free. Raises Unavailable."""
        try:
            with reachable():
                await self._collection.insert_one({"_id": key, "expire_at": until})
        except DuplicateKeyError:
            return False
        return True

    async def release(self, key: str) -> None:
        """It did not happen after all. Raises Unavailable."""
        with reachable():
            await self._collection.delete_one({"_id": key})
