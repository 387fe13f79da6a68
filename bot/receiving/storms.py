"""Notices when alert groups open too fast in a channel, and gathers those that do in a storm.

Each process counts what it opens itself, which costs next to nothing; only where that comes near a storm does it look
whether another process has found one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
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
from bot.storage.stores import Stores

REMEMBERED = 10_000
# Of a storm's rate: where to begin looking for storms that others found.
NEAR = 4


@dataclass(slots=True)
class _Minute:
    """How many groups opened in a channel within the last minute, by second."""

    counts: deque[tuple[datetime, int]] = field(default_factory=deque)
    total: int = 0

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


class StormWatch:
    """One per process."""

    def __init__(self, stores: Stores, clock: Clock) -> None:
        self._stores = stores
        self._clock = clock
        self._minutes: dict[tuple[str, str], _Minute] = {}

    async def caught(self, opened: Mapping[str, AlertGroup]) -> dict[str, str]:
        """Which of the groups that are about to open (by any key) are part of a storm: its id. Raises Unavailable."""
        channels: dict[tuple[str, str], list[str]] = {}
        for key, group in opened.items():
            if group.channel_id and not storms.grave(group.severity):
                channels.setdefault((group.server_id, group.channel_id), []).append(key)
        found: dict[str, str] = {}
        for (server_id, channel_id), keys in channels.items():
            found |= await self._in_channel(server_id, channel_id, keys)
        return found

    async def _in_channel(self, server_id: str, channel_id: str, keys: list[str]) -> dict[str, str]:
        now, server = self._clock(), await self._stores.servers.recent(server_id)
        limit = storms.limit_in(server, channel_id) if server else 0
        if not limit:
            return {}
        if len(self._minutes) >= REMEMBERED:
            self._minutes.clear()
        before = self._minutes.setdefault((server_id, channel_id), _Minute()).add(len(keys), now)
        if before + len(keys) <= limit // NEAR:
            return {}
        storm = await self._stores.storms.blowing(server_id, channel_id)
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
