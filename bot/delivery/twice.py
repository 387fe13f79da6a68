"""What is made of an object, kept for whoever wants it of the very same object in the same moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

KEPT = 128


class Twice(Generic[T]):
    """Of the last few objects. An object is itself and none that is equal, which costs nothing to find out."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[object, tuple[object, ...], T]] = {}

    def of(self, thing: object, *about: object, make: Callable[[], T]) -> T:
        """What was made of this `thing` with the same `about` it, else what is made now."""
        kept = self._kept.get(id(thing))
        if kept is not None and kept[0] is thing and kept[1] == about:
            return kept[2]
        while len(self._kept) >= KEPT:
            del self._kept[next(iter(self._kept))]
        made = make()
        self._kept[id(thing)] = (thing, about, made)
        return made
