"""What processes that work look after at their start and each hour, one process after the other."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import structlog

from bot.clock import Clock
from bot.errors import BotError
from bot.storage.once import Once

EVERY_SECONDS = 3600.0
LATER_SECONDS = 60.0
LEASE = timedelta(minutes=10)  # longer than a look takes

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hourly:
    """`turn` is what only one process at a time may be at; `failed` is what the log says of a look that failed."""

    turn: ClassVar[str]
    failed: ClassVar[str]

    once: Once
    clock: Clock

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                looked = await self.look_in_turn()
            except BotError as problem:
                looked = False
                log.warning(self.failed, why=str(problem))
            await asyncio.sleep(EVERY_SECONDS if looked else LATER_SECONDS)

    async def look_in_turn(self) -> bool:
        """Unless another process is at it. Raises Unavailable."""
        if not await self.once.reserve(self.turn, until=self.clock() + LEASE):
            return False
        await self.look()
        await self.once.release(self.turn)
        return True

    async def look(self) -> int:
        """The work itself, which two at once would do no harm to. Raises Unavailable."""
        raise NotImplementedError
