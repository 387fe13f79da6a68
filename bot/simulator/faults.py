"""Things that go wrong on purpose: slowness, rate limits, errors and lost answers, for requests in and calls out."""

from dataclasses import dataclass, replace
from typing import Literal

Direction = Literal["in", "out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """``direction`` ``in`` is a request to the server, ``out`` one the server makes to the bot."""

    direction: Direction = "in"
    prefix: str = ""
    """Only paths (in) or URLs (out) that start with this."""
    method: str = ""
    remaining: int | None = None
    """How many more requests it spoils; None: until ``clear``."""
    seconds: float = 0.0
    """Delay before the request is handled, in real seconds."""
    status: int = 0
    """Answer this instead; the request has no effect."""
    reset: int = 1
    """Seconds in X-Ratelimit-Reset of a 429."""
    drop: bool = False
    """In: the request takes effect but the connection closes without an answer. Out: the connection fails."""
    malformed: bool = False
    """Out only: the answer's body is cut so that it is no valid JSON."""
    duplicate: bool = False
    """Out only: the request is delivered twice, the second answer counts."""

    def matches(self, direction: Direction, method: str, place: str) -> bool:
        return self.direction == direction and place.startswith(self.prefix) and self.method in ("", method)


class Faults:
    """The switches; the first that matches a request applies."""

    def __init__(self) -> None:
        self._active: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._active.append(fault)

    def slow(self, seconds: float, *, prefix: str = "", times: int | None = None, direction: Direction = "in") -> None:
        self.add(Fault(direction=direction, prefix=prefix, remaining=times, seconds=seconds))

    def rate_limit(self, *, prefix: str = "", times: int | None = None, reset: int = 1) -> None:
        self.add(Fault(prefix=prefix, remaining=times, status=429, reset=reset))

    def fail(
        self, status: int = 500, *, prefix: str = "", times: int | None = None, direction: Direction = "in"
    ) -> None:
        self.add(Fault(direction=direction, prefix=prefix, remaining=times, status=status))

    def drop(
        self, *, prefix: str = "", method: str = "", times: int | None = None, direction: Direction = "in"
    ) -> None:
        self.add(Fault(direction=direction, prefix=prefix, method=method, remaining=times, drop=True))

    def clear(self) -> None:
        self._active.clear()

    def take(self, direction: Direction, method: str, place: str) -> Fault | None:
        """The fault for this request, counted down."""
        if not self._active:
            return None
        for index, fault in enumerate(self._active):
            if fault.matches(direction, method, place):
                self._count_down(index, fault)
                return fault
        return None

    def _count_down(self, index: int, fault: Fault) -> None:
        if fault.remaining is None:
            return
        if fault.remaining <= 1:
            del self._active[index]
        else:
            self._active[index] = replace(fault, remaining=fault.remaining - 1)
