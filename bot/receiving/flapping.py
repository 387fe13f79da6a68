"""Notices alert groups that come and go: the same key that opened again and again within half an hour.

Each process remembers what it opened itself, the latest some thousands of keys, which costs next to nothing. From the
second time on it tells the others, and asks what they know. What it forgets opens as anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.alerts import FLAPS
from bot.errors import Unavailable
from bot.storage.lately import Lately, Opening

WITHIN = timedelta(minutes=30)
REMEMBERED = 10_000


@dataclass(slots=True)
class _Key:
    """When a group of this key opened last, by this process, and what the others do not know yet."""

    at: datetime
    untold: list[Opening] = field(default_factory=list)


class Flapping:
    """One per process."""

    def __init__(self, lately: Lately) -> None:
        self._lately = lately
        self._keys: dict[str, _Key] = {}

    async def lasts(self, keys: Iterable[str], now: datetime) -> dict[str, str]:
        """The groups that go on where these keys fire again: the last one of each that flaps. Raises Unavailable."""
        seen = [key for key in keys if key in self._keys and self._keys[key].at > now - WITHIN]
        told = await self._lately.openings(seen) if seen else {}
        found = {key: _latest((*told.get(key, ()), *self._keys[key].untold)) for key in seen}
        return {key: some[-1].group_id for key, some in found.items() if _flaps(some, now)}

    async def opened(self, groups: Mapping[str, str], now: datetime) -> None:
        """Groups of these keys opened, or went on: their ids."""
        again = [key for key, group_id in groups.items() if self._remember(key, group_id, now)]
        if len(self._keys) > REMEMBERED:
            self._keys = dict(list(self._keys.items())[-REMEMBERED // 2 :])
        await self._tell([key for key in again if key in self._keys], now)

    def _remember(self, key: str, group_id: str, now: datetime) -> bool:
        """Whether it is one of several."""
        known = self._keys.pop(key, None)
        again = known is not None and known.at > now - WITHIN
        untold = known.untold if known is not None and again else []
        self._keys[key] = _Key(now, [*untold, Opening(at=now, group_id=group_id)][-FLAPS:])
        return again

    async def _tell(self, keys: list[str], now: datetime) -> None:
        """The groups are stored by now: should this fail, nothing is lost, and it is told the next time."""
        if not keys:
            return
        try:
            await self._lately.note({key: self._keys[key].untold for key in keys}, most=FLAPS, until=now + WITHIN)
        except Unavailable:
            return
        for key in keys:
            self._keys[key].untold = []


def _latest(openings: Iterable[Opening]) -> list[Opening]:
    return sorted(openings, key=lambda one: one.at)[-FLAPS:]


def _flaps(openings: Sequence[Opening], now: datetime) -> bool:
    return len(openings) == FLAPS and openings[0].at > now - WITHIN
