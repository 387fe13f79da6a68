"""What people type after the slash command, read by the same rules as the Apps framework's web client uses.

Words are positions; `--name value` and `--name=value` give a field by name; quotes keep words together; the field that
takes the rest gets the line from there, verbatim. Beyond those rules: flags may stand behind such a rest, a word that
cannot be what a field with a shape wants goes to the next field (`silence 2h` in the thread of an alert group), and a
span or a moment is as many words as it needs (`maintenance start Web 2 hours Deploy`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice

from bot.call import Value
from bot.registry import Command, Registry
from forms.base import Input, Kind, flag_of

_FLAG = re.compile(r"(?:--|—|-)([A-Za-z][\w-]*)(?=[\s=]|$)(?:\s*(=)\s*)?")
_BEHIND_WORDS = re.compile(rf"(?:^|\s){_FLAG.pattern}")  # what joins words is none, and thousands of those take seconds
_WORD = re.compile(r"\"([^\"]*)\"|`([^`]*)`|“([^”]*)”|(\S+)")
# Neither `2 Stunden` nor `2 huors` may become two minutes with a reason.
_WITH_UNIT = re.compile(r"(?:for\s+)?\d+\s+[^\W\d]\S*", re.IGNORECASE)
TIMES = frozenset({Kind.DURATION, Kind.DATE, Kind.DATETIME})
LONGEST_TIME = 10  # `for 1 week, 2 days, 3 hours and 4 minutes`


@dataclass(slots=True)
class Typed:
    """What was understood: `leftover` is what no field takes."""

    command: str
    values: dict[str, Value] = field(default_factory=dict)
    leftover: str = ""


def read_typed(text: str, registry: Registry) -> Typed:
    words = text.split()
    if not words:
        return Typed(command="help")
    command, length = registry.read_name(words)
    if command is None:
        return _unknown(words, registry)
    rest = text.strip()
    for word in words[:length]:
        rest = rest.removeprefix(word).lstrip()
    return _read_arguments(command, rest)


def _unknown(words: list[str], registry: Registry) -> Typed:
    """The first word of a longer name asks for help on it; anything else is reported by its first word."""
    if registry.starting_with(words[0]):
        return Typed(command="help", values={"command": words[0].lower()})
    return Typed(command=words[0].lower())


def _read_arguments(command: Command, rest: str) -> Typed:
    typed = Typed(command=command.name)
    flags = {flag_of(name): name for name in command.form.inputs()}
    waiting = command.form.positional()
    while rest:
        flag = _FLAG.match(rest)
        if flag and flag[1].lower() in flags:
            name = flags[flag[1].lower()]
            rest = _read_flag(typed, name, command.form.inputs()[name], rest[flag.end() :], bool(flag[2]), flags)
            waiting = [(other, field) for other, field in waiting if other != name]
            continue
        if not waiting:
            typed.leftover = rest
            return typed
        name, field = waiting.pop(0)
        if waiting and field.shape and not re.fullmatch(field.shape, _next_word(rest)[0]):
            continue
        if field.kind is Kind.LOOKUPS and field.shape:
            typed.values[name], rest = _fitting_words(rest, field.shape, flags, waiting[:1])
        elif field.rest:
            typed.values[name], rest = _rest_of_line(rest, flags)
        elif field.kind in TIMES:
            following = [one for other, one in waiting[:1] if other not in _given(rest, flags)]
            typed.values[name], rest = _time(rest, field, flags, following)
        else:
            typed.values[name], rest = _next_word(rest)
    return typed


def _read_flag(typed: Typed, name: str, field: Input, rest: str, equals: bool, flags: dict[str, str]) -> str:
    rest = rest.lstrip()
    if field.kind is Kind.TOGGLE and not equals:
        word, after = _next_word(rest) if rest else ("", "")
        if word.lower() in ("true", "false"):
            typed.values[name] = word.lower() == "true"
            return after
        typed.values[name] = True
        return rest
    if field.kind in TIMES and rest:
        typed.values[name], rest = _time(rest, field, flags, [])
        return rest
    typed.values[name], rest = _next_word(rest) if rest else ("", "")
    return rest


def _fitting_words(rest: str, shape: str, flags: dict[str, str], following: list[tuple[str, Input]]) -> tuple[str, str]:
    """As many words as fit. `silence 12 13 2 hours`: a number that the next field cannot do without is left to it."""
    words, after = [_next_word(rest)[0]], _next_word(rest)[1]
    before = rest
    while after and re.fullmatch(shape, _next_word(after)[0]):
        before = after
        word, after = _next_word(after)
        words.append(word)
    if (
        len(words) > 1
        and words[-1].isdecimal()
        and words[-2][-1:].isalnum()
        and _needs(following, before, after, flags)
    ):
        return " ".join(words[:-1]), before
    return " ".join(words), after


def _needs(following: list[tuple[str, Input]], more: str, rest: str, flags: dict[str, str]) -> bool:
    """Whether a needed field is whole with `more` and not with the `rest` alone."""
    given = _given(rest, flags)
    return any(
        field.required
        and name not in given
        and not field.fits(_rest_of_line(rest, flags)[0])
        and field.fits(_rest_of_line(more, flags)[0])
        for name, field in following
    )


def _time(rest: str, field: Input, flags: dict[str, str], following: list[Input]) -> tuple[str, str]:
    """As many words as are one span or moment, unless the next field is one, too, and would get none."""
    word, after = _next_word(rest)
    if not rest.startswith(word):
        return word, after
    line = rest[: _flag_in(rest, flags)]
    fitting = _beginnings(line, field)
    others = [other for other in following if other.kind in TIMES]
    shared = [end for end in fitting if any(_beginnings(line[end:].lstrip(), other) for other in others)]
    end = max(shared or fitting, default=0)
    unit = _WITH_UNIT.match(line) if field.kind is Kind.DURATION else None
    end = max(end, unit.end() if unit else 0)
    return (line[:end], rest[end:].lstrip()) if end else (word, after)


def _beginnings(line: str, field: Input) -> list[int]:
    """Where the words end that together are something for the field."""
    ends = [found.end() for found in islice(re.finditer(r"\S+", line), LONGEST_TIME)]
    return [end for end in ends if field.fits(line[:end])]


def _given(rest: str, flags: dict[str, str]) -> set[str | None]:
    """The fields that flags behind give."""
    return {flags.get(flag.lower()) for flag, _ in _BEHIND_WORDS.findall(rest)}


def _next_word(rest: str) -> tuple[str, str]:
    found = _WORD.match(rest)
    if found is None:
        return rest, ""
    word = next(group for group in found.groups() if group is not None)
    return word, rest[found.end() :].lstrip()


def _rest_of_line(rest: str, flags: dict[str, str]) -> tuple[str, str]:
    """Up to a flag that we know, so that `silence 12 until 18:00 --reason deploy` works."""
    end = _flag_in(rest, flags)
    return _unquoted(rest[:end].strip()), rest[end:].lstrip()


def _flag_in(rest: str, flags: dict[str, str]) -> int:
    """Where the first flag begins that we know; else the end."""
    found = re.finditer(r"(?:^|\s)(?:--|—)([A-Za-z][\w-]*)(?=[\s=]|$)", rest)
    return next((one.start() for one in found if one[1].lower() in flags), len(rest))


def _unquoted(text: str) -> str:
    """Quotes around the whole are no part of it; quotes within are."""
    return text[1:-1] if re.fullmatch(r'"[^"]+"', text) else text
