"""How many documents are served at the same time: fewer while many alerts are being stored, so that senders go first.

Senders repeat what is not answered soon, and an alert that is not stored may get lost; what is stored is not. Yet
nobody is held up longer than two seconds for that.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

AT_ONCE = 32
FEW = 1
MANY_ALERTS = 16
HELD_UP_SECONDS = 2.0
# Between two batches hardly any wait for a moment: so long the next ones are expected.
LULL_SECONDS = 0.1
TICK_SECONDS = 0.002  # the loop's clock counts whole milliseconds


def served_at_once(*, storing: int, held_up: float, longest: float = HELD_UP_SECONDS) -> int:
    """`storing` is how many alerts are not stored yet, `held_up` for how many seconds the next in line waits."""
    return FEW if storing >= MANY_ALERTS and held_up < longest else AT_ONCE


def _nothing() -> int:
    return 0


@dataclass(frozen=True, slots=True)
class _Place:
    """Somebody in the line."""

    since: float
    called: asyncio.Future[None]


class Room:
    """Whoever is inside is served; the others stand in line."""

    def __init__(
        self, storing: Callable[[], int] = _nothing, *, longest: float = HELD_UP_SECONDS, lull: float = LULL_SECONDS
    ) -> None:
        self._storing = storing
        self._longest = longest
        self._lull = lull
        self._many_until = 0.0
        self._inside = 0
        self._line: deque[_Place] = deque()

    async def __aenter__(self) -> None:
        if not self._line and self._has_room(held_up=0):
            self._inside += 1
            return
        loop = asyncio.get_running_loop()
        place = _Place(loop.time(), loop.create_future())
        self._line.append(place)
        timer = loop.call_later(self._longest + TICK_SECONDS, self._call)
        try:
            await place.called
        except asyncio.CancelledError:
            self._give_up(place)
            raise
        finally:
            timer.cancel()

    async def __aexit__(self, *_: object) -> None:
        self._inside -= 1
        self._call()

    def _has_room(self, *, held_up: float) -> bool:
        return self._inside < served_at_once(storing=self._of_late(), held_up=held_up, longest=self._longest)

    def _of_late(self) -> int:
        """How many are not stored, or were not a moment ago."""
        now, storing = asyncio.get_running_loop().time(), self._storing()
        if storing >= MANY_ALERTS:
            self._many_until = now + self._lull
        return MANY_ALERTS if now < self._many_until else storing

    def _call(self) -> None:
        """As many as there is room for, in turn."""
        now = asyncio.get_running_loop().time()
        while self._line and self._has_room(held_up=now - self._line[0].since):
            place = self._line.popleft()
            if not place.called.cancelled():
                self._inside += 1
                place.called.set_result(None)

    def _give_up(self, place: _Place) -> None:
        if place.called.cancelled():
            with suppress(ValueError):
                self._line.remove(place)
        else:
            self._inside -= 1
            self._call()
