"""Time as the database sees it: a node with a wrong clock neither steals leases nor pages early."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


# When the counter that no one can set was zero, as this process saw it at its start.
ZERO = time.time() - time.monotonic()


def wall_clock() -> datetime:
    """What the machine says. It may jump when somebody sets it."""
    return datetime.fromtimestamp(time.time(), UTC)


class DatabaseClock:
    """The local clock, corrected by the measured offset to the database's. Truncated to the database's milliseconds.

    Between two measurements it counts on its own: were the machine's clock set forward, people would be paged early.
    """

    def __init__(self, zero: float = ZERO) -> None:
        """`zero` is for tests: what a machine with a wrong clock thinks."""
        self._zero = zero
        self._corrected_zero = zero
        self._offset = timedelta()

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(int((self._corrected_zero + time.monotonic()) * 1000) / 1000, UTC)

    def correct(self, database_time: datetime, *, asked: datetime, answered: datetime) -> None:
        """Take the database's time as that of the middle of the round trip (local clock)."""
        self._offset = database_time - (asked + (answered - asked) / 2)
        self._corrected_zero = self._zero + self._offset.total_seconds()

    @property
    def offset(self) -> timedelta:
        return self._offset

    def local(self) -> datetime:
        return datetime.fromtimestamp(self._zero + time.monotonic(), UTC)


def to_milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
