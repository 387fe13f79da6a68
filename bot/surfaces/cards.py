"""The parts of a card that both surfaces show alike: headline, state, what happens next, details and links."""

from __future__ import annotations

from typing import Any

from bot.core.alert_group import Link
from bot.core.cards import VALUE_LENGTH, Card, Field
from bot.core.neutral import neutral, one_line, plain, unpinged
from bot.core.text import Text, say
from bot.words import Reader, words

# Some clients draw the names of fields with markup and some without, so that backslashes would be seen there.
MARKUP = str.maketrans("", "", "[]<>`*~|\\#!")


def headline(card: Card, reader: Reader) -> str:
    """The message itself: what a phone's notification shows, so it carries everything that matters in one line."""
    title = f"**{f'{card.name} {_title(card, reader)}'.strip()}**"
    if card.addressed_to:
        return words(
            say("{mark} {name}, you are on call: {title}", mark=card.mark, name=card.addressed_to, title=title), reader
        )
    return f"{card.mark} {title}"


def body(card: Card, reader: Reader) -> list[str]:
    """The lines under the state. Nobody is pinged by them: that is what pages are for."""
    lines = [unpinged(words(card.next, reader))] if card.next else []
    if card.summary:
        lines.append(neutral(card.summary))
    if card.samples:
        # The empty line ends the list; without it, what follows would become part of its last item.
        lines += [*(f"- {neutral(one_line(sample), VALUE_LENGTH)}" for sample in card.samples), ""]
    if card.links:
        lines.append(" · ".join(_link(link, reader) for link in card.links))
    return [*lines, words(card.more, reader)] if card.more else lines


def details(card: Card, reader: Reader) -> str:
    """The fields in one line, for places that have no fields."""
    return " · ".join(f"{_name(field, reader)}: {_value(field, reader)}" for field in card.fields)


def attachment(card: Card, reader: Reader) -> dict[str, Any]:
    """A message attachment without actions."""
    state = words(card.state, reader)
    return {
        "fallback": f"{card.name} {plain(_plain_title(card, reader))} ({state})".lstrip(),
        "color": card.colour,
        "text": "\n".join([f"**{state}**", *body(card, reader)]).rstrip(),
        "fields": [
            {"title": _name(field, reader), "value": _value(field, reader), "short": field.short}
            for field in card.fields
        ],
    }


def _title(card: Card, reader: Reader) -> str:
    return words(card.title, reader) if isinstance(card.title, Text) else neutral(one_line(card.title), 200)


def _plain_title(card: Card, reader: Reader) -> str:
    return words(card.title, reader) if isinstance(card.title, Text) else card.title


def _name(field: Field, reader: Reader) -> str:
    return plain(field.name.translate(MARKUP), 60) if isinstance(field.name, str) else words(field.name, reader)


def _value(field: Field, reader: Reader) -> str:
    return neutral(field.value, VALUE_LENGTH) if isinstance(field.value, str) else words(field.value, reader)


def _link(link: Link, reader: Reader) -> str:
    safe = link.url.replace("(", "%28").replace(")", "%29").replace(" ", "%20")
    label = words(link.label, reader) if isinstance(link.label, Text) else link.label
    return f"[{neutral(label, 40)}]({safe})"
