"""Bodies that are read piece by piece, for protocols that have an answer of their own to what is too large or too much.

Tornado itself ends a connection that announces too much with a bare 400 before anybody could say why, and to whom. What
is kept counts in `Held` for the server whose key was shown, and is given back when the request is over.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from tornado.web import stream_request_body

from handlers.base import MAX_BODY, Endpoint

# So much of what is too long is heard out: the end of a connection with unread data overtakes the answer.
HEARD_OUT = 64 * 1024
HEARD_OUT_KNOWN = 64 * 1024 * 1024  # of those with a key; nothing of it is kept
ENDS = 16 * 1024
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
    """`body` is what came; of what is turned away only its beginning and its end are kept."""

    most = MAX_BODY
    heard_out = HEARD_OUT_KNOWN

    _holder: str | None = None  # whoever uses a verb that is not served is turned away before `prepare`
    _held: int = 0

    def begin(self) -> None:
        """To be called first of all in `prepare`."""
        self._kept = bytearray()
        self._end = b""
        self._heard = 0
        self._announced = announced(self.request.headers)
        self._refusal: Callable[[], None] | None = self.too_large if self._announced > self.most else None
        connection: Any = self.request.connection
        connection.set_max_body_size(1 << 62)

    @property
    def body(self) -> bytes:
        return bytes(self._kept)

    @property
    def ends(self) -> bytes:
        """The beginning and the end of what is turned away."""
        return bytes(self._kept) + self._end

    @property
    def is_too_large(self) -> bool:
        return max(self._heard, self._announced) > self.most

    @property
    def announces_too_much(self) -> bool:
        """More than is heard out, whatever it is."""
        return self._announced > self.heard_out

    @property
    def turned_away(self) -> bool:
        """Whether there is nothing left to do but to refuse."""
        return self._refusal is not None

    @property
    def is_counted(self) -> bool:
        return self._holder is not None

    def count_for(self, server_id: str) -> None:
        """Whose share of the memory this body takes from now on. To be called once, when the key is known."""
        self._holder = server_id
        if not self.turned_away and not self._hold(len(self._kept)):
            self._drop(self.no_room)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        if self._finished:
            return None
        self._heard += len(chunk)
        if self.is_too_large and not self.turned_away:
            self._drop(self.too_large)
        elif not self.turned_away and not self._hold(len(chunk)):
            self._drop(self.no_room)
        self._kept += chunk
        if self.turned_away:
            self._keep_ends()
        if self._heard > self.heard_out:
            self.hang_up()
        return None

    def _hold(self, size: int) -> bool:
        """Whether there is room for more of the body."""
        if self._holder is None:
            return True
        if not self.services.held.take(self._holder, size):
            return False
        self._held += size
        return True

    def _drop(self, refusal: Callable[[], None]) -> None:
        self._refusal = refusal
        self._keep_ends()
        self._let_go()

    def _keep_ends(self) -> None:
        self._end = (self._end + self._kept[ENDS:])[-ENDS:]
        del self._kept[ENDS:]

    def _let_go(self) -> None:
        if self._holder is not None and self._held:
            self.services.held.give_back(self._holder, self._held)
            self._held = 0

    def on_finish(self) -> None:
        self._let_go()

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._let_go()

    def turn_away(self, refusal: Callable[[], None]) -> None:
        """To be called in `prepare` where nothing of the body is wanted: the answer comes when it was heard out."""
        self._refusal = refusal
        if self.announces_too_much or "Expect" in self.request.headers:  # who expects our word sends nothing yet
            self.hang_up()

    def hang_up(self) -> None:
        """Answer before the rest has come, and take no more of it."""
        self.set_header("Connection", "close")
        self.refuse()

    def refuse(self) -> None:
        """The answer to what was turned away."""
        (self._refusal or self.too_large)()

    def too_large(self) -> None:
        """Answer that the body is longer than `most`."""
        raise NotImplementedError

    def no_room(self) -> None:
        """Answer that too many bodies are on their way at once."""
        raise NotImplementedError
