"""Words between processes: who stores what is due soon wakes the workers of other processes.

A tiny capped collection that workers follow with a tailing cursor. Nothing depends on it: workers look by themselves
every second, and where nudges cannot be told or heard one log line says so.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from pymongo.cursor import CursorType
from pymongo.errors import PyMongoError

from bot.clock import Clock
from bot.storage.mongo import Database

COLLECTION = "nudges"
BYTES = 16 * 1024
# Later than this the others find out in time by looking.
SOON = timedelta(seconds=1)
# Under load one word stands for all that is stored meanwhile.
PAUSE_SECONDS = 0.02
AWAIT_MILLISECONDS = 1_000
AGAIN_SECONDS = 5.0

Woken = Callable[[datetime], None]

log = structlog.get_logger()


class Nudges:
    """Tells and hears when something is due, by the name of its collection. `heard` is whether others are heard now."""

    def __init__(self, database: Database, clock: Clock, *, again_seconds: float = AGAIN_SECONDS) -> None:
        self._database = database
        self._collection = database.hasty_collection(COLLECTION)
        self._clock = clock
        self._again_seconds = again_seconds
        self._untold: dict[str, datetime] = {}
        self._telling: asyncio.Task[None] | None = None
        self._quiet = False
        self.heard = False

    async def prepare(self) -> None:
        """Whoever may not make it does without."""
        try:
            await self._database.make_capped(COLLECTION, BYTES)
        except PyMongoError as problem:
            self._complain(problem)

    # ---- telling ----

    def tell(self, name: str, at: datetime) -> None:
        if at - self._clock() > SOON:
            return
        self._untold[name] = min(at, self._untold.get(name, at))
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        try:
            while self._untold:
                wakes, self._untold = self._untold, {}
                await self._collection.insert_one({"wakes": wakes})
                await asyncio.sleep(PAUSE_SECONDS)
        except PyMongoError as problem:
            self._complain(problem)
        finally:
            self._telling = None

    async def close(self) -> None:
        """What was stored last is still told."""
        if self._telling is not None:
            await asyncio.wait([self._telling])

    # ---- hearing ----

    async def hear(self, woken: Mapping[str, Woken]) -> None:
        """For ever. Calls `woken` of those that somebody else says are due."""
        while True:
            try:
                await self._follow(woken)
            except PyMongoError as problem:
                self._complain(problem)
            finally:
                self.heard = False
            await asyncio.sleep(self._again_seconds * random.uniform(0.8, 1.0))

    async def _follow(self, woken: Mapping[str, Woken]) -> None:
        """Until the cursor ends. What was told before it began is heard, too: one needless look."""
        await self._database.make_capped(COLLECTION, BYTES)  # were it gone, a first word would make an ordinary one
        if await self._collection.find_one({}) is None:  # an empty collection cannot be followed
            await self._collection.insert_one({"wakes": {}})
        cursor: Any = self._collection.find({}, {"wakes": 1}, cursor_type=CursorType.TAILABLE_AWAIT)
        cursor.max_await_time_ms(AWAIT_MILLISECONDS)
        try:
            while cursor.alive:
                async for nudge in cursor:  # pauses where nothing comes for a second
                    self.heard, self._quiet = True, False
                    self._pass_on(nudge.get("wakes", {}), woken)
        finally:
            await cursor.close()

    def _pass_on(self, wakes: Mapping[str, datetime], woken: Mapping[str, Woken]) -> None:
        for name in wakes.keys() & woken.keys():
            woken[name](wakes[name])

    def _complain(self, problem: PyMongoError) -> None:
        if not self._quiet:
            log.warning("no nudges between processes; workers look every second", why=str(problem)[:200])
        self._quiet = True
