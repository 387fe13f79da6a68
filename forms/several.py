"""Several of a kind in one field: of fixed options, or of a list that is looked up.

Where nothing better can be drawn they are typed as a list: `disk, memory`. Lists may come in brackets, as the Apps
framework's web client writes them, and names with blanks in quotes.
"""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError

from forms.base import NEEDED, Input, Kind, Option, is_empty, meant
from forms.message import Message

_ITEM = re.compile(r"\s*(?:\"([^\"]*)\"|([^,\"]+))\s*(?:,|$)")


class Choices(Input):
    """Any number of the options, in the order in which they were given."""

    kind = Kind.CHOICES

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, **{"default": (), **more})

    def read(self, value: Any) -> tuple[str, ...]:
        chosen = [meant(item, self.options) for item in _needed(self, value)]
        if None in chosen:
            choices = ", ".join(option.value for option in self.options)
            raise ValidationError(Message("Choose from: {choices}.", choices=choices))
        return tuple(dict.fromkeys(one for one in chosen if one is not None))

    def items(self, value: Any) -> tuple[str, ...]:
        """Blanks separate, too, unless they are part of an option's label."""
        found = split_list(value)
        return tuple(
            item for one in found for item in (_apart(one, self.options) if isinstance(value, str) else (one,))
        )


class Lookups(Input):
    """Several from a list that is looked up (`choices` names it); typed names are accepted, the command checks them.

    `one_will_do`: where people cannot choose several, a list to choose one from is better than a line to type in.
    """

    kind = Kind.LOOKUPS
    one_will_do = False

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, **{"default": (), **more})

    def read(self, value: Any) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(_needed(self, value)))
        if any(len(name) > self.max_length for name in names):
            raise ValidationError(Message("At most {most} characters, please.", most=self.max_length))
        return names

    def items(self, value: Any) -> tuple[str, ...]:
        return split_list(value)


def split_list(value: Any) -> tuple[str, ...]:
    """The items of a list, or of a text with commas between them."""
    if isinstance(value, (list, tuple)):
        return tuple(str(one).strip() for one in value if not is_empty(one))
    text = str(value or "").strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    found = [(quoted or plain).strip() for quoted, plain in _ITEM.findall(text)]
    return tuple(item for item in found if item)


def _needed(field: Input, value: Any) -> tuple[str, ...]:
    """A list of nothing but commas is no list."""
    items = field.items(value)
    if field.required and not items:
        raise ValidationError(NEEDED)
    return items


def _apart(text: str, options: tuple[Option, ...]) -> tuple[str, ...]:
    return (text,) if meant(text, options) is not None else tuple(text.split())
