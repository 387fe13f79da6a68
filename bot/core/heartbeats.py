"""Heartbeats: something reports at least every so often; when it does not, that is an alert. Pure.

Nothing is missed before the first report: a job that is set up at noon and runs at midnight is not late.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.changes import Change, Effect, ReportHeartbeat

# Reports that come faster than this say nothing new.
PAUSE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """Belongs to the integration with the same id. `missing_at` is when it was found missing, until it comes back."""

    id: str
    server_id: str
    every_seconds: int
    grace_seconds: int = 60
    created_at: datetime
    last_at: datetime | None = None
    missing_at: datetime | None = None
    due_at: datetime | None = None

    @property
    def patience(self) -> timedelta:
        return timedelta(seconds=self.every_seconds + self.grace_seconds)


def beat(heartbeat: Heartbeat, *, now: datetime) -> Change[Heartbeat]:
    """It reported."""
    if heartbeat.missing_at is None and heartbeat.last_at and now - heartbeat.last_at < PAUSE:
        return Change(doc=heartbeat)
    back = replace(heartbeat, last_at=now, missing_at=None, due_at=now + heartbeat.patience)
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
        after = replace(after, due_at=after.last_at + after.patience)
    return Change(doc=after)


def _report(*, missing: bool) -> tuple[Effect, ...]:
    """One key: were a report of its absence still waiting when it is back, only the latter would count."""
    return (Effect(key="report", do=ReportHeartbeat(missing=missing)),)
