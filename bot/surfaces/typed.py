"""What people type after the slash command, read by the same rules as the Apps framework's web client uses.

Words are positions; `--name value` and `--name=value` give a field by name; quotes keep words together; the field that
takes the rest gets the line from there, verbatim. Beyond those rules: flags may stand behind such a rest, and a word
that cannot be what a field with a shape wants goes to the next field (`silence 2h` in the thread of an alert group).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.call import Value
from bot.registry import Command, Registry
from forms.base import Input, Kind, flag_of

_FLAG = re.compile(r"(?:--|—|-)([A-Za-z][\w-]*)(?=[\s=]|$)(?:\s*(=)\s*)?")
_BEHIND_WORDS = re.compile(rf"(?:^|\s){_FLAG.pattern}")  # what joins words is none, and thousands of those take seconds
_WORD = re.compile(r"\"([^\"]*)\"|`([^`]*)`|“([^”]*)”|(\S+)")


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
            rest = _read_flag(typed, name, command.form.inputs()[name], rest[flag.end() :], bool(flag[2]))
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
        else:
            typed.values[name], rest = _next_word(rest)
    return typed


def _read_flag(typed: Typed, name: str, field: Input, rest: str, equals: bool) -> str:
    rest = rest.lstrip()
    if field.kind is Kind.TOGGLE and not equals:
        word, after = _next_word(rest) if rest else ("", "")
        if word.lower() in ("true", "false"):
            typed.values[name] = word.lower() == "true"
            return after
        typed.values[name] = True
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
    given = {flags.get(flag.lower()) for flag, _ in _BEHIND_WORDS.findall(rest)}
    return any(
        field.required
        and name not in given
        and not field.fits(_rest_of_line(rest, flags)[0])
        and field.fits(_rest_of_line(more, flags)[0])
        for name, field in following
    )


def _next_word(rest: str) -> tuple[str, str]:
    found = _WORD.match(rest)
    if found is None:
        return rest, ""
    word = next(group for group in found.groups() if group is not None)
    return word, rest[found.end() :].lstrip()


def _rest_of_line(rest: str, flags: dict[str, str]) -> tuple[str, str]:
    """Up to a flag that we know, so that `silence 12 until 18:00 --reason deploy` works."""
    for found in re.finditer(r"(?:^|\s)(?:--|—)([A-Za-z][\w-]*)(?=[\s=]|$)", rest):
        if found[1].lower() in flags:
            return _unquoted(rest[: found.start()].strip()), rest[found.start() :].lstrip()
    return _unquoted(rest.strip()), ""


def _unquoted(text: str) -> str:
    """Quotes around the whole are no part of it; quotes within are."""
    return text[1:-1] if re.fullmatch(r'"[^"]+"', text) else text
