"""Which language a browser wants: its Accept-Language header (RFC 9110, 12.5.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.words import ENGLISH
from bot.words.translations import language

# A header is of any length; nobody reads more languages than that.
MOST = 20
_WANTED = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,3})\s*(?:;\s*[qQ]=([01](?:\.[0-9]{0,3})?)\s*)?")


def preferred(accepted: str) -> str:
    """The locale they like best of those we have; English where there is none."""
    ranked = sorted(_wanted(accepted), key=lambda one: -one[1])
    return next((locale for locale, weight in ranked if weight and _speaks(locale)), ENGLISH)


def tag(locale: str) -> str:
    """What we answer in, as a `lang` attribute has it."""
    return language(locale).replace("_", "-") or ENGLISH


def _speaks(locale: str) -> bool:
    return bool(language(locale)) or locale.lower().partition("-")[0] == ENGLISH


def _wanted(accepted: str) -> Iterator[tuple[str, float]]:
    for piece in accepted.split(",", MOST)[:MOST]:
        found = _WANTED.fullmatch(piece)
        if found:
            yield found[1], float(found[2] or 1)
