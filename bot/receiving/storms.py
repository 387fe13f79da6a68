"""Notices when alert groups open too fast in a channel, and gathers those that do in a storm.

Each process counts what it opens itself, which costs next to nothing. The numbers of the groups tell how many others
opened meanwhile, since they are given one after the other. Only where all of these come near a storm does a process
look whether there is one, and tell the others its counts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from bot.clock import Clock
from bot.core import storms
from bot.core.alert_group import AlertGroup
from bot.core.storms import CALM, Storm
from bot.errors import Busy, NotFound
from bot.storage.documents import AlreadyThere
from bot.storage.ids import new_id
from bot.storage.lately import SLOTS, slot_of
from bot.storage.stores import Stores

REMEMBERED = 10_000
# Of a storm's rate: where to begin looking for storms that others found.
NEAR = 4


@dataclass(slots=True)
class _Minute:
    """How many groups this process opened within the last minute, by second; what others were not told of, by slot."""

    counts: deque[tuple[datetime, int]] = field(default_factory=deque)
    total: int = 0
    untold: dict[int, int] = field(default_factory=dict)

    def add(self, opened: int, now: datetime) -> int:
        """How many there were before."""
        while self.counts and self.counts[0][0] <= now - CALM:
            self.total -= self.counts.popleft()[1]
        before, second = self.total, now.replace(microsecond=0)
        if self.counts and self.counts[-1][0] == second:
            opened += self.counts.pop()[1]
        self.counts.append((second, opened))
        self.total = sum(number for _, number in self.counts)
        return before

    def to_tell(self, opened: int, slot: int) -> None:
        self.untold[slot] = self.untold.get(slot, 0) + opened
        if len(self.untold) > SLOTS:
            del self.untold[min(self.untold)]

    def tell(self) -> dict[int, int]:
        untold, self.untold = self.untold, {}
        return untold


@dataclass(slots=True)
class _Numbers:
    """Of one server: the last number that this process gave in each second of the last minute, and before that."""

    own: _Minute = field(default_factory=_Minute)
    given: deque[tuple[datetime, int]] = field(default_factory=deque)
    before: int = 0

    def foreign(self, numbers: Sequence[int], now: datetime) -> int:
        """How many groups others may have opened since, besides these: at most so many within the last minute."""
        self.own.add(len(numbers), now)
        while self.given and self.given[0][0] <= now - CALM:
            self.before = self.given.popleft()[1]
        second = now.replace(microsecond=0)
        if self.given and self.given[-1][0] == second:
            self.given.pop()
        self.given.append((second, max(numbers)))
        return max(max(numbers) - self.before - self.own.total, 0)


class StormWatch:
    """One per process."""

    def __init__(self, stores: Stores, clock: Clock) -> None:
        self._stores = stores
        self._clock = clock
        self._minutes: dict[tuple[str, str], _Minute] = {}
        self._numbers: dict[str, _Numbers] = {}

    async def caught(self, opened: Mapping[str, AlertGroup]) -> dict[str, str]:
        """Which of the groups that are about to open (by any key) are part of a storm: its id. Raises Unavailable."""
        channels: dict[tuple[str, str], list[str]] = {}
        numbers: dict[str, list[int]] = {}
        for key, group in opened.items():
            numbers.setdefault(group.server_id, []).append(group.number)
            if group.channel_id and not storms.grave(group.severity):
                channels.setdefault((group.server_id, group.channel_id), []).append(key)
        now = self._clock()
        foreign = {server_id: self._foreign(server_id, given, now) for server_id, given in numbers.items()}
        found: dict[str, str] = {}
        for (server_id, channel_id), keys in channels.items():
            found |= await self._in_channel(server_id, channel_id, keys, foreign[server_id], now)
        return found

    def _foreign(self, server_id: str, numbers: Sequence[int], now: datetime) -> int:
        if len(self._numbers) >= REMEMBERED:
            self._numbers.clear()
        return self._numbers.setdefault(server_id, _Numbers()).foreign(numbers, now)

    async def _in_channel(
        self, server_id: str, channel_id: str, keys: list[str], foreign: int, now: datetime
    ) -> dict[str, str]:
        server = await self._stores.servers.recent(server_id)
        limit = storms.limit_in(server, channel_id) if server else 0
        if not limit:
            return {}
        if len(self._minutes) >= REMEMBERED:
            self._minutes.clear()
        minute = self._minutes.setdefault((server_id, channel_id), _Minute())
        before = minute.add(len(keys), now)
        minute.to_tell(len(keys), slot_of(now))
        if before + len(keys) + foreign <= limit // NEAR:
            return {}
        storm = await self._stores.storms.blowing(server_id, channel_id)
        if storm is None:
            place = f"{server_id} {channel_id}"
            together = await self._stores.lately.count(place, minute.tell(), now=now)
            before = max(before, together - len(keys))
        joining = keys if storm is not None else keys[max(limit - before, 0) :]
        if not joining:
            return {}
        if storm is None:
            storm = await self._begin(server_id, channel_id, limit, now)
        join = partial(storms.joined, groups=len(joining), now=now)
        try:
            joined = await self._stores.storms.change(server_id, storm.id, join)
        except (Busy, NotFound):  # posts of their own are better than no answer to the sender
            return {}
        return dict.fromkeys(joining, storm.id) if joined.doc.blows else {}

    async def _begin(self, server_id: str, channel_id: str, limit: int, now: datetime) -> Storm:
        storm = Storm(
            id=new_id(now), server_id=server_id, channel_id=channel_id, limit=limit, began_at=now, minute_at=now
        )
        try:
            return await self._stores.storms.add(storms.began(storm, now=now))
        except AlreadyThere:  # another process was faster
            other = await self._stores.storms.blowing(server_id, channel_id, lately=False)
            return other or await self._begin(server_id, channel_id, limit, now)
