"""A monitoring system that does not give up: it repeats what was not answered with 202, as Alertmanager does."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import aiohttp

from tests.scenarios.world import payload
from tests.town import Town
from tests.waiting import until

ACCEPTED = 202
AT_ONCE = 32
BETWEEN_TRIES = 0.05
MOST_SECONDS = 60


class Sender:
    """`answered` are the names of the alerts that were taken; `answers` counts what came back, errors by type."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._room = asyncio.Semaphore(AT_ONCE)
        self.answered: set[str] = set()
        self.answers: Counter[int | str] = Counter()

    async def send(self, names: Sequence[str]) -> None:
        """Until all are taken."""
        async with asyncio.TaskGroup() as tasks:
            for name in names:
                tasks.create_task(self._deliver(name))

    async def _deliver(self, name: str) -> None:
        async with self._room:
            await until(lambda: self._is_taken(name), MOST_SECONDS, pause=BETWEEN_TRIES)
            self.answered.add(name)

    async def _is_taken(self, name: str) -> bool:
        return await self._try(name) == ACCEPTED

    async def _try(self, name: str) -> int | str:
        body = payload(name, firing=("web-1",), now=datetime.now(UTC))
        outcome: int | str
        try:
            async with self._town.session.post(self._town.alert_url, json=body) as answer:
                outcome = answer.status
        except aiohttp.ClientError as failed:
            outcome = type(failed).__name__
        self.answers[outcome] += 1
        return outcome
