"""How long alerts and alert groups are kept, and when a group that nobody hears of any more is closed. Pure.

What is chosen is copied into each alert group when it opens, as its chain is; so it counts for those that open later.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from bot.core.alert_group import AlertGroup, GroupChange, Status
from bot.core.changes import Change, CloseStale, Effect
from bot.core.consequences import end
from bot.core.replacing import replace
from bot.core.servers import Server
from bot.core.text import Text, count, say

ALERTS_KEPT = 90
GROUPS_KEPT = 365
LEAST, MOST = 7, 730
MOST_QUIET = 365
# In the settings: days that alerts as received and resolved alert groups are kept, and after which groups are closed.
KEEP_ALERTS = "keep_alerts"
KEEP_GROUPS = "keep_groups"
CLOSE_AFTER = "close_after"


class Retention(Struct, frozen=True, kw_only=True):
    """In days. `close` is how long nothing may come for a live group before it is closed; 0 is for ever."""

    alerts: int = ALERTS_KEPT
    groups: int = GROUPS_KEPT
    close: int = 0


USUAL = Retention()


def retention(server: Server | None) -> Retention:
    if server is None:
        return USUAL
    chosen = server.settings
    return Retention(
        alerts=int(chosen.get(KEEP_ALERTS, ALERTS_KEPT)),
        groups=int(chosen.get(KEEP_GROUPS, GROUPS_KEPT)),
        close=int(chosen.get(CLOSE_AFTER, 0)),
    )


def chosen(
    server: Server, *, alerts: int | None = None, groups: int | None = None, close: int | None = None
) -> Change[Server]:
    """What is not given stays as it is."""
    given = {KEEP_ALERTS: alerts, KEEP_GROUPS: groups, CLOSE_AFTER: close}
    settings = {name: str(days) for name, days in given.items() if days is not None}
    after = replace(server, settings={**server.settings, **settings})
    kept = retention(after)
    note = say(
        "From now on alerts are kept for {alerts} days as they were received, and new alert groups for {groups} days "
        "after they are resolved. {close}",
        alerts=kept.alerts,
        groups=kept.groups,
        close=_close_in_words(kept.close),
    )
    return Change(doc=after, note=note)


def _close_in_words(days: int) -> Text:
    if not days:
        return say("None is closed by itself.")
    return count(
        "Those for which nothing comes for {count} day are closed.",
        "Those for which nothing comes for {count} days are closed.",
        count=days,
    )


def watched(group: AlertGroup) -> tuple[Effect, ...]:
    """To look at it again when nothing came for so long. Each alert would otherwise move a timer."""
    if not group.close_after:
        return ()
    return (Effect(key="stale", do=CloseStale(), at=_quiet_since(group) + timedelta(days=group.close_after)),)


def close_if_stale(group: AlertGroup, *, now: datetime) -> GroupChange:
    """The time has come to look: close it, or look again later."""
    if not group.live or not group.close_after:
        return Change(doc=group)
    if now - _quiet_since(group) < timedelta(days=group.close_after):
        return Change(doc=group, effects=watched(group))
    text = count(
        "Closed because nothing came for {count} day",
        "Closed because nothing came for {count} days",
        count=group.close_after,
    )
    return end(group, now=now, by="OnCall", text=text)


def _quiet_since(group: AlertGroup) -> datetime:
    """When an alert came last, somebody acted, or a silence ends."""
    known = [group.opened_at, group.changed_at, group.last_at or group.opened_at]
    if group.status is Status.SILENCED and group.silenced_until is not None:
        known.append(group.silenced_until)
    return max(known)
