"""Form and the kinds of field: what a person fills in, declared once and drawn on every surface.

A field is a marshmallow field that also knows its label, hint and help. The order of the fields is the order of typed
arguments; `typed=False` fields can only be given by name (`--reason …`); `rest=True` takes the rest of the line; a word
that does not fit the `shape` (a pattern) of a field is for the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from forms.duration import Span, read_span
from forms.message import Message

TITLE_BYTES = 24
LABEL_BYTES = 24
HELP_BYTES = 150
HINT_BYTES = 150
TEXT_LENGTH = 150
LONG_TEXT_LENGTH = 3000
NEEDED = Message("This is needed.")


class Kind(StrEnum):
    """What a field is, for the surfaces' type tables."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    SECRET = "secret"
    NUMBER = "number"
    EMAIL = "email"
    PHONE = "phone"
    LINK = "link"
    DURATION = "duration"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    CHOICES = "choices"
    LOOKUP = "lookup"
    LOOKUPS = "lookups"
    USER = "user"
    USERS = "users"
    CHANNEL = "channel"
    TOGGLE = "toggle"


# Kinds that a typed command draws as text, so that they can take the rest of the line.
RESTFUL = frozenset(
    {
        Kind.TEXT,
        Kind.LONG_TEXT,
        Kind.EMAIL,
        Kind.PHONE,
        Kind.LINK,
        Kind.DURATION,
        Kind.DATE,
        Kind.DATETIME,
        Kind.LOOKUP,
        Kind.USERS,
        Kind.CHOICES,
        Kind.LOOKUPS,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing to choose. `label` is what people read."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A field is there only while another one, a choice or a switch, has one of these values."""

    field: str
    among: tuple[str, ...]


class Input(fields.Field[Any]):
    """What every kind of field knows beside its validation."""

    kind: ClassVar[Kind]

    def __init__(
        self,
        label: str,
        *,
        hint: str = "",
        help: str = "",
        typed: bool = True,
        rest: bool = False,
        required: bool = False,
        default: Any = "",
        options: Iterable[Option] = (),
        choices: str = "",
        shape: str = "",
        when: When | None = None,
        max_length: int = TEXT_LENGTH,
        validators: Iterable[Callable[[Any], Any]] = (),
    ) -> None:
        extra: dict[str, Any] = {} if required else {"load_default": default}
        super().__init__(required=required, allow_none=not required, validate=list(validators), **extra)
        self.label = label
        self.hint = hint
        self.help = help
        self.typed = typed
        self.rest = rest
        self.options = tuple(options)
        self.choices = choices
        self.shape = shape
        self.when = when
        self.otherwise = default
        self.max_length = max_length
        self.error_messages["required"] = NEEDED
        self.error_messages["null"] = NEEDED

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return self.read(value)

    def read(self, value: Any) -> Any:
        """Turn raw input into the value the command gets; ValidationError says what to do."""
        raise NotImplementedError

    def fits(self, value: Any) -> bool:
        """Whether raw input would be taken."""
        try:
            return not is_empty(value) and self.read(value) is not None
        except ValidationError:
            return False

    def items(self, value: Any) -> tuple[str, ...]:
        """Raw input as the things it names, unchecked: one, or several where a field takes several."""
        return () if is_empty(value) else (str(value).strip(),)


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
    """A span as people write it: `30m`, `2h`, `until 18:00`, `until tomorrow 9:00`."""

    kind = Kind.DURATION

    def read(self, value: Any) -> Span:
        return read_span(str(value))


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
        """The fields that apply to these raw values, in order. Without a field there is nothing that depends on it."""
        found: dict[str, Input] = {}
        for name, field in cls.inputs().items():
            other = found.get(field.when.field) if field.when else None
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


def is_empty(value: object) -> bool:
    """Nothing was given: missing, null, blank, or a list of such."""
    if isinstance(value, (list, tuple)):
        return all(is_empty(one) for one in value)
    return value is None or (isinstance(value, str) and not value.strip())


def _deciding(field: Input, value: Any) -> str:
    """What a choice or a switch stands at, as text."""
    text = str(field.otherwise if is_empty(value) else value)
    return meant(text, field.options) or text.strip().lower()


def meant(text: str, options: Iterable[Option]) -> str | None:
    """The value of the option that is written so, by value or label."""
    wanted = text.strip().lower()
    return next((one.value for one in options if wanted in (one.value.lower(), one.label.lower())), None)


def flag_of(name: str) -> str:
    """How a field is called when it is given by name."""
    return name.replace("_", "-")
