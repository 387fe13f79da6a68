"""Texts turned into words: in the reader's language, with instants as times in the reader's zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton

from bot.core.text import Text
from bot.words.translations import catalog, language

ENGLISH = "en"

_CODE = re.compile(r"(```.*?```)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads, and when: an empty zone means the times are for people in several zones and say UTC."""

    now: datetime
    locale: str = ENGLISH
    zone: str = ""


def words(text: Text, reader: Reader) -> str:
    sentence = template(text, reader.locale)
    if not text.values:
        return sentence
    return sentence.format_map({name: _drawn(value, reader) for name, value in text.values.items()})


def paragraph(lines: tuple[Text, ...], reader: Reader) -> str:
    return "\n".join(words(line, reader) for line in lines)


def declared(english: str, locale: str) -> str:
    """What stands in a declaration (a label, a hint, a summary), in the language of the locale."""
    return catalog(locale).find(english) or english


def instructions(markdown: str, locale: str) -> str:
    """A declared text in which blocks of code stand: the prose between them is translated, piece by piece."""
    return "".join(
        piece.replace(piece.strip(), declared(piece.strip(), locale)) if is_prose(piece) else piece
        for piece in pieces(markdown)
    )


def pieces(markdown: str) -> list[str]:
    """Prose and blocks of code, as they come."""
    return _CODE.split(markdown)


def is_prose(piece: str) -> bool:
    return bool(piece.strip()) and not piece.startswith("```")


def inline(label: str, locale: str) -> str:
    """A label within a line: English ones begin small there, while German nouns are always written with a capital."""
    return declared(label, locale) if language(locale) else label.lower()


def template(text: Text, locale: str) -> str:
    """In the language of the locale, with its places still empty."""
    if not text.other:
        return declared(text.english, locale)
    number = text.values.get("count")
    number = number if isinstance(number, int) else 0
    return catalog(locale).find(text.english, number) or (text.english if number == 1 else text.other)


def _drawn(value: object, reader: Reader) -> str:
    if isinstance(value, Text):
        return words(value, reader)
    if isinstance(value, datetime):
        return moment(value, reader)
    return str(value)


def moment(at: datetime, reader: Reader) -> str:
    """A time of day where the reader lives; with the date when it is another day there."""
    zone = _zone(reader.zone)
    local, today = at.astimezone(zone), reader.now.astimezone(zone).date()
    clock = f"{local:%H:%M}"
    if not reader.zone:
        clock += " UTC"
    if local.date() == today:
        return clock
    return f"{format_skeleton('MMMEd', local, tzinfo=zone, locale=_locale(reader.locale))}, {clock}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


@lru_cache(maxsize=128)
def _locale(name: str) -> Locale:
    """For dates, in the language of the sentence around them."""
    name = name.replace("-", "_") if language(name) or name.startswith(ENGLISH) else ENGLISH
    try:
        return Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(language(name) or ENGLISH)
