"""How many connections are open to a process, and how long one may keep us waiting.

Whoever opens thousands must not use up the files that the rest needs, nor hold them by sending next to nothing.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Awaitable
from time import monotonic
from typing import Any, Protocol

import structlog
from tornado.http1connection import HTTP1ServerConnection
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPConnection, HTTPHeaders, HTTPMessageDelegate, RequestStartLine, ResponseStartLine
from tornado.iostream import IOStream

MOST = 4_096  # one that waits in the middle of its headers costs up to 64 KiB
SHARE = 2  # half of all files: the others are for the database, for Mattermost and for what is started
TOLD_SECONDS = 60.0
PATIENCE_SECONDS = 120.0  # for a request to begin and its headers to come, and again for its body
LOOKS = 24  # at all connections, while that passes

log = structlog.get_logger()


class Watch(Protocol):
    def connections(self, open_now: int) -> None: ...

    def connection_refused(self) -> None: ...


class Waits:
    """Since when each connection keeps us waiting. One that does so for `seconds` is closed soon after.

    What we do between its headers and its body, such as proving its key, counts, too.

    Tornado has bounds of its own, with a timer and a task for each part of each request: a twentieth of what taking an
    alert in costs. Here one timer looks at all.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[HTTP1ServerConnection, float] = {}
        self._looking = False

    def begin(self, connection: HTTP1ServerConnection) -> None:
        """The next part of its request is to come now."""
        self._since[connection] = monotonic()
        if not self._looking:
            self._looking = True
            self._look_later()

    def end(self, connection: HTTP1ServerConnection) -> None:
        """It is our turn, or it is closed. May come more than once."""
        self._since.pop(connection, None)

    def _look_later(self) -> None:
        asyncio.get_running_loop().call_later(self._seconds / LOOKS, self._look)

    def _look(self) -> None:
        self._looking = bool(self._since)
        if self._looking:
            self._look_later()
        latest = monotonic() - self._seconds
        for connection in [connection for connection, since in self._since.items() if since <= latest]:
            if not connection.stream.closed():
                log.debug("a sender is too slow")
                connection.stream.close()


class Timed(HTTPMessageDelegate):
    """One request, between its connection and what takes it."""

    def __init__(self, takes: HTTPMessageDelegate, connection: HTTP1ServerConnection, waits: Waits) -> None:
        self._takes = takes
        self._connection = connection
        self._waits = waits
        self.data_received = takes.data_received  # type: ignore[method-assign]

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        self._waits.begin(self._connection)
        return self._takes.headers_received(start_line, headers)

    def finish(self) -> None:
        self._waits.end(self._connection)
        self._takes.finish()

    def on_connection_close(self) -> None:
        self._takes.on_connection_close()


class BoundedServer(HTTPServer):
    """Serves `most` connections at once. What comes beyond is closed before a byte of it is read."""

    def initialize(  # type: ignore[override]
        self, *given: Any, most: int, watch: Watch, patience: float = PATIENCE_SECONDS, **named: Any
    ) -> None:
        """What Tornado has in the place of a constructor, which is why it may ask for more."""
        super().initialize(*given, **named)
        self.conn_params.header_timeout = None  # None given to Tornado is an hour
        self._waits = Waits(patience)
        self._most = most
        self._watch = watch
        self._open = 0
        self._refused = 0
        self._told: float | None = None

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        if self._open >= self._most:
            stream.close()
            return self._refuse()
        self._count(+1)
        super().handle_stream(stream, address)

    def start_request(self, server_conn: Any, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        self._waits.begin(server_conn)
        return Timed(super().start_request(server_conn, request_conn), server_conn, self._waits)

    def on_close(self, server_conn: Any) -> None:
        super().on_close(server_conn)
        self._waits.end(server_conn)
        self._count(-1)

    def _count(self, change: int) -> None:
        self._open += change
        self._watch.connections(self._open)

    def _refuse(self) -> None:
        self._refused += 1
        self._watch.connection_refused()
        now = asyncio.get_running_loop().time()
        if self._told is None or now - self._told >= TOLD_SECONDS:
            log.warning("too many connections", most=self._most, refused=self._refused)
            self._told, self._refused = now, 0


def raise_limit() -> None:
    """As many files as the connections need, if the system lets us have them: usually 1,024 is only where it begins."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST * SHARE if hard == resource.RLIM_INFINITY else min(MOST * SHARE, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections() -> int:
    """What fits the limit that this process has."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else min(MOST, soft // SHARE)
