"""A monitoring system that does not give up: it repeats what was not answered with 202, as Alertmanager does."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic

import aiohttp

from tests.scenarios.world import payload
from tests.town import Town
from tests.waiting import until

ACCEPTED = 202
AT_ONCE = 32
BETWEEN_TRIES = 0.05
MOST_SECONDS = 120
ANSWERED_WITHIN = 10.0  # Alertmanager's, with a group interval below that


class Sender:
    """`answered` are the names of the alerts that were taken; `answers` counts what came back, errors by type.

    `slowest` is how long the slowest answer took, in seconds.
    """

    def __init__(self, town: Town, *, within: float = ANSWERED_WITHIN) -> None:
        self._town = town
        self._within = aiohttp.ClientTimeout(total=within)
        self._room = asyncio.Semaphore(AT_ONCE)
        self.answered: set[str] = set()
        self.answers: Counter[int | str] = Counter()
        self.slowest = 0.0

    async def send(self, names: Sequence[str]) -> None:
        """Until all are taken."""
        async with asyncio.TaskGroup() as tasks:
            for name in names:
                tasks.create_task(self._deliver(name))

    async def end(self, names: Sequence[str]) -> None:
        """These alerts do not fire any more."""
        async with asyncio.TaskGroup() as tasks:
            for name in names:
                tasks.create_task(self._deliver(name, ended=True))

    async def _deliver(self, name: str, *, ended: bool = False) -> None:
        async with self._room:
            await until(lambda: self._is_taken(name, ended), MOST_SECONDS, pause=BETWEEN_TRIES)
            self.answered.add(name)

    async def _is_taken(self, name: str, ended: bool) -> bool:
        return await self._try(name, ended) == ACCEPTED

    async def _try(self, name: str, ended: bool) -> int | str:
        which = "resolved" if ended else "firing"
        body = payload(name, now=datetime.now(UTC), **{which: ("web-1",)})
        outcome: int | str
        began = monotonic()
        try:
            async with self._town.session.post(self._town.alert_url, json=body, timeout=self._within) as answer:
                outcome = answer.status
        except (aiohttp.ClientError, TimeoutError) as failed:
            outcome = type(failed).__name__
        self.slowest = max(self.slowest, monotonic() - began)
        self.answers[outcome] += 1
        return outcome
