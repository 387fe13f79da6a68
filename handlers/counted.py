"""Bodies that Tornado keeps whole before anything of ours is asked count in `Bodies`, whoever sends them.

Those of up to `UNCOUNTED` always pass, for nearly all that Mattermost sends is shorter, and strangers must not keep
people from acknowledging.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from http import HTTPStatus
from typing import Any

from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, HTTPServerRequest, RequestStartLine, ResponseStartLine
from tornado.routing import Rule
from tornado.web import Application, RequestHandler

from bot.services import Services
from handlers.bodies import Bodies
from handlers.bounded import Bounded, heard
from handlers.inbound import RETRY_AFTER

UNCOUNTED = 64 * 1024
TOO_MUCH_AT_ONCE = "Too many large requests are on their way at once. Please send this one again later."


class NoRoom(Bounded):
    """Hears the rest out and keeps nothing of it: the end of a connection with unread data overtakes the answer."""

    route = "no room"

    def prepare(self) -> None:
        self.arriving.drop()

    @heard
    async def post(self) -> None:
        raise AssertionError("It is turned away.")

    get = head = put = patch = delete = options = post

    def no_room(self) -> None:
        self.set_header("Retry-After", RETRY_AFTER)
        self.answer({"error": TOO_MUCH_AT_ONCE, "errors": {}}, HTTPStatus.SERVICE_UNAVAILABLE)

    too_large = no_room


class Counted(HTTPMessageDelegate):
    """One request, between the connection and what collects its body for a handler."""

    def __init__(self, collects: HTTPMessageDelegate, request: HTTPServerRequest, counting: Counting) -> None:
        self._collects = collects
        self._request = request
        self._counting = counting
        self._heard = 0
        self._refused = False

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        self._start_line = start_line
        return self._collects.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        self._heard += len(chunk)
        if self._refused or self._heard <= UNCOUNTED or self._counting.bodies.hold(self._request, self._heard):
            return self._collects.data_received(chunk)
        self._refused = True
        self._collects.on_connection_close()
        self._collects = self._counting.no_room(self._request)
        return self._collects.headers_received(self._start_line, self._request.headers)

    def finish(self) -> None:
        self._collects.finish()
        self._collects = HTTPMessageDelegate()  # what it collected is a second copy of what the handler has

    def on_connection_close(self) -> None:
        self._collects.on_connection_close()
        self._counting.bodies.give_back(self._request)


class Counting(Application):
    """The table of URLs. Handlers that are `Bounded` take their bodies piece by piece, and count them themselves."""

    def __init__(self, rules: Sequence[Rule], services: Services, **settings: Any) -> None:
        super().__init__(list(rules), **settings)
        self.services = services
        self.bodies = Bodies()

    def get_handler_delegate(  # type: ignore[override]
        self, request: HTTPServerRequest, target_class: type[RequestHandler], *given: Any, **named: Any
    ) -> HTTPMessageDelegate:
        collects = super().get_handler_delegate(request, target_class, *given, **named)
        return collects if issubclass(target_class, Bounded) else Counted(collects, request, self)

    def no_room(self, request: HTTPServerRequest) -> HTTPMessageDelegate:
        return super().get_handler_delegate(request, NoRoom, {"services": self.services})

    def log_request(self, handler: RequestHandler) -> None:
        """What Tornado calls when a handler has answered, also one whose connection has ended."""
        super().log_request(handler)
        self.bodies.give_back(handler.request)
