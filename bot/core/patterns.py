"""Regular expressions that take time in proportion to the text, whatever the expression says. Pure.

Python's own may take for ever on a few signs, and these are written by admins of every server and matched against what
anybody sends, between two turns of the event loop. So an expression becomes a Glushkov automaton: one state for each
sign that is matched, sets of states are integers, and a step is a look-up. What that cannot say (back references, looks
around, counts) is refused with a sentence.

Known: signs, `.`, sets as `[a-z]`, `[^0-9]`, `\\d`, `\\w`, `\\s` and their capitals, groups, `|`, `*`, `+`, `?`, and
`(?i)` at the beginning. As with Prometheus, the whole text has to match.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from bot.core.signs import ANY, CLASSES, Alphabet, Signs, literal, together
from bot.core.text import Text, say

LONGEST = 200
LOOKED_AT = 500
REMEMBERED = 200
# Sets of states that an expression can be in. Any that people write for a purpose has a few hundred at most.
MOST_SETS = 1_000

CONTROLS = {"n": "\n", "t": "\t"}
SPECIAL = frozenset("|)*+?{}^$")


# What all expressions together may cost that are tried on one alert group: some hundredths of a second of a processor.
MOST_STEPS = 1_000_000
STEPS_OF_A_SIGN = 50  # of an expression, when it is first used


class Effort:
    """What may still be spent on one alert group, in steps: pairs of states that are looked at."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self._left = steps

    def spend(self, steps: int) -> None:
        """Raises BadPattern."""
        self._left -= steps
        if self._left < 0:
            raise BadPattern(say("These expressions are too complicated together."))


