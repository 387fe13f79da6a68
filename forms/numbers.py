"""Alert groups by their numbers, many at once: `12`, `#12, #13`, `12-20`, or by their state: `all`, `all firing`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from forms.message import Message
from forms.several import Lookups

MOST = 100
DIGITS = 9
STATES = {
    "open": ("firing", "acknowledged", "silenced"),
    "firing": ("firing",),
    "acknowledged": ("acknowledged",),
    "acked": ("acknowledged",),
    "silenced": ("silenced",),
}
ALL = "all"
DASHES = "-–—"
JOINED = ("and", "&")

_ONE = rf"#?\d+(?:[{DASHES}]#?\d+)?"
# What one typed word may be.
WORD = rf"(?i:{_ONE}(?:[,\s]+{_ONE})*[,\s]*|{'|'.join((ALL, *STATES, *JOINED, *DASHES))}|,)"
_BETWEEN = re.compile(rf"\s*([{DASHES}])\s*")
_PIECE = re.compile(rf"#?(\d+)(?:[{DASHES}]#?(\d+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Alert groups as somebody named them: each by its number, or all in some `states`; `all` without any is the usual
    ones of the command."""

    numbers: tuple[int, ...] = ()
    states: tuple[str, ...] = ()
    all: bool = False

    def __bool__(self) -> bool:
        return bool(self.numbers or self.all)


NOBODY = Named()


def read_numbers(text: str) -> Named:
    """Raises ValidationError: for what is none of it, and for too many."""
    numbers: dict[int, None] = {}
    states: dict[str, None] = {}
    words = [word for word in _BETWEEN.sub(r"\1", text.lower()).replace(",", " ").split() if word not in JOINED]
    for word in words:
        if word in (ALL, *STATES):
            states |= dict.fromkeys(STATES.get(word, ()))
            continue
        numbers |= dict.fromkeys(_numbers(word))
        if len(numbers) > MOST:
            raise _too_many()
    by_state = any(word in (ALL, *STATES) for word in words)
    if by_state and numbers:
        raise ValidationError(Message("Write either numbers or `all`, not both."))
    return Named(numbers=tuple(numbers), states=tuple(states), all=by_state)


def _numbers(word: str) -> range:
    found = _PIECE.fullmatch(word)
    if found is None or any(len(digits) > DIGITS for digits in found.groups("")):
        raise ValidationError(
            Message("“{word}” is no number of an alert group. Write `12`, `12 15-20` or `all firing`.", word=word[:40])
        )
    one, other = int(found[1]), int(found[2] or found[1])
    named = range(min(one, other), max(one, other) + 1)
    if len(named) > MOST:
        raise _too_many()
    return named


def _too_many() -> ValidationError:
    return ValidationError(
        Message("At most {most} alert groups at once. Name fewer, or write `all` and go on step by step.", most=MOST)
    )


class AlertGroups(Lookups):
    """Alert groups, chosen from a list or typed."""

    one_will_do = True

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, **{"default": NOBODY, "shape": WORD, "hint": "12 15-20", **more})

    def read(self, value: Any) -> Any:
        return read_numbers(_text(value))

    def settles(self, value: Any) -> bool:
        """By number; of all that are in a state some can still be chosen."""
        text = _text(value)
        return self.fits(text) and bool(read_numbers(text).numbers)

    def items(self, value: Any) -> tuple[str, ...]:
        """One by one, where that can be."""
        text = _text(value)
        try:
            named = read_numbers(text)
        except ValidationError:
            return super().items(value)
        return tuple(str(number) for number in named.numbers) or ((text,) if named else ())


def _text(value: Any) -> str:
    """Lists may come in brackets, as the Apps framework's web client writes them."""
    text = " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value or "")
    return " ".join(text.strip().removeprefix("[").removesuffix("]").replace('"', " ").split())
