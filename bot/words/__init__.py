"""Texts turned into words: in the reader's language, with instants as times in the reader's zone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time

from bot.core.text import Text

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads, and when: an empty zone means the times are for people in several zones and say UTC."""

    now: datetime
    locale: str = "en"
    zone: str = ""


def words(text: Text, reader: Reader) -> str:
    template = text.english
    if text.other and text.values.get("count") != 1:
        template = text.other
    return template.format_map({name: _drawn(value, reader) for name, value in text.values.items()})


def paragraph(lines: tuple[Text, ...], reader: Reader) -> str:
    return "\n".join(words(line, reader) for line in lines)


def _drawn(value: object, reader: Reader) -> str:
    if isinstance(value, Text):
        return words(value, reader)
    if isinstance(value, datetime):
        return moment(value, reader)
    return str(value)


def moment(at: datetime, reader: Reader) -> str:
    """A time of day where the reader lives; with the date when it is another day there."""
    zone, locale = _zone(reader.zone), _locale(reader.locale)
    local, today = at.astimezone(zone), reader.now.astimezone(zone).date()
    clock = format_time(local, "HH:mm", tzinfo=zone, locale=locale)
    if not reader.zone:
        clock += " UTC"
    if local.date() == today:
        return clock
    return f"{format_skeleton('MMMEd', local, tzinfo=zone, locale=locale)}, {clock}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _locale(name: str) -> Locale:
    try:
        return Locale.parse((name or "en").replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
