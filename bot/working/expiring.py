"""Alert groups that were resolved before groups had an end get one, as those of today have.

Every process that works looks at its start and each hour, one after the other: while processes of an older release run,
they go on resolving groups without one.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from bot.storage.groups import Groups
from bot.working.hourly import Hourly

TURN = "expiring"
AT_ONCE = 500

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring(Hourly):
    turn = TURN
    failed = "old alert groups got no end"

    groups: Groups

    async def look(self) -> int:
        """How many got one. Raises Unavailable."""
        total = 0
        while found := await self.groups.give_end(AT_ONCE):
            total += found
        if total:
            log.info("old alert groups got an end", groups=total)
        return total
