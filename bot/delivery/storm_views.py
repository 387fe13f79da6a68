"""How a storm is at the moment: counted once for all of the posts that show it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.clock import Clock
from bot.core.alert_group import EDIT_PAUSE, Heading
from bot.core.storm_cards import NAMED, Tally
from bot.core.storms import Storm
from bot.storage.groups import Groups


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Its groups, counted, and the newest of those that are live."""

    tally: Tally
    newest: Sequence[Heading]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    of: Storm
    at: datetime
    view: asyncio.Task[View]

    def shows(self, storm: Storm, now: datetime) -> bool:
        """Not what came to the storm since, nor what somebody did to all of it, nor for longer than posts stay."""
        same = (self.of.groups, self.of.acted_at) == (storm.groups, storm.acted_at)
        return same and now - self.at < EDIT_PAUSE and not (self.view.done() and self.view.exception())


class StormViews:
    """One per process. Who wants a view while one is being taken, or was a moment ago, shares it."""

    def __init__(self, groups: Groups, clock: Clock) -> None:
        self._groups = groups
        self._clock = clock
        self._taken: dict[str, _Taken] = {}

    async def of(self, storm: Storm) -> View:
        now = self._clock()
        taken = self._taken.get(storm.id)
        if taken is None or not taken.shows(storm, now):
            self._taken = {id_: one for id_, one in self._taken.items() if now - one.at < EDIT_PAUSE}
            taken = self._taken[storm.id] = _Taken(of=storm, at=now, view=asyncio.create_task(self._take(storm)))
        return await asyncio.shield(taken.view)

    def forget(self, storm: Storm) -> None:
        """Its groups were changed just now."""
        self._taken.pop(storm.id, None)

    async def _take(self, storm: Storm) -> View:
        tally, newest = await asyncio.gather(
            self._groups.tally(storm.server_id, storm.id),
            self._groups.newest_of_storm(storm.server_id, storm.id, limit=NAMED),
        )
        return View(tally=tally, newest=newest)