class BadPattern(ValueError):
    """An expression that cannot be used; `text` says why, to the person who wrote it."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.english)
        self.text = text


class _Part(Struct, frozen=True):
    """A part of an expression: whether it may be nothing, and the states that it can begin and end with."""

    empty: bool
    first: int
    last: int


NOTHING = _Part(True, 0, 0)


class Pattern:
    """A compiled expression."""

    def __init__(self, expression: str) -> None:
        if len(expression) > LONGEST:
            raise BadPattern(say("This expression is too long: at most {most} characters.", most=LONGEST))
        parser = _Parser(expression)
        whole = parser.whole()
        self._ignores_case = parser.ignores_case
        self._empty = whole.empty
        self._unpaid = len(expression) * STEPS_OF_A_SIGN
        self._first, self._last = whole.first, whole.last
        self._leads = parser.leads
        self._alphabet = Alphabet(parser.states, ignores_case=parser.ignores_case)
        self._at_sign: dict[str, int] = {}
        self._after: dict[int, int] = {}

    def matches(self, text: str, effort: Effort | None = None) -> bool:
        """Whether the whole text, or its beginning where it is very long, is one of those described.

        Raises BadPattern where that would take too long; from then on always, unless only the `effort` was used up.
        """
        effort = effort or Effort()
        if len(self._after) >= MOST_SETS:
            raise BadPattern(say("This expression is too complicated."))
        text = text[:LOOKED_AT]
        unpaid, self._unpaid = self._unpaid, 0
        effort.spend(unpaid + len(text))
        if self._ignores_case:
            text = text.lower()
        if not text:
            return self._empty
        reachable = self._first
        states = 0
        for sign in text:
            states = reachable & self._fitting(sign)
            if not states:
                return False
            reachable = self._following(states, effort)
        return bool(states & self._last)

    def _fitting(self, sign: str) -> int:
        """The states that take this sign."""
        known = self._at_sign.get(sign)
        if known is None:
            known = self._alphabet.taking(sign)
            _remember(self._at_sign, sign, known)
        return known

    def _following(self, states: int, effort: Effort) -> int:
        known = self._after.get(states)
        if known is None:
            effort.spend(len(self._leads))
            known = 0
            for last, first in self._leads:
                if states & last:
                    known |= first
            if len(self._after) >= MOST_SETS:
                raise BadPattern(say("This expression is too complicated."))
            self._after[states] = known
        return known


@lru_cache(maxsize=500)
def compiled(expression: str) -> Pattern:
    """Raises BadPattern."""
    return Pattern(expression)


def _remember(known: dict[str, int], key: str, value: int) -> None:
    if len(known) >= REMEMBERED:
        known.clear()
    known[key] = value


class _Parser:
    """Reads an expression once, from left to right. From any state of the first of `leads` all of the second follow."""

    def __init__(self, expression: str) -> None:
        self.ignores_case = expression.startswith("(?i)")
        self.states: list[Signs] = []
        self.leads: list[tuple[int, int]] = []
        self._text = expression.removeprefix("(?i)").removeprefix("^")
        if self._text.endswith("$") and not self._text.endswith("\\$"):
            self._text = self._text[:-1]
        self._at = 0

    def whole(self) -> _Part:
        part = self._choice()
        if self._at < len(self._text):
            raise BadPattern(say("A `)` in this expression has no `(` before it."))
        return part

    # ---- how parts are put together ----

    def _choice(self) -> _Part:
        part = self._sequence()
        while self._take("|"):
            other = self._sequence()
            part = _Part(part.empty or other.empty, part.first | other.first, part.last | other.last)
        return part

    def _sequence(self) -> _Part:
        part = NOTHING
        while self._next not in ("", "|", ")"):
            part = self._then(part, self._repeated())
        return part

    def _then(self, one: _Part, other: _Part) -> _Part:
        self._lead(one.last, other.first)
        return _Part(
            one.empty and other.empty,
            one.first | (other.first if one.empty else 0),
            other.last | (one.last if other.empty else 0),
        )

    def _repeated(self) -> _Part:
        part = self._single()
        while self._next and self._next in "*+?":
            sign = self._pop()
            if sign in "*+":
                self._lead(part.last, part.first)
            part = _Part(part.empty or sign in "*?", part.first, part.last)
        return part

    def _lead(self, last: int, first: int) -> None:
        if last and first:
            self.leads.append((last, first))

    # ---- what stands for one sign ----

    def _single(self) -> _Part:
        sign = self._pop()
        if sign == "(":
            return self._group()
        if sign == "[":
            return self._state(self._set())
        if sign == ".":
            return self._state(ANY)
        if sign == "\\":
            return self._state(self._escaped())
        if sign in SPECIAL:
            raise BadPattern(
                say("`{sign}` cannot stand there. Write `\\{sign}` if you mean the sign itself.", sign=sign)
            )
        return self._state(self._literal(sign))

    def _state(self, signs: Signs) -> _Part:
        self.states.append(signs)
        bit = 1 << len(self.states) - 1
        return _Part(False, bit, bit)

    def _group(self) -> _Part:
        if self._take("?") and not self._take(":"):
            raise BadPattern(say("Groups that begin with `(?` are not known here, only `(` and `(?:`."))
        part = self._choice()
        if not self._take(")"):
            raise BadPattern(say("A `(` in this expression is not closed."))
        return part

    def _literal(self, sign: str) -> Signs:
        lower = sign.lower() if self.ignores_case else sign
        return literal(lower if len(lower) == 1 else sign)

    def _escaped(self) -> Signs:
        sign = self._pop()
        if sign.lower() in CLASSES:
            return Signs(classes=sign)
        if not sign or (sign.isalnum() and sign not in CONTROLS):
            raise BadPattern(say("`\\{sign}` is not known here.", sign=sign))
        return self._literal(CONTROLS.get(sign, sign))

    def _set(self) -> Signs:
        inverted = self._take("^")
        members: list[Signs] = []
        while not (self._next == "]" and members):
            if not self._next:
                raise BadPattern(say("A `[` in this expression is not closed."))
            members.append(self._member())
        self._pop()
        return together(members, inverted=inverted)

    def _member(self) -> Signs:
        first = self._pop()
        if first == "\\":
            return self._escaped()
        if self._next != "-" or self._text[self._at + 1 : self._at + 2] in ("", "]"):
            return self._literal(first)
        self._pop()
        last = self._pop()
        if last == "\\" or last < first:
            raise BadPattern(say("`{first}-{last}` is no range of signs.", first=first, last=last))
        return Signs(ranges=((ord(first), ord(last)),))

    # ---- reading ----

    @property
    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _pop(self) -> str:
        sign = self._next
        self._at += 1
        return sign

    def _take(self, sign: str) -> bool:
        if self._next != sign:
            return False
        self._at += 1
        return True
