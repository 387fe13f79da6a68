"""What every field of a form is: its kind, its words, and how raw input becomes a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from marshmallow import ValidationError, fields

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
        unless: str = "",
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
        self.unless = unless
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

    def settles(self, value: Any) -> bool:
        """Whether raw input leaves nothing to choose, so that fields `unless` this one are not asked for."""
        return not is_empty(value)

    def items(self, value: Any) -> tuple[str, ...]:
        """Raw input as the things it names, unchecked: one, or several where a field takes several."""
        return () if is_empty(value) else (str(value).strip(),)


def is_empty(value: object) -> bool:
    """Nothing was given: missing, null, blank, or a list of such."""
    if isinstance(value, (list, tuple)):
        return all(is_empty(one) for one in value)
    return value is None or (isinstance(value, str) and not value.strip())


def meant(text: str, options: Iterable[Option]) -> str | None:
    """The value of the option that is written so, by value or label."""
    wanted = text.strip().lower()
    return next((one.value for one in options if wanted in (one.value.lower(), one.label.lower())), None)


def flag_of(name: str) -> str:
    """How a field is called when it is given by name."""
    return name.replace("_", "-")
