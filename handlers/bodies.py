"""How much is held in memory at once of bodies that are no alerts: anybody may send some, on thousands of connections.

Alert senders have an account of their own (`Held`), so that neither use up the others' room.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from tornado.httputil import HTTPServerRequest

MOST = 64 * 1024 * 1024


class Bodies:
    """One per process. A body counts as far as it came, until its request is answered, or forgotten."""

    def __init__(self) -> None:
        self._sizes: WeakKeyDictionary[HTTPServerRequest, int] = WeakKeyDictionary()

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(self._sizes.values())

    def hold(self, request: HTTPServerRequest, size: int) -> bool:
        """Whether there is room for so much of it. Where there is none, nothing of it counts any more."""
        self.give_back(request)
        if self.size + size > MOST:
            return False
        self._sizes[request] = size
        return True

    def give_back(self, request: HTTPServerRequest) -> None:
        """May come more than once."""
        self._sizes.pop(request, None)
