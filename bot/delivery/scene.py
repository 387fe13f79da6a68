"""What a delivery knows while it is under way, and what it gives back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bot.core.alert_group import AlertGroup
from bot.core.changes import Change, Effect
from bot.core.servers import Server
from bot.mattermost.client import Mattermost

T = TypeVar("T")
Learned = Callable[[T], Change[T]]

REMEMBERED = 10_000


class Meanwhile:
    """Whether anything else happened in this process since: true once the event loop had its turn."""

    def __init__(self) -> None:
        self.happened = False
        asyncio.get_running_loop().call_soon(self._happen)

    def _happen(self) -> None:
        self.happened = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What one delivery about an alert group needs. `tried_since`: an earlier attempt may have come through.

    `meanwhile` begins when `group` was looked at.
    """

    server: Server
    mattermost: Mattermost
    group: AlertGroup
    tried_since: datetime | None
    meanwhile: Meanwhile


def go_on(doc: T, *, effect: Effect) -> Change[T]:
    """The decision to change nothing, and to do this next."""
    return Change(doc=doc, effects=(effect,))


def remember(known: dict[tuple[str, str], datetime], key: tuple[str, str], at: datetime) -> None:
    """Keep when something was last seen or said, within bounds."""
    if len(known) >= REMEMBERED:
        known.clear()
    known[key] = at
