"""Which alerts maintenance keeps silent, and until when. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from bot.core.maintenance import Maintenance, Window, window_at
from bot.core.replacing import replace
from bot.core.routing import Facts, hold

JOINED = 20


class Cover(Struct, frozen=True, kw_only=True):
    """A new group is silent `until` then, because of this maintenance."""

    maintenance: Maintenance
    until: datetime


class Calendar:
    """The maintenances of one server at one instant, for any number of groups: windows are looked up once for all."""

    def __init__(self, maintenances: Iterable[Maintenance], at: datetime) -> None:
        self._at = at
        self._all = tuple(maintenances)
        self._windows: dict[datetime, list[tuple[Maintenance, Window]]] = {}

    @property
    def quiet(self) -> bool:
        """Whether anything runs at all."""
        return bool(self._open(self._at))

    def cover(self, integration_id: str, known: Facts) -> Cover | None:
        """What keeps a group with these facts silent: the longest, and what follows it without a gap."""
        found: Cover | None = None
        for _ in range(JOINED):
            longer = self._longest(found.until if found else self._at, integration_id, known)
            if longer is None:
                break
            found = replace(found, until=longer.until) if found else longer
        return found

    def _longest(self, at: datetime, integration_id: str, known: Facts) -> Cover | None:
        covers = [
            Cover(maintenance=one, until=window.ends_at)
            for one, window in self._open(at)
            if concerns(one, integration_id, known)
        ]
        return max(covers, key=lambda one: one.until, default=None)

    def _open(self, at: datetime) -> list[tuple[Maintenance, Window]]:
        if at not in self._windows:
            windows = ((one, window_at(one, at)) for one in self._all)
            self._windows[at] = [(one, window) for one, window in windows if window is not None]
        return self._windows[at]


def concerns(maintenance: Maintenance, integration_id: str, known: Facts) -> bool:
    """`known` are the facts of a group, as for routes."""
    return maintenance.integration_id in ("", integration_id) and hold(maintenance.matchers, known)
