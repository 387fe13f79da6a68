"""What a text says in English."""

from datetime import UTC, datetime

from bot.core.text import Text
from bot.words import Reader, words


def english(text: Text) -> str:
    return words(text, Reader(now=datetime(2026, 1, 1, tzinfo=UTC)))
