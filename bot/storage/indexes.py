"""The indexes of a collection: made at the start, made anew where somebody dropped one, and none that is not used."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from pymongo import ASCENDING, IndexModel
from pymongo.errors import OperationFailure

from bot.errors import Unavailable
from bot.storage.mongo import LONGEST_REASON, Database, reachable

# Whoever has `expire_at` ends then, by the database's own clock.
ENDING = IndexModel([("expire_at", ASCENDING)], expireAfterSeconds=0)
# What MongoDB itself says of every index, beside what it was made with; `ns` until 4.2.
FORMAT_OF_INDEX = frozenset({"v", "ns"})

log = structlog.get_logger()


class Indexes:
    """`retired` are some that older releases made and no release hints at: processes of one may still run beside us."""

    def __init__(
        self, database: Database, name: str, wanted: Sequence[IndexModel], retired: Sequence[IndexModel] = ()
    ) -> None:
        self._name = name
        self._collection = database.collection(name)
        self._wanted = wanted
        self._retired = retired
        self._making: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        """Make those that are not there, then drop the retired ones. Raises Unavailable."""
        with reachable():
            await self._collection.create_indexes(list(self._wanted))
        if self._retired:
            await self._drop_retired()

    def make_anew(self) -> None:
        """One is missing. Nobody waits until it is there: of many documents it takes minutes."""
        if self._making is None or self._making.done():
            log.warning("an index is missing and made anew", collection=self._name)
            self._making = asyncio.create_task(self._make_anew())

    async def _make_anew(self) -> None:
        try:
            await self.prepare()
        except (Unavailable, OperationFailure) as problem:  # the next query that misses it tries again
            log.warning("index not made", collection=self._name, why=str(problem)[:LONGEST_REASON])

    async def _drop_retired(self) -> None:
        """Exactly these: one that somebody else made stays, even of the same name."""
        with reachable():
            there = await self._collection.list_indexes().to_list(length=None)
        for index in self._retired:
            if any(_is(index, one) for one in there):
                await self._drop(index)

    async def _drop(self, index: IndexModel) -> None:
        try:
            with reachable():
                await self._collection.drop_index(index.document["name"])
        except OperationFailure as refused:  # it only costs room; and another process may have been first
            log.info("retired index not dropped", collection=self._name, why=str(refused)[:LONGEST_REASON])


def _is(index: IndexModel, there: Mapping[str, Any]) -> bool:
    known = {what: value for what, value in there.items() if what not in FORMAT_OF_INDEX}
    return known == index.document and [*known["key"]] == [*index.document["key"]]
