"""Maintenance: times in which some alerts are recorded and posted, but page nobody. Pure.

A maintenance has one window, or one that comes again at the same local time of day: days are counted on the calendar
of its zone, the length in hours that pass. So a change of the clocks moves neither its begin nor its length. A time
that the clocks skip is the one after the gap, one that comes twice is the first (PEP 495).
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from bot.core.alert_group import Posted
from bot.core.changes import Change, Draw, Effect, ReviewGroups, Tell
from bot.core.neutral import neutral
from bot.core.replacing import replace
from bot.core.routing import Matcher
from bot.core.text import Text, say

DAY = timedelta(days=1)
# More than the longest pause between two windows, and the longest window.
LOOKED_AHEAD = 70
# Another intake may know a maintenance for moments after it was ended, and what it takes in is written later still.
REVIEWED_AGAIN = (timedelta(seconds=5), timedelta(seconds=60))
REASON_LENGTH = 200
PRESSED_AGAIN = timedelta(minutes=1)


class Repeats(StrEnum):
    NEVER = "never"
    DAILY = "daily"
    WEEKDAYS = "weekdays"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


# Windows of one maintenance do not touch each other, on the shortest day and in the shortest month.
LONGEST = {
    Repeats.NEVER: timedelta(days=30),
    Repeats.DAILY: timedelta(hours=22),
    Repeats.WEEKDAYS: timedelta(hours=22),
    Repeats.WEEKLY: timedelta(days=6),
    Repeats.MONTHLY: timedelta(days=26),
}


class Window(Struct, frozen=True, kw_only=True):
    begins_at: datetime
    ends_at: datetime


class Maintenance(Struct, frozen=True, kw_only=True):
    """Planned or running. Without an integration it is for all of the server; all `matchers` have to hold.

    `begins_at` is the begin of the first window; `zone` is an IANA name, empty for UTC. Windows that begin no later
    than `skipped_until` do not count: one was ended early. `running` is the window that is announced now. `due_at` is
    None once nothing more will happen.
    """

    id: str
    server_id: str
    integration_id: str = ""
    integration_name: str = ""
    matchers: tuple[Matcher, ...] = ()
    reason: str = ""
    by: str = ""
    created_at: datetime
    begins_at: datetime
    seconds: int
    repeats: Repeats = Repeats.NEVER
    zone: str = ""
    skipped_until: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""
    running: Window | None = None
    card: Posted | None = None
    cards: int = 0
    due_at: datetime | None = None

    @property
    def length(self) -> timedelta:
        return timedelta(seconds=self.seconds)

    @property
    def name(self) -> str:
        """What people call it: its reason, else what it is for."""
        return self.reason or self.integration_name

    @property
    def over(self) -> bool:
        return self.due_at is None

    @property
    def over_at(self) -> datetime:
        """When it ended for good, once it is over: what comes again is over when somebody says so."""
        return self.ended_at or self.begins_at + self.length


MaintenanceChange = Change[Maintenance]


# ---- when ----------------------------------------------------------------------------------------------------------


def next_window(maintenance: Maintenance, at: datetime) -> Window | None:
    """The one that is open at this instant, else the next; None when there is none any more."""
    if maintenance.ended_at is not None:
        return None
    if maintenance.repeats is Repeats.NEVER:
        return _counted(maintenance, _window(maintenance, maintenance.begins_at), at)
    first = _local(maintenance, maintenance.begins_at).date()
    start = max(first, _local(maintenance, at - maintenance.length).date() - DAY)
    days = (start + n * DAY for n in range(LOOKED_AHEAD))
    windows = (_on(maintenance, day) for day in days if _takes_place(maintenance, first, day))
    return next((window for window in windows if _counted(maintenance, window, at)), None)


def window_at(maintenance: Maintenance, at: datetime) -> Window | None:
    """The window that is open at this instant."""
    window = next_window(maintenance, at)
    return window if window is not None and window.begins_at <= at else None


def active(maintenance: Maintenance, at: datetime) -> bool:
    return window_at(maintenance, at) is not None


def next_change(maintenance: Maintenance, after: datetime) -> datetime | None:
    """When it begins or ends next, later than this; None when it never does."""
    window = next_window(maintenance, after)
    if window is None:
        return None
    return window.begins_at if window.begins_at > after else window.ends_at


def _counted(maintenance: Maintenance, window: Window, at: datetime) -> Window | None:
    skipped = maintenance.skipped_until is not None and window.begins_at <= maintenance.skipped_until
    return window if window.ends_at > at and not skipped else None


def _window(maintenance: Maintenance, begins_at: datetime) -> Window:
    return Window(begins_at=begins_at, ends_at=begins_at + maintenance.length)


def _on(maintenance: Maintenance, day: date) -> Window:
    """Its window on a day of its zone."""
    begin = _local(maintenance, maintenance.begins_at)
    if day == begin.date():
        return _window(maintenance, maintenance.begins_at)
    local = datetime.combine(day, begin.time(), begin.tzinfo)
    return _window(maintenance, local.astimezone(maintenance.begins_at.tzinfo))


def _takes_place(maintenance: Maintenance, first: date, day: date) -> bool:
    match maintenance.repeats:
        case Repeats.WEEKDAYS:
            return day.weekday() < 5 or day == first
        case Repeats.WEEKLY:
            return day.weekday() == first.weekday()
        case Repeats.MONTHLY:
            return day.day == min(first.day, monthrange(day.year, day.month)[1])
        case _:
            return True


def _local(maintenance: Maintenance, at: datetime) -> datetime:
    try:
        return at.astimezone(ZoneInfo(maintenance.zone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        return at.astimezone(ZoneInfo("UTC"))


# ---- what people and time do to it ---------------------------------------------------------------------------------


def planned(maintenance: Maintenance, *, now: datetime) -> MaintenanceChange:
    """A new one; if it begins at once that is announced at once."""
    return advance(replace(maintenance, due_at=maintenance.begins_at), now=now)


def advance(maintenance: Maintenance, *, now: datetime) -> MaintenanceChange:
    """Time passes: a window begins or ends. Both are told in the channel."""
    if maintenance.due_at is None or maintenance.due_at > now:
        return Change(doc=maintenance)
    window = window_at(maintenance, now)
    if maintenance.running is not None and maintenance.running != window:
        return _closed(maintenance, now=now)
    if window is not None and maintenance.running is None:
        began = replace(
            maintenance, running=window, card=None, cards=maintenance.cards + 1, ended_by="", due_at=window.ends_at
        )
        return Change(doc=began, effects=(_draw(), _review()))
    return Change(doc=replace(maintenance, due_at=next_change(maintenance, now)))


def end(maintenance: Maintenance, *, by: str, now: datetime, for_good: bool = False) -> MaintenanceChange:
    """What runs ends now, and what it silenced fires again; one that comes again does so, unless `for_good`.

    What does not run yet is called off.
    """
    if maintenance.over:
        return Change(doc=maintenance, note=say("The maintenance “{name}” is over already.", name=_shown(maintenance)))
    ran = active(maintenance, now)
    once = maintenance.repeats is Repeats.NEVER
    if not (ran or once or for_good) and _just_ended(maintenance, now):
        return Change(doc=maintenance, note=_ended_in_words(maintenance, ran=True, now=now))
    stopped = replace(maintenance, skipped_until=now, ended_by=by)
    if once or for_good or not ran:
        stopped = replace(stopped, ended_at=now)
    change = _closed(stopped, now=now)
    note = _ended_in_words(change.doc, ran=ran, now=now)
    return replace(change, effects=(*_reviews(now), *change.effects), note=note)


def _just_ended(maintenance: Maintenance, now: datetime) -> bool:
    """Whoever presses twice, or a moment after its time, means the time that is over and none to come."""
    skipped = maintenance.skipped_until
    return maintenance.running is not None or (skipped is not None and now - skipped < PRESSED_AGAIN)


def _closed(maintenance: Maintenance, *, now: datetime) -> MaintenanceChange:
    following = next_window(maintenance, now)
    after = replace(maintenance, running=None, due_at=following.begins_at if following else None)
    shown = (_draw(), Effect(key="tell", do=Tell())) if maintenance.running is not None else ()
    return Change(doc=after, effects=shown)


def _reviews(now: datetime) -> tuple[Effect, ...]:
    again = (Effect(key=f"review-{wait.seconds}", do=ReviewGroups(), at=now + wait) for wait in REVIEWED_AGAIN)
    return (_review(), *again)


def _review() -> Effect:
    return Effect(key="review", do=ReviewGroups())


def _draw() -> Effect:
    return Effect(key="draw", do=Draw())


def drawn(maintenance: Maintenance, *, card: Posted | None, number: int) -> MaintenanceChange:
    """The announcement is there; None where it was deleted. `number` is the one that was drawn."""
    if number != maintenance.cards:
        return Change(doc=maintenance)
    return Change(doc=replace(maintenance, card=card))


def _ended_in_words(maintenance: Maintenance, *, ran: bool, now: datetime) -> Text:
    name = _shown(maintenance)
    if not ran:
        return say("The maintenance “{name}” is called off.", name=name)
    following = next_window(maintenance, now)
    if following is None:
        return say("The maintenance “{name}” is over. What it silenced pages people now.", name=name)
    return say(
        "The maintenance “{name}” is over for now and comes again {at}. What it silenced pages people now.",
        name=name,
        at=following.begins_at,
    )


def _shown(maintenance: Maintenance) -> str:
    return neutral(maintenance.name, REASON_LENGTH) or "all"
