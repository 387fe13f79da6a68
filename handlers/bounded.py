"""Bodies of at most 1 MiB, for protocols that have an answer of their own to longer ones.

Tornado itself ends a connection that announces too much with a bare 400 before anybody could say why, and to whom.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from tornado.web import stream_request_body

from handlers.base import MAX_BODY, Endpoint

# So much of what is too long is heard out: the end of a connection with unread data overtakes the answer.
HEARD_OUT = 64 * 1024
HEARD_OUT_KNOWN = 64 * 1024 * 1024  # of those with a key; nothing of it is kept
ENDS = 64 * 1024
LONGEST_NUMBER = 19  # of digits; Python refuses to read thousands of them, and so does Tornado, which ends those


P = ParamSpec("P")
E = TypeVar("E", bound="Bounded")


def announced(headers: Mapping[str, str]) -> int:
    """How long the body is to be, as far as its sender says so."""
    length = headers.get("Content-Length", "")
    return int(length) if length.isdecimal() and len(length) < LONGEST_NUMBER else 0


def heard(
    method: Callable[Concatenate[E, P], Awaitable[None]],
) -> Callable[Concatenate[E, P], Awaitable[None]]:
    """For the methods of such an endpoint: only what may be answered comes to them."""

    async def answers(self: E, /, *args: P.args, **named: P.kwargs) -> None:
        if self.turned_away:
            return self.refuse()
        await method(self, *args, **named)

    return answers


@stream_request_body
class Bounded(Endpoint):
    """`body` is what came, as far as it is kept: of what `is_too_large` only the beginning."""

    heard_out = HEARD_OUT_KNOWN

    def begin(self) -> None:
        """To be called first of all in `prepare`."""
        self._kept = bytearray()
        self._end = b""
        self._heard = 0
        self._announced = announced(self.request.headers)
        self._unwanted = False
        connection: Any = self.request.connection
        connection.set_max_body_size(1 << 62)

    @property
    def body(self) -> bytes:
        return bytes(self._kept)

    @property
    def ends(self) -> bytes:
        """The beginning and the end of what is too large to be kept."""
        return bytes(self._kept[:ENDS]) + self._end

    @property
    def is_too_large(self) -> bool:
        return max(self._heard, self._announced) > MAX_BODY

    @property
    def announces_too_much(self) -> bool:
        """More than is heard out, whatever it is."""
        return self._announced > self.heard_out

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        if self._finished:
            return None
        self._heard += len(chunk)
        room = MAX_BODY - len(self._kept)
        self._kept += chunk[:room]
        self._end = (self._end + chunk[room:])[-ENDS:] if len(chunk) > room else b""
        if self._heard > self.heard_out:
            self.hang_up()
        return None

    def turn_away(self) -> None:
        """To be called in `prepare` where nothing of the body is wanted: the answer comes when it was heard out."""
        self._unwanted = True
        if self.announces_too_much or "Expect" in self.request.headers:  # who expects our word sends nothing yet
            self.hang_up()

    @property
    def turned_away(self) -> bool:
        """Whether there is nothing left to do but to refuse."""
        return self._unwanted or self.is_too_large

    def hang_up(self) -> None:
        """Answer before the rest has come, and take no more of it."""
        self.set_header("Connection", "close")
        self.refuse()

    def refuse(self) -> None:
        """Answer to a body that is too large, or that nobody wants."""
        raise NotImplementedError
