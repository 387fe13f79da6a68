"""Notices alert groups that come and go: the same key that opened again and again within half an hour.

Each process remembers what it opened itself, the latest some thousands of keys. What it forgets opens as anything else.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.alerts import FLAPS

WITHIN = timedelta(minutes=30)
REMEMBERED = 10_000


@dataclass(slots=True)
class _Key:
    group_id: str
    opened: deque[datetime] = field(default_factory=lambda: deque(maxlen=FLAPS))


class Flapping:
    """One per process."""

    def __init__(self) -> None:
        self._keys: dict[str, _Key] = {}

    def last(self, key: str, now: datetime) -> str:
        """The group that goes on where this key fires again: the last one if it flaps, else none (empty)."""
        known = self._keys.get(key)
        if known is None or len(known.opened) < FLAPS or known.opened[0] <= now - WITHIN:
            return ""
        return known.group_id

    def opened(self, key: str, group_id: str, now: datetime) -> None:
        """A group of this key opened, or went on."""
        known = self._keys.pop(key, None) or _Key(group_id)
        known.group_id = group_id
        known.opened.append(now)
        self._keys[key] = known
        if len(self._keys) > REMEMBERED:
            self._keys = dict(list(self._keys.items())[REMEMBERED // 2 :])
