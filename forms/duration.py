"""Spans of time as people write them: `30m`, `2h`, `1 day`, `until 18:00`, `until tomorrow 9:00`, `until Monday`,
and `until working hours`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import ValidationError

from forms.message import Message

LONGEST = timedelta(days=30)
EXAMPLES = Message("Write a duration such as 30m, 2h or 1d, or a time such as `until 18:00` or `until tomorrow 9:00`.")
LENGTHS = Message("Write a duration such as 30m, 2h or 1d.")
UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MORNING = time(9)
WORK = ("working hours", "work", "office hours", "business hours")
SATURDAY = 5
# `tonight` goes on until somebody would call it morning.
EARLY = time(6)

_PIECE = re.compile(
    r"(\d{1,5}(?:\.\d{1,2})?)\s*(m|min|mins|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(?![a-z])\s*", re.IGNORECASE
)
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*(?:([ap])\.?m\.?)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Either `seconds` from now, or the next `clock` time `days` ahead or on `weekday` (0 is Monday), in one's zone.

    With `today` it is a time of this day, or of the night after it, even if that has passed; `or_later` is what a clock
    time without am or pm may mean, too, where the first has passed. `at_work`: of the next day from Monday to Friday.
    """

    seconds: int = 0
    clock: time | None = None
    days: int = 0
    weekday: int | None = None
    today: bool = False
    or_later: time | None = None
    at_work: bool = False

    def end(self, now: datetime, zone: str) -> datetime:
        """The instant this span ends, for somebody who lives in `zone` (an IANA name; empty is UTC)."""
        if self.clock is None:
            return now + timedelta(seconds=self.seconds)
        here = now.astimezone(zone_of(zone))
        if self.today:
            return self._today(self.clock, here, now)
        if self.at_work:
            return self._at_work(self.clock, here, now)
        day = here.date() + timedelta(days=self.days)
        if self.weekday is not None:
            day += timedelta(days=(self.weekday - day.weekday()) % 7)
        later = day + timedelta(days=7 if self.weekday is not None else 1)
        # When the clocks go back, a time of day comes twice (PEP 495); compared as instants, not as times on the wall.
        ends = [
            datetime.combine(on, self.clock, here.tzinfo).replace(fold=fold) for on in (day, later) for fold in (0, 1)
        ]
        instants = [end.astimezone(now.tzinfo) for end in ends]
        return next(instant for instant in instants if instant > now)

    def _at_work(self, clock: time, here: datetime, now: datetime) -> datetime:
        days = [here.date() + timedelta(days=ahead) for ahead in range(4)]
        opening = [datetime.combine(day, clock, here.tzinfo) for day in days if day.weekday() < SATURDAY]
        return next(at for at in (one.astimezone(now.tzinfo) for one in opening) if at > now)

    def _today(self, clock: time, here: datetime, now: datetime) -> datetime:
        day = here.date() + timedelta(days=self.days)
        clocks = [clock, *([self.or_later] if self.or_later else [])]
        instants = [datetime.combine(day, one, here.tzinfo).astimezone(now.tzinfo) for one in clocks]
        return next((instant for instant in instants if instant > now), instants[-1])


def zone_of(name: str) -> ZoneInfo:
    """The zone with this IANA name; UTC where there is none."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def read_span(text: str) -> Span:
    """Raises ValidationError with examples where the text is no span between a minute and thirty days."""
    wanted = text.strip().lower()
    span = read_until(wanted.removeprefix("until ").strip()) if wanted.startswith("until ") else _lasting(wanted)
    if span is None:
        raise ValidationError(EXAMPLES)
    return span


def read_length(text: str) -> Span:
    """As `read_span`, where a time of day makes no sense."""
    span = _lasting(text.strip().lower())
    if span is None:
        raise ValidationError(LENGTHS)
    return span


def _lasting(text: str) -> Span | None:
    text = text.removeprefix("for ").replace(" and ", " ").strip()
    if text.isdigit():
        text += "m"
    pieces = _PIECE.findall(text)
    if not pieces or _PIECE.sub("", text).strip(" ,"):
        return None
    seconds = int(sum(float(number) * UNITS[unit[0].lower()] for number, unit in pieces))
    if not 60 <= seconds <= LONGEST.total_seconds():
        raise ValidationError(Message("Choose a time between one minute and 30 days."))
    return Span(seconds=seconds)


def read_until(text: str) -> Span | None:
    """What may follow `until`, in small letters; None where it is nothing of that."""
    if text in WORK:
        return Span(clock=MORNING, at_work=True)
    first, _, rest = text.partition(" ")
    rest = rest.strip().removeprefix("at ").strip()
    if first == "today":
        return _today(rest)
    if first == "tonight":
        return _tonight(rest)
    if first == "tomorrow" or first in WEEKDAYS:
        clock = read_clock(rest) if rest else MORNING
        weekday = WEEKDAYS.index(first) if first in WEEKDAYS else None
        return Span(clock=clock, days=int(weekday is None), weekday=weekday) if clock else None
    clock = read_clock(text.removeprefix("at ").strip())
    return Span(clock=clock) if clock else None


def _today(text: str) -> Span | None:
    """Never tomorrow: at ten, `today 8:00` is eight in the evening."""
    clock = read_clock(text)
    if clock is None:
        return None
    return Span(clock=clock, today=True, or_later=_evening(clock) if _is_vague(text, clock) else None)


def _tonight(text: str) -> Span | None:
    """`tonight 9:00` is nine in the evening, `tonight 2:00` is two in the morning after."""
    clock = read_clock(text)
    if clock is None:
        return None
    if clock < EARLY:
        return Span(clock=clock)
    if not _is_vague(text, clock):
        return Span(clock=clock, today=True)
    evening = _evening(clock)
    return Span(clock=evening, today=True) if evening else Span(clock=clock.replace(hour=0))


def _is_vague(text: str, clock: time) -> bool:
    """Whether it says neither am nor pm, and could be either."""
    return not text.rstrip(".").endswith("m") and 1 <= clock.hour <= 12


def _evening(clock: time) -> time | None:
    return clock.replace(hour=clock.hour + 12) if clock.hour < 12 else None


def read_clock(text: str) -> time | None:
    """`18:00`, `6pm`, `6 p.m.`, `18`; None where it is no time of day."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None
