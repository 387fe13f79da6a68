"""Whoever opens more connections than a process has room for is turned away, and so is whoever keeps us waiting.

Everybody else is served as before.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

import pytest
from structlog.testing import capture_logs
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler, stream_request_body

from bot.composition import running
from bot.config import Config, Role
from bot.connections import BoundedServer
from bot.core.replacing import replace
from tests.test_composition import config, fetch
from tests.waiting import lasting, until

__all__ = ["config"]

MOST = 3
ASKED = b"GET / HTTP/1.1\r\nHost: bot\r\n\r\n"
POSTED = "POST /slow HTTP/1.1\r\nHost: bot\r\n"
PATIENCE = 1.0


class Hello(RequestHandler):
    def get(self) -> None:
        self.finish("hello")


@stream_request_body
class Slow(RequestHandler):
    """Answers only when it has thought for longer than anybody may keep us waiting."""

    ended: ClassVar[list[bytes]]  # what had come of bodies whose connections ended

    def prepare(self) -> None:
        self.body = b""

    def data_received(self, chunk: bytes) -> None:
        self.body += chunk

    def on_connection_close(self) -> None:
        self.ended.append(self.body)

    async def post(self) -> None:
        await lasting(1.5 * PATIENCE)
        self.finish("hello")


class Seen:
    """What the server tells about itself."""

    def __init__(self) -> None:
        self.open = 0
        self.refused = 0

    def connections(self, open_now: int) -> None:
        self.open = open_now

    def connection_refused(self) -> None:
        self.refused += 1


@asynccontextmanager
async def serving(seen: Seen, patience: float = 60) -> AsyncIterator[int]:
    socket, port = bind_unused_port()
    Slow.ended = []
    server = BoundedServer(Application([("/", Hello), ("/slow", Slow)]), most=MOST, watch=seen, patience=patience)
    server.add_socket(socket)
    try:
        yield port
    finally:
        server.stop()
        await server.close_all_connections()


class Peer:
    """One connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def of(cls, port: int) -> Peer:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def is_served(self, asked: bytes = ASKED) -> bool:
        try:
            self._writer.write(asked)
            head = await self._reader.readuntil(b"\r\n\r\n")
            return head.startswith(b"HTTP/1.1 200") and await self._reader.readexactly(5) == b"hello"
        except (ConnectionError, asyncio.IncompleteReadError):
            return False

    async def drips(self, text: bytes) -> None:
        """Sends this, and then a byte every now and then, until it is turned away."""
        with contextlib.suppress(ConnectionError):
            while not self._writer.is_closing():
                self._writer.write(text)
                text = b"x"
                await lasting(PATIENCE / 8)

    async def is_turned_away(self) -> bool:
        try:
            return await self._reader.read() == b""
        except ConnectionError:
            return True

    def leave(self) -> None:
        self._writer.close()


async def test_what_comes_beyond_is_closed_and_the_others_are_served() -> None:
    seen = Seen()
    async with serving(seen) as port:
        silent = [await Peer.of(port) for _ in range(MOST - 1)]
        first = await Peer.of(port)
        assert await first.is_served() and seen.open == MOST
        with capture_logs() as told:
            beyond = [await Peer.of(port) for _ in range(10)]
            assert [await peer.is_served() for peer in beyond] == [False] * 10
        assert seen.refused == 10 and seen.open == MOST
        assert [(line["event"], line["most"]) for line in told] == [("too many connections", MOST)]
        assert await first.is_served()
        silent[0].leave()
        await until(lambda: seen.open == MOST - 1)
        last = await Peer.of(port)
        assert await last.is_served() and seen.open == MOST
        for peer in (*silent, first, last, *beyond):
            peer.leave()
        await until(lambda: seen.open == 0)


@pytest.mark.parametrize("sent", ("", "GET / HTTP/1.1\r\n", f"{POSTED}Content-Length: 500\r\n\r\n"))
async def test_whoever_keeps_us_waiting_is_turned_away_however_little_still_comes(sent: str) -> None:
    seen = Seen()
    async with serving(seen, PATIENCE) as port:
        peer = await Peer.of(port)
        dripping = asyncio.create_task(peer.drips(sent.encode()))
        async with asyncio.timeout(60):
            assert await peer.is_turned_away()
        peer.leave()
        await dripping
        await until(lambda: seen.open == 0)
        assert len(Slow.ended) == sent.startswith("POST")


async def test_after_an_answer_the_patience_begins_anew_and_ends() -> None:
    seen = Seen()
    async with serving(seen, 3 * PATIENCE) as port:
        peer = await Peer.of(port)
        for _ in range(4):  # longer than one patience in all
            assert await peer.is_served()
            await lasting(PATIENCE)
        async with asyncio.timeout(60):
            assert await peer.is_turned_away()
        peer.leave()


async def test_nobody_is_turned_away_for_our_own_slowness() -> None:
    async with serving(Seen(), PATIENCE) as port:
        peer = await Peer.of(port)
        for _ in range(2):
            assert await peer.is_served(f"{POSTED}Content-Length: 2\r\n\r\nab".encode())
        peer.leave()


async def test_a_running_bot_tells_how_many_are_open(config: Config) -> None:
    async with running(replace(config, role=Role.WEB)) as bot:
        silent = [await Peer.of(bot.port) for _ in range(4)]
        lines = (await fetch(config, "/metrics")).body.decode().splitlines()
        assert "oncall_connections 5.0" in lines and "oncall_connections_refused_total 0.0" in lines
        for peer in silent:
            peer.leave()


def limits_after(soft: str) -> list[int]:
    """Of a process that began with this many files: how many it may open then, and how many connections it takes."""
    program = (
        "import resource\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}))\n"
        "from bot.connections import most_connections, raise_limit\n"
        "raise_limit()\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], most_connections())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


def test_the_limit_of_files_is_raised_as_far_as_it_goes() -> None:
    assert limits_after("256, 1000") == [1_000, 500]
    assert limits_after("256, 9000") == [8_192, 4_096]
    assert limits_after("9000, 9000") == [9_000, 4_096]
