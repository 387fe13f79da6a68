"""How a heartbeat is called: how often it must report, and how it is. Pure."""

from __future__ import annotations

from datetime import datetime

from bot.core.heartbeats import Heartbeat
from bot.core.neutral import neutral
from bot.core.text import Text, count, say

REASON_LENGTH = 200


def every(seconds: int) -> Text:
    """In the largest unit that leaves no rest."""
    if seconds % 86_400 == 0:
        return count("every day", "every {count} days", count=seconds // 86_400)
    if seconds % 3_600 == 0:
        return count("every hour", "every {count} hours", count=seconds // 3_600)
    if seconds % 60 == 0:
        return count("every minute", "every {count} minutes", count=seconds // 60)
    return count("every second", "every {count} seconds", count=seconds)


def state(heartbeat: Heartbeat, now: datetime) -> Text:
    if heartbeat.is_paused(now):
        return _paused(heartbeat)
    if heartbeat.missing_at:
        return say("missing since {at}", at=heartbeat.last_at or heartbeat.missing_at)
    if heartbeat.last_at:
        return say("last report at {at}", at=heartbeat.last_at)
    return say("no report yet, so nothing is missed")


def unsigned() -> Text:
    """For heartbeats of those who sign: to refuse their reports would make a page of every job that runs `curl`."""
    return say(
        "Reports of its heartbeat need no signature, because most senders of them cannot sign. Where the address of "
        "the alerts may be known to others, give the reports a key of their own: "
        "`/oncall integration add NAME --kind heartbeat --every 10m`."
    )


def _paused(heartbeat: Heartbeat) -> Text:
    until, by = heartbeat.paused_until, heartbeat.paused_by
    if not heartbeat.paused_why:
        return say("paused by {by} until {until}", by=by, until=until)
    why = neutral(heartbeat.paused_why, REASON_LENGTH)
    return say("paused by {by} until {until}: {why}", by=by, until=until, why=why)
