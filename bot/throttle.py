"""Slows down guessing: so many tries for a key in so much time. Kept in memory, for each process on its own."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from bot.clock import Clock

MOST_KEYS = 10_000


class Throttle:
    """A try counts when it begins, so that many at once cannot slip through; `forget` it when it succeeded."""

    def __init__(self, *, tries: int, within: timedelta, clock: Clock) -> None:
        self._tries = tries
        self._within = within
        self._clock = clock
        self._seen: dict[str, deque[datetime]] = {}

    def admit(self, key: str) -> bool:
        """Whether one more try is allowed now; if so it counts."""
        now = self._clock()
        seen = self._seen.setdefault(key, deque(maxlen=self._tries))
        if len(seen) == self._tries and seen[0] > now - self._within:
            return False
        seen.append(now)
        if len(self._seen) > MOST_KEYS:
            self._tidy(now)
        return True

    def take_back(self, key: str) -> None:
        """The last try does not count, those before it do."""
        seen = self._seen.get(key)
        if seen:
            seen.pop()

    def forget(self, key: str) -> None:
        self._seen.pop(key, None)

    def _tidy(self, now: datetime) -> None:
        """Drop who has waited long enough; under a flood of new keys everybody but the last half."""
        fresh = {key: seen for key, seen in self._seen.items() if seen and seen[-1] > now - self._within}
        self._seen = dict(list(fresh.items())[-MOST_KEYS // 2 :])
