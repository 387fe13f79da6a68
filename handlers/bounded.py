"""Bodies that come piece by piece, for protocols that answer in their own way to what is too long or too much at once.

Tornado itself ends a connection that announces too much with a bare 400 before anybody could say why, and to whom.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from tornado.web import stream_request_body

from bot.services import Services
from handlers.arriving import Arriving
from handlers.base import MAX_BODY, Endpoint

# So much of what is too long is heard out: the end of a connection with unread data overtakes the answer.
HEARD_OUT = 64 * 1024
HEARD_OUT_KNOWN = 64 * 1024 * 1024  # of those with a key; nothing of it is kept
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
    """`arriving` is the body, as far as it came."""

    most = MAX_BODY
    heard_out = HEARD_OUT_KNOWN
    arriving: Arriving

    _unwanted: Callable[[], None] | None = None

    def initialize(self, services: Services) -> None:
        super().initialize(services)
        self.arriving = Arriving(services.held, most=self.most, announced=announced(self.request.headers))

    def begin(self) -> None:
        """To be called first of all in `prepare`."""
        connection: Any = self.request.connection
        connection.set_max_body_size(1 << 62)

    @property
    def announces_too_much(self) -> bool:
        """More than is heard out, whatever it is."""
        return self.arriving.announced > self.heard_out

    @property
    def turned_away(self) -> bool:
        """Whether there is nothing left to do but to refuse."""
        return self.arriving.dropped

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        if self._finished:
            return None
        self.arriving.take(chunk)
        if self.arriving.heard > self.heard_out:
            self.hang_up()
        return None

    def on_finish(self) -> None:
        self.arriving.give_back()

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self.arriving.give_back()

    def turn_away(self, refusal: Callable[[], None]) -> None:
        """To be called in `prepare` where nothing of the body is wanted: the answer comes when it was heard out."""
        self._unwanted = refusal
        self.arriving.drop()
        if self.announces_too_much or "Expect" in self.request.headers:  # who expects our word sends nothing yet
            self.hang_up()

    def hang_up(self) -> None:
        """Answer before the rest has come, and take no more of it."""
        self.set_header("Connection", "close")
        self.refuse()

    def refuse(self) -> None:
        """The answer to what was turned away."""
        if self._unwanted is not None:
            self._unwanted()
        elif self.arriving.is_too_large:
            self.too_large()
        else:
            self.no_room()

    def too_large(self) -> None:
        """Answer that the body is longer than `most`."""
        raise NotImplementedError

    def no_room(self) -> None:
        """Answer that too many bodies are on their way at once."""
        raise NotImplementedError
