"""Sentences for people, kept apart from their language, zone and surface until somebody reads them.

The core says what happened as a `Text`: an English template and its values. `bot.words` turns it into words in the
reader's language, with instants in the reader's zone.
"""

from __future__ import annotations

from msgspec import Struct, convert, field


class Text(Struct, frozen=True, kw_only=True):
    """An English template with `{name}` places, and what goes there.

    A value may be a string, a number, an aware UTC datetime (drawn as a time in the reader's zone) or another Text.
    Where `other` is given it is the template for a `count` that is not one.
    """

    english: str
    other: str = ""
    values: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """A Text within a stored Text comes back as its fields."""
        for name, value in self.values.items():
            if isinstance(value, dict):
                self.values[name] = convert(value, Text)

    def __bool__(self) -> bool:
        return bool(self.english)


NOTHING = Text(english="")


def say(english: str, /, **values: object) -> Text:
    """A sentence: `say("#{number} is resolved.", number=12)`."""
    return Text(english=english, values=values)


def count(one: str, other: str, /, **values: object) -> Text:
    """A sentence that depends on `count`: `count("{count} alert", "{count} alerts", count=3)`."""
    return Text(english=one, other=other, values=values)
