"""Tells the channel of an integration what its sender cannot be told, such as that a payload was left out in part.

Whoever tells goes on at once: the notice becomes an effect of the integration's document beside them, and the worker
carries it out. What goes wrong here is logged and harms nobody's alerts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial

import structlog

from bot.clock import Clock
from bot.core import integrations
from bot.core.integrations import TOLD_AGAIN, Integration
from bot.core.neutral import neutral, one_line
from bot.core.text import NOTHING, Text, count, say
from bot.errors import BotError
from bot.storage.directory import Integrations

REMEMBERED = 10_000
PROBLEMS_SHOWN = 5
NAME_LENGTH = 60
PROBLEM_LENGTH = 200
MIB = 1024 * 1024

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


def left_out(integration: Integration, problems: Mapping[str, str]) -> Text:
    """`problems` are sentences by field."""
    return say(
        "Part of what **{integration}** sent cannot be read and was left out; the rest was accepted:\n{problems}{more}",
        integration=_name(integration),
        problems=_listed(problems),
        more=_more(problems),
    )


def unreadable(integration: Integration, problems: Mapping[str, str]) -> Text:
    return say(
        "What **{integration}** sent cannot be read, so its alerts are not here. Compare its configuration with "
        "`/oncall integration show {typed}`:\n{problems}{more}",
        integration=_name(integration),
        typed=one_line(integration.name).replace("`", "'"),
        problems=_listed(problems),
        more=_more(problems),
    )


def not_signed(integration: Integration) -> Text:
    return say(
        "What **{integration}** sent is not signed with its secret, so it was refused. Compare the secret with that of "
        "the sender and give it anew with `/oncall integration sign`, or end the check with "
        "`/oncall integration unsign`.",
        integration=_name(integration),
    )


def too_large(integration: Integration, *, most: int) -> Text:
    """`most` is how many bytes are taken."""
    return say(
        "**{integration}** sent more than {size} MiB at once. That was refused, so its alerts are not here. "
        "Let it send less at once.",
        integration=_name(integration),
        size=most // MIB,
    )


def _name(integration: Integration) -> str:
    return neutral(integration.name, NAME_LENGTH)


def _listed(problems: Mapping[str, str]) -> str:
    shown = list(problems.items())[:PROBLEMS_SHOWN]
    named = ((_place(field), sentence) for field, sentence in shown)
    return "\n".join(f"- {neutral(': '.join(filter(None, problem)), PROBLEM_LENGTH)}" for problem in named)


def _place(field: str) -> str:
    """In a list of alerts nobody counts from nought."""
    return f"alert {int(field) + 1}" if field.isdecimal() else field


def _more(problems: Mapping[str, str]) -> Text:
    left = len(problems) - PROBLEMS_SHOWN
    return count("\n- and {count} more", "\n- and {count} more", count=left) if left > 0 else NOTHING
