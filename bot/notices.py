"""Tells the channel of an integration what its sender cannot be told, such as that a payload was left out in part.

Whoever tells goes on at once: the notice becomes an effect of the integration's document beside them, and the worker
carries it out. What goes wrong here is logged and harms nobody's alerts.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial

import structlog

from bot.clock import Clock
from bot.core import integrations
from bot.core.integrations import TOLD_AGAIN, Integration
from bot.core.text import Text
from bot.errors import BotError
from bot.storage.directory import Integrations

REMEMBERED = 10_000

log = structlog.get_logger()


class Notices:
    """One per process. The document decides about repeats; what is remembered here only spares it the asking."""

    def __init__(self, store: Integrations, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._told: dict[tuple[str, str], datetime] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, integration: Integration, about: str, text: Text) -> None:
        """At most once an hour for each matter (`about`), in the integration's channel. Returns at once."""
        now, key = self._clock(), (integration.id, about)
        told_at = self._told.get(key)
        if told_at is not None and now - told_at < TOLD_AGAIN:
            return
        if len(self._told) >= REMEMBERED:
            self._told.clear()
        self._told[key] = now
        task = asyncio.create_task(self._write(integration, about, text))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def written(self) -> None:
        """Until all that was told is stored."""
        await asyncio.gather(*self._tasks)

    async def _write(self, integration: Integration, about: str, text: Text) -> None:
        decide = partial(integrations.noticed, about=about, text=text, now=self._clock())
        try:
            await self._store.change(integration.server_id, integration.id, decide)
        except BotError as problem:
            self._told.pop((integration.id, about), None)
            log.warning("notice not stored", integration=integration.id, about=about, why=str(problem))
