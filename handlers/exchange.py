"""One request and its answer without Tornado's `RequestHandler`, for the one way in that thousands a second may take.

Tornado's connection reads and writes it as ever, and its router comes here (`tornado.routing.Router`). What a
`RequestHandler` makes ready for each request (arguments, cookies, templates, transforms) is a fifth of what it costs to
take an alert in, and nothing of it is needed here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any, ClassVar

import orjson
import structlog
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerRequest,
    ResponseStartLine,
    format_timestamp,
)
from tornado.routing import PathMatches, Router, Rule

from bot.errors import Unavailable
from bot.log import log_exchange, new_reference
from bot.services import Services
from handlers.base import NO_DATABASE, OUR_FAULT

NOTHING: Mapping[str, str] = {}

log = structlog.get_logger()


class Exchange(HTTPMessageDelegate):
    """A POST to one kind of URL, answered in JSON. `route` is its name in logs, because paths carry keys.

    `prepare` comes before the body, which goes piece by piece to `data_received`, and `post` after it. Once there is an
    answer nothing more is asked.
    """

    route: ClassVar[str] = ""
    only_post: ClassVar[str] = ""  # said to whoever comes with another verb

    def __init__(self, services: Services, request: HTTPServerRequest, path: Sequence[str]) -> None:
        assert request.connection is not None
        self.services = services
        self.headers = request.headers
        self.path = path
        self.answered = False
        self.closes = False  # whether the connection ends with the answer, because not all of the body was read
        self._request = request
        self._connection: Any = request.connection
        self._task: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        """What is to be known before the body is read."""

    async def post(self) -> None:
        raise NotImplementedError

    def let_go(self) -> None:
        """Give back what was held: the request is over, however it ended. May come more than once."""

    def limit_body(self, most: int) -> None:
        """Where it is not the server's own limit: Tornado ends the connection beyond it, without an answer."""
        self._connection.set_max_body_size(most)

    def answer(self, body: object, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] = NOTHING) -> None:
        if self.answered:
            return
        self.answered = True
        text = orjson.dumps(body)
        head = HTTPHeaders(
            {
                "Date": _date(self.services.clock().replace(microsecond=0)),
                "Content-Type": "application/json",
                "Content-Length": str(len(text)),
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store",
                **headers,
            }
        )
        if self.closes:
            head["Connection"] = "close"
        start = ResponseStartLine("HTTP/1.1", status, status.phrase)
        self._connection.write_headers(start, head, None if self._request.method == "HEAD" else text)
        self._connection.finish()
        known = self._request.method if self._request.method == "POST" else "other"
        log_exchange(self.route, known, status, self._request.request_time())

    def refuse_proof(self) -> None:
        """A failed proof is 401 and nothing else is said."""
        self.answer({"error": "unauthorized"}, HTTPStatus.UNAUTHORIZED)

    # ---- what Tornado's connection calls ----

    async def headers_received(self, start_line: object, headers: HTTPHeaders) -> None:
        if self._request.method != "POST":
            self.answer({"error": self.only_post, "errors": {}}, HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "POST"})
        else:
            await self._answering(self.prepare())

    def finish(self) -> None:
        if not self.answered:
            self._task = asyncio.ensure_future(self._answering(self.post()))

    def on_connection_close(self) -> None:
        self.let_go()

    async def _answering(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Unavailable as problem:
            log.warning("database away", route=self.route, why=str(problem))
            self.answer({"error": NO_DATABASE.english}, HTTPStatus.SERVICE_UNAVAILABLE)
        except Exception:
            log.exception("request failed", route=self.route, reference=new_reference())
            self.answer({"error": OUR_FAULT.english}, HTTPStatus.INTERNAL_SERVER_ERROR)
        finally:
            if self.answered:
                self.let_go()


class Exchanges(Router):
    """For the table of URLs: makes the exchange for each request."""

    def __init__(self, exchange: type[Exchange], services: Services) -> None:
        self._exchange = exchange
        self._services = services

    def find_handler(self, request: HTTPServerRequest, **matched: Any) -> HTTPMessageDelegate:
        path = [(part or b"").decode("utf-8", "replace") for part in matched.get("path_args", ())]
        return self._exchange(self._services, request, path)


@lru_cache(maxsize=1)
def _date(at: datetime) -> str:
    return format_timestamp(at)


def posted(pattern: str, exchange: type[Exchange], services: Services) -> Rule:
    """A line of the table of URLs."""
    return Rule(PathMatches(pattern), Exchanges(exchange, services))
