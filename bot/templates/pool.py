"""A few rendering processes for all servers: none before it is needed, none left behind, nobody's turn taken by others.

A server has one payload rendered at a time, so that slow templates of one hold up nobody but itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from bot.errors import Unavailable
from bot.templates.process import NoAnswer, Renderer, Why

Start = Callable[[], Awaitable[Renderer]]

PROCESSES = 2
PATIENCE_SECONDS = 5.0  # senders wait for ten at least
# What waits is held in memory. Beyond that the sender is asked to come back.
WAITING_BYTES = 64 * 1024 * 1024
WAITING_BYTES_OF_ONE = 16 * 1024 * 1024
LEAST_BYTES = 16 * 1024


@dataclass(slots=True)
class _Turn:
    """One server: who of it is next, and how much of it waits."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    payloads: int = 0
    size: int = 0


class Pool:
    """One per web process."""

    def __init__(
        self, *, processes: int = PROCESSES, patience: float = PATIENCE_SECONDS, start: Start = Renderer.start
    ) -> None:
        self._patience = patience
        self._start = start
        self._free = asyncio.Semaphore(processes)
        self._idle: list[Renderer] = []
        self._all: set[Renderer] = set()
        self._turns: dict[str, _Turn] = {}
        self._size = 0
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes there are."""
        return tuple(renderer.pid for renderer in self._all)

    async def ask(self, server_id: str, question: bytes, body: bytes) -> dict[str, Any]:
        """Raises NoAnswer where it is the question's fault, Unavailable where too much waits."""
        async with self._turn(server_id, max(len(question) + len(body), LEAST_BYTES)):
            return await self._answered(question, body)

    async def close(self) -> None:
        self._closed = True
        for renderer in tuple(self._all):
            await self._end(renderer)

    @asynccontextmanager
    async def _turn(self, server_id: str, size: int) -> AsyncIterator[None]:
        turn = self._turns.get(server_id) or _Turn()
        if turn.size + size > WAITING_BYTES_OF_ONE or self._size + size > WAITING_BYTES:
            raise Unavailable("Too many payloads wait for their templates")
        self._turns[server_id] = turn
        turn.payloads, turn.size, self._size = turn.payloads + 1, turn.size + size, self._size + size
        try:
            async with AsyncExitStack() as held:
                await self._wait(held, turn.lock, self._free)
                yield
        finally:
            turn.payloads, turn.size, self._size = turn.payloads - 1, turn.size - size, self._size - size
            if not turn.payloads:
                del self._turns[server_id]

    async def _wait(self, held: AsyncExitStack, *wanted: asyncio.Lock | asyncio.Semaphore) -> None:
        try:
            async with asyncio.timeout(self._patience):
                for one in wanted:
                    await held.enter_async_context(one)
        except TimeoutError:
            raise Unavailable("Others' templates take too long") from None

    async def _answered(self, question: bytes, body: bytes) -> dict[str, Any]:
        """Asked once more where the process died: somebody else may have killed it."""
        for last in (False, True):
            renderer = await self._renderer(fresh=last)
            try:
                answer: dict[str, Any] = orjson.loads(await renderer.ask(question, body))
            except NoAnswer as problem:
                self._all.discard(renderer)
                if last or problem.why is not Why.DIED:
                    raise
            except asyncio.CancelledError:
                self._all.discard(renderer)
                raise
            else:
                await self._give_back(renderer, retire=answer["retire"])
                return answer
        raise AssertionError("The last try answers or raises.")

    async def _renderer(self, *, fresh: bool) -> Renderer:
        while self._idle and not fresh:
            renderer = self._idle.pop()
            if renderer.alive:
                return renderer
            await self._end(renderer)
        if self._closed:
            raise Unavailable("This process is stopping")
        renderer = await self._start()
        self._all.add(renderer)
        return renderer

    async def _give_back(self, renderer: Renderer, *, retire: bool) -> None:
        """What has grown large does not come back: the memory of a process never shrinks."""
        if retire or self._closed:
            await self._end(renderer)
        else:
            self._idle.append(renderer)

    async def _end(self, renderer: Renderer) -> None:
        self._all.discard(renderer)
        await renderer.stop()
