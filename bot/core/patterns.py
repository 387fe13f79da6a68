"""Regular expressions that take time in proportion to the text, whatever the expression says. Pure.

Python's own may take for ever on a few signs, and these are written by admins of every server and matched against what
anybody sends, between two turns of the event loop. So an expression becomes a Glushkov automaton: one state for each
sign that is matched, sets of states are integers, and a step is a look-up. What that cannot say (back references, looks
around, counts) is refused with a sentence.

Known: signs, `.`, sets as `[a-z]`, `[^0-9]`, `\\d`, `\\w`, `\\s` and their capitals, groups, `|`, `*`, `+`, `?`, and
`(?i)` at the beginning. As with Prometheus, the whole text has to match.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from bot.core.text import Text, say

LONGEST = 200
LOOKED_AT = 500
REMEMBERED = 2_000
# Sets of states that an expression can be in. Any that people write for a purpose has a few hundred at most.
MOST_SETS = 1_000

Fits = Callable[[str], bool]
CLASSES: dict[str, Fits] = {"d": str.isdecimal, "s": str.isspace, "w": lambda sign: sign.isalnum() or sign == "_"}
CONTROLS = {"n": "\n", "t": "\t"}
SPECIAL = frozenset("|)*+?{}^$")


class BadPattern(ValueError):
    """An expression that cannot be used; `text` says why, to the person who wrote it."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.english)
        self.text = text


@dataclass(frozen=True, slots=True)
class _Part:
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
        self._first, self._last = whole.first, whole.last
        self._fits, self._follow = parser.fits, parser.follow
        self._at_sign: dict[str, int] = {}
        self._after: dict[int, int] = {}

    def matches(self, text: str) -> bool:
        """Whether the whole text, or its beginning where it is very long, is one of those described.

        Raises BadPattern where that would take too long; from then on always.
        """
        if len(self._after) >= MOST_SETS:
            raise BadPattern(say("This expression is too complicated."))
        text = text[:LOOKED_AT]
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
            reachable = self._following(states)
        return bool(states & self._last)

    def _fitting(self, sign: str) -> int:
        """The states that take this sign."""
        known = self._at_sign.get(sign)
        if known is None:
            known = sum(1 << place for place, fits in enumerate(self._fits) if fits(sign))
            _remember(self._at_sign, sign, known)
        return known

    def _following(self, states: int) -> int:
        known = self._after.get(states)
        if known is None:
            known = 0
            for place, after in enumerate(self._follow):
                if states >> place & 1:
                    known |= after
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
    """Reads an expression once, from left to right. `fits` and `follow` are by state."""

    def __init__(self, expression: str) -> None:
        self.ignores_case = expression.startswith("(?i)")
        self.fits: list[Fits] = []
        self.follow: list[int] = []
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
        self._leads(one.last, other.first)
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
                self._leads(part.last, part.first)
            part = _Part(part.empty or sign in "*?", part.first, part.last)
        return part

    def _leads(self, last: int, first: int) -> None:
        for place in range(len(self.follow)):
            if last >> place & 1:
                self.follow[place] |= first

    # ---- what stands for one sign ----

    def _single(self) -> _Part:
        sign = self._pop()
        if sign == "(":
            return self._group()
        if sign == "[":
            return self._state(self._set())
        if sign == ".":
            return self._state(lambda _: True)
        if sign == "\\":
            return self._state(self._escaped())
        if sign in SPECIAL:
            raise BadPattern(
                say("`{sign}` cannot stand there. Write `\\{sign}` if you mean the sign itself.", sign=sign)
            )
        return self._state(self._literal(sign))

    def _state(self, fits: Fits) -> _Part:
        self.fits.append(fits)
        self.follow.append(0)
        bit = 1 << len(self.fits) - 1
        return _Part(False, bit, bit)

    def _group(self) -> _Part:
        if self._take("?") and not self._take(":"):
            raise BadPattern(say("Groups that begin with `(?` are not known here, only `(` and `(?:`."))
        part = self._choice()
        if not self._take(")"):
            raise BadPattern(say("A `(` in this expression is not closed."))
        return part

    def _literal(self, sign: str) -> Fits:
        return (sign.lower() if self.ignores_case else sign).__eq__

    def _escaped(self) -> Fits:
        sign = self._pop()
        if sign in CLASSES:
            return CLASSES[sign]
        if sign.lower() in CLASSES:
            inner = CLASSES[sign.lower()]
            return lambda given: not inner(given)
        if not sign or (sign.isalnum() and sign not in CONTROLS):
            raise BadPattern(say("`\\{sign}` is not known here.", sign=sign))
        return self._literal(CONTROLS.get(sign, sign))

    def _set(self) -> Fits:
        inverted = self._take("^")
        members: list[Fits] = []
        while not (self._next == "]" and members):
            if not self._next:
                raise BadPattern(say("A `[` in this expression is not closed."))
            members.append(self._member())
        self._pop()
        return lambda sign: any(fits(sign) for fits in members) is not inverted

    def _member(self) -> Fits:
        first = self._pop()
        if first == "\\":
            return self._escaped()
        if self._next != "-" or self._text[self._at + 1 : self._at + 2] in ("", "]"):
            return self._literal(first)
        self._pop()
        last = self._pop()
        if last == "\\" or last < first:
            raise BadPattern(say("`{first}-{last}` is no range of signs.", first=first, last=last))
        if self.ignores_case:
            return lambda sign: first <= sign <= last or first <= sign.upper() <= last
        return lambda sign: first <= sign <= last

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
