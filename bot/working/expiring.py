"""Alert groups that were resolved before groups had an end get one, as those of today have.

Every process that works looks at its start and each hour, one after the other: while processes of an older release run,
they go on resolving groups without one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.clock import Clock
from bot.errors import BotError
from bot.storage.groups import Groups
from bot.storage.once import Once

EVERY_SECONDS = 3600.0
LATER_SECONDS = 60.0
LEASE = timedelta(minutes=10)
TURN = "expiring"
AT_ONCE = 500

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    groups: Groups
    once: Once
    clock: Clock

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                looked = await self.look_in_turn()
            except BotError as problem:
                looked = False
                log.warning("old alert groups got no end", why=str(problem))
            await asyncio.sleep(EVERY_SECONDS if looked else LATER_SECONDS)

    async def look_in_turn(self) -> bool:
        """Unless another process is at it. Raises Unavailable."""
        if not await self.once.reserve(TURN, until=self.clock() + LEASE):
            return False
        await self.look()
        await self.once.release(TURN)
        return True

    async def look(self) -> int:
        """How many got one. Raises Unavailable."""
        total = 0
        while found := await self.groups.give_end(AT_ONCE):
            total += found
        if total:
            log.info("old alert groups got an end", groups=total)
        return total
