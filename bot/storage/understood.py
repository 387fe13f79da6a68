"""Records read one by one: one that cannot be understood (a newer release wrote it) must not hide the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog

from bot.storage import codec
from bot.storage.codec import Raw

R = TypeVar("R")
log = structlog.get_logger()

# So many are remembered; whoever has more is told of them again.
TOLD = 1_000


class Understood:
    """Of one collection. Each record that is left out is told of once, however often it is met."""

    def __init__(self, collection: str) -> None:
        self._collection = collection
        self._told: set[str] = set()

    def of(self, records: Iterable[Raw], read: Callable[[Raw], R]) -> list[R]:
        found = []
        for record in records:
            try:
                found.append(read(record))
            except codec.NotUnderstood as problem:
                self._leave_out(str(record["_id"]), problem)
        return found

    def _leave_out(self, id_: str, problem: Exception) -> None:
        if id_ in self._told:
            return
        if len(self._told) >= TOLD:
            self._told.clear()
        self._told.add(id_)
        log.error("document not understood", collection=self._collection, id=id_, why=str(problem))
