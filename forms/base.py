"""Form and the kinds of field: what a person fills in, declared once and drawn on every surface.

A field is a marshmallow field that also knows its label, hint and help. The order of the fields is the order of typed
arguments; `typed=False` fields can only be given by name (`--reason …`); `rest=True` takes the rest of the line; a word
that does not fit the `shape` (a pattern) of a field is for the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError

from forms.duration import Span, read_length, read_span
from forms.field import (
    HELP_BYTES,
    HINT_BYTES,
    LABEL_BYTES,
    LONG_TEXT_LENGTH,
    NEEDED,
    RESTFUL,
    TEXT_LENGTH,
    TITLE_BYTES,
    Input,
    Kind,
    Option,
    When,
    flag_of,
    is_empty,
    meant,
)
from forms.message import Message

__all__ = [
    "HELP_BYTES",
    "HINT_BYTES",
    "LABEL_BYTES",
    "LONG_TEXT_LENGTH",
    "NEEDED",
    "RESTFUL",
    "TEXT_LENGTH",
    "TITLE_BYTES",
    "Channel",
    "Choice",
    "Duration",
    "Form",
    "Input",
    "Kind",
    "LongText",
    "Lookup",
    "Number",
    "Option",
    "SecretText",
    "Text",
    "Toggle",
    "User",
    "Users",
    "When",
    "flag_of",
    "is_empty",
    "meant",
]


class Text(Input):
    kind = Kind.TEXT

    def read(self, value: Any) -> str:
        text = str(value).strip()
        if len(text) > self.max_length:
            raise ValidationError(Message("At most {most} characters, please.", most=self.max_length))
        return text


class LongText(Text):
    kind = Kind.LONG_TEXT

    def __init__(self, label: str, *, max_length: int = LONG_TEXT_LENGTH, **more: Any) -> None:
        super().__init__(label, max_length=max_length, **more)


class SecretText(Text):
    """Something that must not be readable on the screen or in a log."""

    kind = Kind.SECRET


class Number(Input):
    kind = Kind.NUMBER

    def __init__(self, label: str, *, minimum: int, maximum: int, **more: Any) -> None:
        super().__init__(label, **more)
        self.minimum = minimum
        self.maximum = maximum

    def read(self, value: Any) -> int:
        try:
            number = float(str(value).strip())
        except ValueError:
            raise ValidationError(Message("This is not a number.")) from None
        if not number.is_integer():
            raise ValidationError(Message("This is not a whole number."))
        if not self.minimum <= number <= self.maximum:
            raise ValidationError(
                Message("Choose a number from {minimum} to {maximum}.", minimum=self.minimum, maximum=self.maximum)
            )
        return int(number)


class Duration(Input):
    """A span as people write it: `30m`, `2h`, `until 18:00`, `until tomorrow 9:00`; or a `length` only."""

    kind = Kind.DURATION

    def __init__(self, label: str, *, length: bool = False, **more: Any) -> None:
        super().__init__(label, **more)
        self.length = length

    def read(self, value: Any) -> Span:
        return read_length(str(value)) if self.length else read_span(str(value))


class Choice(Input):
    """One of the options. With `radio` all of them are seen at once, where the surface can."""

    kind = Kind.CHOICE

    def __init__(self, label: str, *, radio: bool = False, **more: Any) -> None:
        super().__init__(label, **more)
        self.radio = radio

    def read(self, value: Any) -> str:
        chosen = meant(str(value), self.options)
        if chosen is None:
            choices = ", ".join(option.value for option in self.options)
            raise ValidationError(Message("Choose one of: {choices}.", choices=choices))
        return chosen


class Lookup(Text):
    """Chosen from a list that is looked up (`choices` names it); typed text is accepted and checked by the command."""

    kind = Kind.LOOKUP


class User(Text):
    """A Mattermost user: an id, or a name with or without @."""

    kind = Kind.USER


class Users(Input):
    """Several Mattermost users in order: ids or names."""

    kind = Kind.USERS

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, **{"default": (), "hint": "@ana @ben", **more})

    def read(self, value: Any) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name.removeprefix("@") for name in self.items(value)))

    def items(self, value: Any) -> tuple[str, ...]:
        names = value if isinstance(value, (list, tuple)) else str(value or "").replace(",", " ").split()
        return tuple(str(name).strip() for name in names if not is_empty(name))


class Channel(Text):
    """A Mattermost channel: an id, or a name with or without ~."""

    kind = Kind.CHANNEL


class Toggle(Input):
    kind = Kind.TOGGLE

    def __init__(self, label: str, *, default: bool = False, **more: Any) -> None:
        super().__init__(label, default=default, **more)

    def read(self, value: Any) -> bool:
        return str(value).strip().lower() in ("true", "yes", "on", "1")


class Form(Schema):
    """What a person fills in. Empty, null and missing input are the same."""

    title: ClassVar[str] = ""
    submit: ClassVar[str] = "Submit"
    introduction: ClassVar[str] = ""

    class Meta:
        unknown = EXCLUDE

    @classmethod
    def inputs(cls) -> dict[str, Input]:
        """The fields in the order of their declaration."""
        declared: dict[str, Any] = cls._declared_fields
        return {name: field for name, field in declared.items() if isinstance(field, Input)}

    @classmethod
    def positional(cls) -> list[tuple[str, Input]]:
        """The fields that typed words fill, in order. Secrets are never typed: a message box keeps a history."""
        return [(name, field) for name, field in cls.inputs().items() if field.typed and field.kind is not Kind.SECRET]

    @classmethod
    def shown(cls, values: Mapping[str, Any]) -> dict[str, Input]:
        """The fields that apply to these raw values, in order. Without a field there is nothing that depends on it.

        What was filled in is not left out because another field says enough.
        """
        found: dict[str, Input] = {}
        for name, field in cls.inputs().items():
            other = found.get(field.when.field) if field.when else None
            enough = found.get(field.unless) if is_empty(values.get(name)) else None
            if enough and enough.settles(values.get(field.unless)):
                continue
            if field.when is None or (other and _deciding(other, values.get(field.when.field)) in field.when.among):
                found[name] = field
        return found

    @classmethod
    def deciding(cls) -> frozenset[str]:
        """The fields that others depend on: when they change, the form has to be drawn anew."""
        return frozenset(field.when.field for field in cls.inputs().values() if field.when)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Validated values by field name. Raises ValidationError with messages by field name."""
        given = {name: value for name, value in values.items() if not is_empty(value)}
        applying = cls.shown(given)
        absent = {name: field for name, field in cls.inputs().items() if name not in applying and name not in given}
        loaded: dict[str, Any] = cls().load(given, partial=tuple(absent))
        return {**{name: field.otherwise for name, field in absent.items()}, **loaded}


def _deciding(field: Input, value: Any) -> str:
    """What a choice or a switch stands at, as text."""
    text = str(field.otherwise if is_empty(value) else value)
    return meant(text, field.options) or text.strip().lower()
