"""How many connections are open to a process: whoever opens thousands must not use up the files that the rest needs."""

from __future__ import annotations

import asyncio
import resource
from typing import Any, Protocol

import structlog
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream

MOST = 4_096  # one that waits in the middle of its headers costs up to 64 KiB
SHARE = 2  # half of all files: the others are for the database, for Mattermost and for what is started
TOLD_SECONDS = 60.0

log = structlog.get_logger()


class Watch(Protocol):
    def connections(self, open_now: int) -> None: ...

    def connection_refused(self) -> None: ...


class BoundedServer(HTTPServer):
    """Serves `most` connections at once. What comes beyond is closed before a byte of it is read."""

    def initialize(self, *given: Any, most: int, watch: Watch, **named: Any) -> None:  # type: ignore[override]
        """What Tornado has in the place of a constructor, which is why it may ask for more."""
        super().initialize(*given, **named)
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

    def on_close(self, server_conn: object) -> None:
        super().on_close(server_conn)
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
