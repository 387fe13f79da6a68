"""How much of what senders send is held in memory at once, for all of a process and for each server.

A body is read before its alerts can be counted, so budgets come too late for whoever sends hundreds of large ones side
by side, or begins them and never ends.
"""

from __future__ import annotations

from collections import Counter

MOST = 192 * 1024 * 1024
MOST_OF_ONE = 64 * 1024 * 1024


class Held:
    """One per process."""

    def __init__(self, *, most: int = MOST, most_of_one: int = MOST_OF_ONE) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._by_server: Counter[str] = Counter()
        self._all = 0

    @property
    def size(self) -> int:
        """In bytes."""
        return self._all

    def take(self, server_id: str, size: int) -> bool:
        """Whether there was room for so many bytes more."""
        if self._all + size > self._most or self._by_server.get(server_id, 0) + size > self._most_of_one:
            return False
        self._by_server[server_id] += size
        self._all += size
        return True

    def give_back(self, server_id: str, size: int) -> None:
        self._all -= size
        self._by_server[server_id] -= size
        if not self._by_server[server_id]:
            del self._by_server[server_id]
