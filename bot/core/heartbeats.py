"""Heartbeats: something reports at least every so often; when it does not, that is an alert. Pure.

Nothing is missed before the first report: a job that is set up at noon and runs at midnight is not late.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from bot.core.changes import Change, Effect, ReportHeartbeat
from bot.core.replacing import replace
from bot.core.text import say

# Reports that come faster than this say nothing new.
PAUSE = timedelta(seconds=1)


class Heartbeat(Struct, frozen=True, kw_only=True):
    """Belongs to the integration with the same id. `missing_at` is when it was found missing, until it comes back.

    Until `paused_until` it is not missed, and after that it has as long as usual for its next report.
    """

    id: str
    server_id: str
    every_seconds: int
    grace_seconds: int = 60
    created_at: datetime
    last_at: datetime | None = None
    missing_at: datetime | None = None
    due_at: datetime | None = None
    paused_until: datetime | None = None
    paused_by: str = ""
    paused_why: str = ""

    @property
    def patience(self) -> timedelta:
        return timedelta(seconds=self.every_seconds + self.grace_seconds)

    def is_paused(self, now: datetime) -> bool:
        return self.paused_until is not None and now < self.paused_until

    def due_after(self, at: datetime) -> datetime:
        """When its next report is missing, if the last one came `at` this time."""
        return max(at, self.paused_until or at) + self.patience


def beat(heartbeat: Heartbeat, *, now: datetime) -> Change[Heartbeat]:
    """It reported."""
    if heartbeat.missing_at is None and heartbeat.last_at and now - heartbeat.last_at < PAUSE:
        return Change(doc=heartbeat)
    back = replace(heartbeat, last_at=now, missing_at=None, due_at=heartbeat.due_after(now))
    return Change(doc=back, effects=_report(missing=False) if heartbeat.missing_at else ())


def advance(heartbeat: Heartbeat, *, now: datetime) -> Change[Heartbeat]:
    """The only thing time does: it did not report in time."""
    if heartbeat.due_at is None or heartbeat.due_at > now:
        return Change(doc=heartbeat)
    return Change(doc=replace(heartbeat, missing_at=now, due_at=None), effects=_report(missing=True))


def expect(heartbeat: Heartbeat, *, every_seconds: int, grace_seconds: int) -> Change[Heartbeat]:
    """Another rhythm, counted from the last report. What is missing stays so until it reports."""
    after = replace(heartbeat, every_seconds=every_seconds, grace_seconds=grace_seconds)
    if after.due_at is not None and after.last_at is not None:
        after = replace(after, due_at=after.due_after(after.last_at))
    return Change(doc=after)


def pause(heartbeat: Heartbeat, *, until: datetime, by: str, why: str, now: datetime) -> Change[Heartbeat]:
    """Do not miss it until then. What is missing already stays so until it reports."""
    after = replace(heartbeat, paused_until=until, paused_by=by, paused_why=why)
    if after.due_at is not None:
        after = replace(after, due_at=after.due_after(now))
    return Change(doc=after)


def resume(heartbeat: Heartbeat, *, now: datetime) -> Change[Heartbeat]:
    """Its next report is missed if it does not come in time from now on."""
    if not heartbeat.is_paused(now):
        return Change(doc=heartbeat, note=say("It is not paused."))
    after = replace(heartbeat, paused_until=None, paused_by="", paused_why="")
    return Change(doc=replace(after, due_at=after.due_after(now)) if after.due_at is not None else after)


def _report(*, missing: bool) -> tuple[Effect, ...]:
    """One key: were a report of its absence still waiting when it is back, only the latter would count."""
    return (Effect(key="report", do=ReportHeartbeat(missing=missing)),)
