"""What maintenance does to an alert group: it opens silent, stays silent with another, and fires in the end. Pure."""

from __future__ import annotations

from datetime import datetime

from bot.core.alert_group import AlertGroup, GroupChange, Line, Status
from bot.core.changes import Change
from bot.core.consequences import draw_all, fire_again, log, tell
from bot.core.maintenance_cover import Cover
from bot.core.neutral import neutral
from bot.core.replacing import replace
from bot.core.text import NOTHING, Text, say

NAME_LENGTH = 100


def covered(group: AlertGroup, cover: Cover) -> AlertGroup:
    """A group that is about to open, silent from the beginning."""
    return replace(
        group,
        maintenance=cover.maintenance.reason or cover.maintenance.integration_name,
        maintenance_id=cover.maintenance.id,
        silenced_until=cover.until,
    )


def opened_silent(group: AlertGroup, *, now: datetime) -> GroupChange:
    """It is posted and pages nobody before the maintenance is over."""
    silent = replace(group, status=Status.SILENCED, due_at=group.silenced_until)
    logged = log(silent, now, in_words(silent))
    return Change(doc=logged, effects=draw_all(logged, now), note=say("#{number} opened.", number=group.number))


def reviewed(group: AlertGroup, *, by: str, now: datetime, cover: Cover | None) -> GroupChange:
    """A maintenance began or was ended (`by` somebody): it is silent as long as one covers it, and fires without."""
    if group.status is not Status.SILENCED or not group.maintenance_id:
        return Change(doc=group)
    if cover is None:
        text = say("The maintenance was ended by {by}", by=by) if by else say("The maintenance is over")
        return fire_again(group, now=now, by=by, text=text, note=NOTHING)
    if cover.until == group.silenced_until:
        return Change(doc=group)
    held = replace(covered(group, cover), due_at=cover.until)
    logged = log(held, now, in_words(held))
    return Change(doc=logged, effects=(*draw_all(logged, now), *tell(logged)))


def in_words(group: AlertGroup | Line) -> Text:
    """Why it is silent, and how long."""
    if not group.maintenance:
        return say("Silenced by maintenance until {until}", until=group.silenced_until)
    return say(
        "Silenced by maintenance “{name}” until {until}",
        name=neutral(group.maintenance, NAME_LENGTH),
        until=group.silenced_until,
    )
