"""Days and moments: `2026-12-01`, `1.12.2026 18:00`, `tomorrow 9:00`, `Monday`, `18:00`, `in 2h`, or as pickers write.

What they mean depends on the person's zone and on now, so a field gives a value that can be asked for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from marshmallow import ValidationError

from forms.base import Input, Kind
from forms.duration import MORNING, WEEKDAYS, Span, read_clock, read_span, read_until, zone_of
from forms.message import Message

DAY_EXAMPLES = Message("Write a day such as 2026-12-01, `tomorrow` or `Monday`.")
MOMENT_EXAMPLES = Message("Write a time such as 2026-12-01 18:00, `tomorrow 9:00`, 18:00 or `in 2h`.")
YEARS = range(2000, 2200)

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(z|[+-]\d\d:\d\d)", re.IGNORECASE)
_LOCAL_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)[t ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?", re.IGNORECASE)
_NEARBY = {"yesterday": -1, "today": 0, "tomorrow": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A date, or a day `ahead` of today, or the next such `weekday` (0 is Monday), which may be today."""

    fixed: date | None = None
    ahead: int = 0
    weekday: int | None = None

    def on(self, now: datetime, zone: str) -> date:
        """The date for somebody who lives in `zone` (an IANA name; empty is UTC)."""
        if self.fixed is not None:
            return self.fixed
        today = now.astimezone(zone_of(zone)).date()
        more = self.ahead if self.weekday is None else (self.weekday - today.weekday()) % 7
        return today + timedelta(days=more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An `instant` that was written with its offset, or the end of a `span`, or a `clock` time on a `day`."""

    instant: datetime | None = None
    span: Span | None = None
    day: date | None = None
    clock: time = MORNING

    def at(self, now: datetime, zone: str) -> datetime:
        """The instant for somebody who lives in `zone`. A time that the clocks skip is the one after the gap."""
        if self.instant is not None:
            return self.instant.astimezone(now.tzinfo)
        if self.day is None:
            return (self.span or Span()).end(now, zone)
        return datetime.combine(self.day, self.clock, zone_of(zone)).astimezone(now.tzinfo)


def read_day(text: str) -> Day:
    """Raises ValidationError with examples."""
    wanted = _plain(text)
    if wanted in _NEARBY:
        return Day(ahead=_NEARBY[wanted])
    if wanted in WEEKDAYS:
        return Day(weekday=WEEKDAYS.index(wanted))
    stamp = _LOCAL_STAMP.match(wanted)
    found = read_date(stamp[1] if stamp else wanted)
    if found is None:
        raise ValidationError(DAY_EXAMPLES)
    return Day(fixed=found)


def read_moment(text: str) -> Moment:
    """Raises ValidationError with examples."""
    wanted = _plain(text)
    moment = _stamp(wanted) or _on_date(wanted) or _relative(wanted)
    if moment is None:
        raise ValidationError(MOMENT_EXAMPLES)
    return moment


def read_date(text: str) -> date | None:
    """Year first, or day first with dots; with slashes nobody knows which is which."""
    iso, dotted = _ISO.fullmatch(text), _DOTTED.fullmatch(text)
    if iso is None and dotted is None:
        return None
    year, month, day = iso.groups() if iso else reversed(dotted.groups()) if dotted else ()
    if int(year) not in YEARS:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _plain(text: str) -> str:
    wanted = " ".join(text.lower().split())
    for word in ("on ", "at ", "from ", "until "):
        wanted = wanted.removeprefix(word)
    return wanted


def _stamp(text: str) -> Moment | None:
    """With an offset it is an instant; without, a time where the person lives."""
    local = _LOCAL_STAMP.fullmatch(text)
    if local is not None:
        return _on_date(f"{local[1]} {local[2]}")
    if not _STAMP.fullmatch(text):
        return None
    try:
        instant = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return Moment(instant=instant) if instant.year in YEARS else None


def _on_date(text: str) -> Moment | None:
    first, _, rest = text.partition(" ")
    day = read_date(first)
    clock = read_clock(rest.removeprefix("at ")) if rest else MORNING
    return Moment(day=day, clock=clock) if day is not None and clock is not None else None


def _relative(text: str) -> Moment | None:
    if text == "now":
        return Moment(span=Span())
    span = read_until(text)
    if span is not None:
        return Moment(span=span)
    if text.isdecimal():
        return None
    try:
        return Moment(span=read_span(text.removeprefix("in ")))
    except ValidationError:
        return None


class Picked(Input):
    """Chosen with a picker where a surface has one, typed elsewhere. With `ahead` no day before today is offered."""

    def __init__(self, label: str, *, ahead: bool = False, **more: Any) -> None:
        super().__init__(label, **more)
        self.ahead = ahead

    def picked(self, text: str, now: datetime, zone: str) -> str:
        """As a picker wants it; empty where the text is nothing of the kind."""
        try:
            return self._picked(text, now, zone)
        except ValidationError:
            return ""

    def written(self, text: str, now: datetime, zone: str) -> str:
        """As a person would type it: what a picker wrote becomes readable, the rest stays."""
        return text

    def _picked(self, text: str, now: datetime, zone: str) -> str:
        raise NotImplementedError


class Date(Picked):
    """A day."""

    kind = Kind.DATE

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, **{"hint": "2026-12-01, tomorrow", **more})

    def read(self, value: Any) -> Day:
        return read_day(str(value))

    def _picked(self, text: str, now: datetime, zone: str) -> str:
        return self.read(text).on(now, zone).isoformat()


class DateTime(Picked):
    """A moment."""

    kind = Kind.DATETIME

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, **{"hint": "2026-12-01 18:00, tomorrow 9:00", **more})

    def read(self, value: Any) -> Moment:
        return read_moment(str(value))

    def written(self, text: str, now: datetime, zone: str) -> str:
        if not _STAMP.fullmatch(text.strip()):
            return text
        return self.picked(text, now, zone)[:16].replace("T", " ") or text

    def _picked(self, text: str, now: datetime, zone: str) -> str:
        return self.read(text).at(now, zone).astimezone(zone_of(zone)).isoformat(timespec="seconds")
