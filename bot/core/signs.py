"""Which states of an expression take a sign: known before any text comes, and found in a few steps. Pure.

Texts are strangers', and may hold signs that nobody has seen before. So nothing is tried out state by state: the signs
that expressions name cut all signs into stretches, and within one of them all signs are alike but for their classes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import product

from msgspec import Struct

CLASSES: dict[str, Callable[[str], bool]] = {
    "d": str.isdecimal,
    "s": str.isspace,
    "w": lambda sign: sign.isalnum() or sign == "_",
}
LAST = 0x10FFFF
Range = tuple[int, int]
Held = tuple[bool, ...]


class Signs(Struct, frozen=True):
    """What one state takes: these ranges and classes (`d` is a digit, `D` none), or all others if `inverted`."""

    ranges: tuple[Range, ...] = ()
    classes: str = ""
    inverted: bool = False

    def with_classes(self, held: Held) -> bool:
        """Whether one of the classes takes a sign for which those of `CLASSES` hold."""
        known = dict(zip(CLASSES, held, strict=True))
        return any(known[name.lower()] is name.islower() for name in self.classes)


ANY = Signs(ranges=((0, LAST),))


def literal(sign: str) -> Signs:
    return Signs(ranges=((ord(sign), ord(sign)),))


def together(members: Sequence[Signs], *, inverted: bool) -> Signs:
    """A set of signs. Its members are not inverted themselves."""
    return Signs(
        ranges=tuple(one for member in members for one in member.ranges),
        classes="".join(member.classes for member in members),
        inverted=inverted,
    )


class Alphabet:
    """The states of one expression, by sign: states are numbered, and a set of them is an integer."""

    def __init__(self, states: Sequence[Signs], *, ignores_case: bool) -> None:
        self._ignores_case = ignores_case
        self._inverted = sum(1 << place for place, signs in enumerate(states) if signs.inverted)
        self._starts, self._within = _stretches(states)
        self._classes = {held: _taken(states, held) for held in product((False, True), repeat=len(CLASSES))}

    def taking(self, sign: str) -> int:
        """The states that take this sign, which is in lower case where case is ignored."""
        found = self._within[bisect_right(self._starts, ord(sign)) - 1]
        if self._ignores_case and len(upper := sign.upper()) == 1:
            found |= self._within[bisect_right(self._starts, ord(upper)) - 1]
        held = tuple(holds(sign) for holds in CLASSES.values())
        return (found | self._classes[held]) ^ self._inverted


def _taken(states: Sequence[Signs], held: Held) -> int:
    return sum(1 << place for place, signs in enumerate(states) if signs.classes and signs.with_classes(held))


def _stretches(states: Sequence[Signs]) -> tuple[list[int], list[int]]:
    """Where stretches of like signs begin, and the states whose ranges each of them is within."""
    changes: dict[int, int] = {0: 0}
    for place, signs in enumerate(states):
        for start, after in _merged(signs.ranges):
            changes[start] = changes.get(start, 0) ^ 1 << place
            changes[after] = changes.get(after, 0) ^ 1 << place
    starts = sorted(changes)
    within, now = [], 0
    for start in starts:
        now ^= changes[start]
        within.append(now)
    return starts, within


def _merged(ranges: Sequence[Range]) -> list[Range]:
    """The same signs in ranges that do not touch, each with the sign after its last."""
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last + 1))
        else:
            merged.append((first, last + 1))
    return merged
