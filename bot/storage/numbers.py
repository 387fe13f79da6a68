"""Numbers of new alert groups, one after the other for each server: asked for, or known where nobody else gives any.

To ask costs a round trip before groups can be written. A process that was alone with the numbers of a server for some
times goes on counting by itself, and the counter follows now and then. Whether it was alone indeed is for the unique
index of their numbers to say. Where several processes store a flood, each asks for some batches at once.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pymongo import DESCENDING, ReturnDocument

from bot.errors import Unavailable
from bot.storage.mongo import Collection, reachable

# So many times in a row it has to have been alone; twice as many each time that it was not, up to so many.
ALONE = 3
LONGEST_ALONE = 100
REMEMBERED = 10_000
FOLLOWS_SECONDS = 0.2
# Whoever wants so many at once beside others is in a flood, and gets for so many batches; what is left a while later is
# not given.
FLOOD = 8
BATCHES = 4
KEPT_SECONDS = 0.5
# Two collisions within this time: somebody gives numbers faster than they can be asked for.
AGAIN_SECONDS = 1.0


@dataclass(slots=True)
class _Server:
    """The last number given, and how often in a row nobody else had given any. `ahead` may be given `until` then."""

    last: int
    alone: int = 0
    needed: int = ALONE
    ahead: range = range(0)
    until: float = -math.inf
    collided_at: float = -math.inf

    def wanted(self, count: int) -> int:
        """How many to ask for: whoever never met anybody will soon count without asking."""
        return count * BATCHES if count >= FLOOD and self.needed > ALONE else count

    def behind(self, newest: int, now: float) -> int:
        """How far it is behind the newest group, if it was a moment ago, too: else it would be so once more."""
        again, self.collided_at = now < self.collided_at + AGAIN_SECONDS, now
        return max(newest - self.last, 0) if again else 0

    def not_alone(self) -> None:
        self.alone, self.needed = 0, min(self.needed * 2, LONGEST_ALONE)
        self.ahead = range(0)


class Numbers:
    """One per process. Numbers that are not used are not given again."""

    def __init__(self, counters: Collection, groups: Collection, ticks: Callable[[], float]) -> None:
        self._counters = counters
        self._groups = groups
        self._ticks = ticks
        self._servers: dict[str, _Server] = {}
        self._behind: dict[str, int] = {}  # up to which number a counter has to follow
        self._followed = -math.inf

    async def take(self, server_id: str, count: int) -> range:
        """The next so many of this server. Raises Unavailable."""
        known = self._servers.get(server_id)
        if known is not None and len(known.ahead) >= count and self._ticks() < known.until:
            given, known.ahead = known.ahead[:count], known.ahead[count:]
            return given
        if known is None or known.alone < known.needed:
            return await self._asked(server_id, count)
        known.last += count
        self._behind[server_id] = known.last
        return range(known.last - count + 1, known.last + 1)

    async def follow(self) -> None:
        """Bring the counters to what was given without asking, if that was not done just now.

        What is not done, or fails, is done with the next: until then whoever asks meets a number that is taken.
        """
        now = self._ticks()
        if not self._behind or now < self._followed + FOLLOWS_SECONDS:
            return
        self._followed = now
        behind, self._behind = self._behind, {}
        await asyncio.gather(*(self._bring(server_id, last) for server_id, last in behind.items()))

    async def collided(self, server_ids: Iterable[str]) -> None:
        """Somebody else gave the same: ask again, once the counter is where the groups are. Raises Unavailable.

        Who goes on without asking will have passed that by then, so the second time it is set before them.
        """
        for server_id in set(server_ids):
            query, last = {"server_id": server_id}, [("number", DESCENDING)]
            with reachable():
                newest = await self._groups.find_one(query, {"number": 1}, sort=last)
                number = newest["number"] if newest else 0
                if known := self._servers.get(server_id):
                    known.not_alone()
                    number += known.behind(number, self._ticks())
                await self._raise(server_id, number, upsert=True)

    async def delete_of(self, server_id: str) -> None:
        self._servers.pop(server_id, None)
        self._behind.pop(server_id, None)
        with reachable():
            await self._counters.delete_one({"_id": server_id})

    async def _asked(self, server_id: str, count: int) -> range:
        """It does not wait for the journal: the groups that bear the numbers are written after it with majority, and
        the log keeps that order.
        """
        known = self._servers.get(server_id)
        several = known.wanted(count) if known else count
        with reachable():
            counter = await self._counters.find_one_and_update(
                {"_id": server_id},
                {"$inc": {"groups": several}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        given = range(counter["groups"] - several + 1, counter["groups"] + 1)
        known = self._learnt(server_id, given)
        known.ahead, known.until = given[count:], self._ticks() + KEPT_SECONDS
        return given[:count]

    def _learnt(self, server_id: str, given: range) -> _Server:
        known = self._servers.get(server_id)
        if known is None:
            if len(self._servers) >= REMEMBERED:
                self._servers.clear()
            known = self._servers[server_id] = _Server(given[-1])
        elif known.last == given[0] - 1:
            known.alone += 1
        else:
            known.not_alone()
        known.last = given[-1]
        return known

    async def _bring(self, server_id: str, last: int) -> None:
        try:
            with reachable():
                await self._raise(server_id, last, upsert=False)  # the server may be gone
        except Unavailable:
            self._behind.setdefault(server_id, last)

    async def _raise(self, server_id: str, number: int, *, upsert: bool) -> None:
        await self._counters.update_one({"_id": server_id}, {"$max": {"groups": number}}, upsert=upsert)
