"""What opened lately, as far as processes tell each other: how many groups in a channel, and how often a key.

Nothing depends on it but how soon a storm or flapping is noticed: nobody waits for the journal, and it ends by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo import ReturnDocument, UpdateOne

from bot.storage import codec
from bot.storage.indexes import ENDING, Indexes
from bot.storage.mongo import Database, reachable

SLOT_SECONDS = 5
SLOTS = 60 // SLOT_SECONDS
COUNTS_KEPT = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A group opened, or went on."""

    at: datetime
    group_id: str


def slot_of(at: datetime) -> int:
    """Counts are kept by spans of a few seconds, numbered."""
    return int(at.timestamp()) // SLOT_SECONDS


class Lately:
    """Shared by all processes. All methods raise Unavailable."""

    collection_name = "lately"

    def __init__(self, database: Database) -> None:
        self._database = database
        self._collection = database.hasty_collection(self.collection_name)

    async def prepare(self) -> None:
        await Indexes(self._database, self.collection_name, [ENDING]).prepare()

    async def count(self, place: str, opened: Mapping[int, int], *, now: datetime) -> int:
        """Add what opened there, by slot; how many did within the last minute, whoever counted them."""
        first = slot_of(now) - SLOTS + 1
        changes = {
            "$inc": {f"opened.{slot}": number for slot, number in opened.items() if slot >= first},
            "$unset": {f"opened.{slot}": "" for slot in range(first - SLOTS, first)},
            "$set": {"expire_at": now + COUNTS_KEPT},
        }
        with reachable():
            found = await self._collection.find_one_and_update(
                {"_id": place}, changes, upsert=True, return_document=ReturnDocument.AFTER
            )
        return sum(number for slot, number in found["opened"].items() if int(slot) >= first)

    async def openings(self, keys: Sequence[str]) -> dict[str, list[Opening]]:
        """What was noted of these keys, the oldest first."""
        with reachable():
            found = await self._collection.find({"_id": {"$in": list(keys)}}).to_list(length=len(keys))
        return {one["_id"]: codec.read(one["openings"], list[Opening]) for one in found}

    async def note(self, openings: Mapping[str, Iterable[Opening]], *, most: int, until: datetime) -> None:
        """Add to what is known of these keys; of each the latest are kept, so many at most."""
        updates = []
        for key, some in openings.items():
            push = {"$each": [codec.write(one) for one in some], "$sort": {"at": 1}, "$slice": -most}
            updates.append(
                UpdateOne({"_id": key}, {"$push": {"openings": push}, "$set": {"expire_at": until}}, upsert=True)
            )
        with reachable():
            await self._collection.bulk_write(updates, ordered=False)
