"""A process and its database at the start: what is not there yet is waited for, and whoever waits can be stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tornado.ioloop import IOLoop

from bot.storage.mongo import Database
from bot.vault import generate_keys
from tests.conftest import TEST_DATABASE
from tests.ports import free_port
from tests.waiting import until

ROOT = Path(__file__).parents[1]
WAITING = "waiting for the database"


class Relay:
    """Stands between a process and its database. While it is `indexing` whoever wants indexes loses the connection."""

    def __init__(self, uri: str) -> None:
        self._target = urlsplit(uri)
        self._busy: set[asyncio.Task[None]] = set()
        self.port = free_port()
        self.indexing = True

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Whoever uses it has ended when the block does."""
        async with await asyncio.start_server(self._pass_on, "127.0.0.1", self.port):
            try:
                yield
            finally:
                await until(lambda: not self._busy)

    async def _pass_on(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        there, back = await asyncio.open_connection(self._target.hostname, self._target.port)
        await asyncio.gather(self._pipe(reader, back), self._pipe(there, writer))
        self._busy.discard(task)

    async def _pipe(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                if self.indexing and b"createIndexes" in data:
                    break
                writer.write(data)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


class Worker:
    """A process of its own, started and stopped as an orchestrator does."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.lines: list[str] = []
        self._reading = asyncio.create_task(self._read())

    @classmethod
    @asynccontextmanager
    async def started(cls, port: int) -> AsyncIterator[Worker]:
        uri = f"mongodb://127.0.0.1:{port}/{TEST_DATABASE}?directConnection=true"
        ours = {"HOST": "127.0.0.1", "PORT": str(free_port()), "MONGODB_URI": uri, "ENCRYPTION_KEYS": generate_keys()}
        environ = {**os.environ, **ours, "ADMIN_TOKEN": "an-admin-token-that-is-long-enough-for-this"}
        command = (sys.executable, "-m", "bot", "worker")
        worker = cls(await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environ, stdin=DEVNULL, stderr=PIPE))
        try:
            yield worker
        finally:
            with suppress(ProcessLookupError):
                worker._process.kill()
            await worker._reading

    async def says(self, what: str) -> None:
        await until(lambda: self._reading.done() or any(what in line for line in self.lines), pause=0.01)
        assert any(what in line for line in self.lines), self.lines

    async def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            return await self._process.wait()

    async def _read(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.lines.append(line.decode())


@pytest.fixture
def relay(io_loop: IOLoop, prepared_uri: str) -> Relay:
    return Relay(prepared_uri)


async def test_a_first_start_waits_for_a_database_that_makes_an_index(relay: Relay, database: Database) -> None:
    groups = database.collection("groups")
    before = await groups.index_information()
    await groups.drop_indexes()
    async with relay.open(), Worker.started(relay.port) as worker:
        await worker.says(WAITING)
        assert not any("event=ready" in line for line in worker.lines)
        relay.indexing = False
        await worker.says("event=ready")
        assert await groups.index_information() == before
        assert await worker.stop() == 0


async def test_who_waits_for_the_database_can_be_stopped(relay: Relay) -> None:
    async with relay.open(), Worker.started(relay.port) as worker:
        await worker.says(WAITING)
        assert await worker.stop() == 0
    assert not any("event=ready" in line for line in worker.lines)


async def test_who_waits_for_a_database_that_is_not_there_can_be_stopped() -> None:
    async with Worker.started(free_port()) as worker:
        await worker.says(WAITING)
        assert await worker.stop() == 0
