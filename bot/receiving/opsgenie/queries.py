"""Opsgenie's language of queries, as far as our alert groups know what is asked: `status:open AND tag:prod`.

What is not understood is refused: a script that closes all that it finds must not find more than it asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from bot.core.alert_group import AlertGroup, Status
from bot.core.restating import tags_of
from bot.integrations.opsgenie import priority_of
from bot.integrations.payload import Invalid
from bot.integrations.pieces import moment

LONGEST = 1_000
DEEPEST = 20
MOST_TERMS = 40
BOTH = frozenset({True, False})
NOT_UNDERSTOOD = "The query is not understood here at [{rest}]."
NO_FIELD = "The field [{name}] cannot be asked for here."

Values = Callable[[AlertGroup], tuple[str, ...]]
Condition = Callable[[AlertGroup], bool]


def status_of(status: Status) -> str:
    return "closed" if status is Status.RESOLVED else "open"


def _truth(value: bool) -> str:
    return "true" if value else "false"


# What follows from the state alone can be asked of the database.
BY_STATUS: Mapping[str, Callable[[Status], str]] = MappingProxyType(
    {
        "status": status_of,
        "acknowledged": lambda status: _truth(status is Status.ACKNOWLEDGED),
        "snoozed": lambda status: _truth(status is Status.SILENCED),
        "isseen": lambda status: _truth(status is not Status.FIRING),
    }
)
EXACT: Mapping[str, Values] = MappingProxyType(
    {
        "id": lambda group: (group.id,),
        "alertid": lambda group: (group.id,),
        "tinyid": lambda group: (str(group.number),),
        "priority": lambda group: (priority_of(group.severity),),
        "tag": lambda group: tuple(tags_of(group.labels)),
        "tags": lambda group: tuple(tags_of(group.labels)),
        "integration.name": lambda group: (group.integration_name,),
        "details.key": lambda group: tuple(group.labels),
    }
)
WITHIN: Mapping[str, Values] = MappingProxyType(
    {
        "alias": lambda group: (group.key,),
        "message": lambda group: (group.title,),
        "description": lambda group: (group.summary,),
        "entity": lambda group: (group.labels.get("entity", ""),),
        "source": lambda group: (group.labels.get("source", ""),),
        "owner": lambda group: (group.acknowledged_by,),
        "details.value": lambda group: tuple(group.labels.values()),
        "": lambda group: (group.title, group.key, group.summary, *group.labels.values()),
    }
)
TIMES: Mapping[str, Callable[[AlertGroup], datetime]] = MappingProxyType(
    {
        "createdat": lambda group: group.opened_at,
        "updatedat": lambda group: group.changed_at,
        "lastoccurredat": lambda group: group.last_at or group.changed_at,
    }
)
_TOKEN = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<sign>[()]|!=|<=|>=|[:=<>])|(?P<word>[^\s():=<>!"]+))')
_VALUE = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<word>[^\s()"]+))')
_WORDS = ("AND", "OR", "NOT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """`holds` for a group; `could` says what is known when only the state is."""

    holds: Condition
    could: Callable[[Status], frozenset[bool]]

    @property
    def statuses(self) -> list[Status]:
        """In which it may hold."""
        return [status for status in Status if True in self.could(status)]

    @property
    def exact(self) -> bool:
        """Whether it holds for all in these states."""
        return all(len(self.could(status)) == 1 for status in Status)


EVERYTHING = Query(holds=lambda group: True, could=lambda status: frozenset({True}))


def parsed(text: str) -> Query:
    """Raises Invalid."""
    if not text.strip():
        return EVERYTHING
    if len(text) > LONGEST:
        raise Invalid({"query": f"The query is longer than {LONGEST} characters."})
    reader = _Reader(text)
    query = reader.either(0)
    if reader.rest.strip():
        raise reader.problem()
    return query


class _Reader:
    """Reads a query from left to right."""

    def __init__(self, text: str) -> None:
        self.rest = text
        self._terms = 0

    def problem(self) -> Invalid:
        return Invalid({"query": NOT_UNDERSTOOD.format(rest=self.rest.strip()[:50])})

    def either(self, depth: int) -> Query:
        found = self._both(depth)
        while self._takes("OR"):
            found = _or(found, self._both(depth))
        return found

    def _both(self, depth: int) -> Query:
        found = self._one(depth)
        while self._takes("AND") or (self.rest.strip() and not self._sees("OR", ")")):
            found = _not(_or(_not(found), _not(self._one(depth))))
        return found

    def _one(self, depth: int) -> Query:
        if depth > DEEPEST:
            raise self.problem()
        if self._takes("NOT"):
            return _not(self._one(depth + 1))
        if self._takes("("):
            found = self.either(depth + 1)
            self._expect(")")
            return found
        return self._term(depth)

    def _term(self, depth: int) -> Query:
        token = _TOKEN.match(self.rest)
        self._terms += 1
        if token is None or token["sign"] or self._terms > MOST_TERMS:
            raise self.problem()
        self.rest = self.rest[token.end() :]
        if token["quoted"] is not None:
            return _leaf("", ":", token["quoted"])
        sign = next((sign for sign in (":", "=", "!=", "<=", ">=", "<", ">") if self._takes(sign)), "")
        if not sign:
            return _leaf("", ":", token["word"])
        if self._takes("("):
            found = self._values(token["word"], sign, depth)
            self._expect(")")
            return found
        return _leaf(token["word"], sign, self._value())

    def _values(self, name: str, sign: str, depth: int) -> Query:
        """`tag: (a OR b)`."""
        found = _leaf(name, sign, self._value())
        while not self._sees(")"):
            if self._takes("OR"):
                found = _or(found, _leaf(name, sign, self._value()))
            elif self._takes("AND"):
                found = _not(_or(_not(found), _not(_leaf(name, sign, self._value()))))
            else:
                raise self.problem()
        return found

    def _value(self) -> str:
        value = _VALUE.match(self.rest)
        self._terms += 1
        if value is None or self._terms > MOST_TERMS:
            raise self.problem()
        self.rest = self.rest[value.end() :]
        return value["word"] if value["quoted"] is None else value["quoted"]

    def _sees(self, *wanted: str) -> bool:
        token = _TOKEN.match(self.rest)
        return token is not None and (token["sign"] or (token["word"] or "").upper()) in wanted

    def _takes(self, wanted: str) -> bool:
        if not self._sees(wanted):
            return False
        token = _TOKEN.match(self.rest)
        self.rest = self.rest[token.end() :] if token else ""
        return True

    def _expect(self, sign: str) -> None:
        if not self._takes(sign):
            raise self.problem()


def _leaf(name: str, sign: str, value: str) -> Query:
    name, wanted = name.lower(), value.lower().rstrip("*")
    if sign == "!=":
        return _not(_leaf(name, "=", value))
    if name in TIMES:
        return _unknown(_compared(TIMES[name], sign, value))
    if sign not in (":", "="):
        raise Invalid({"query": NO_FIELD.format(name=f"{name}{sign}"[:50])})
    if name in BY_STATUS:
        known = BY_STATUS[name]
        return Query(
            holds=lambda group: known(group.status) == wanted, could=lambda status: frozenset({known(status) == wanted})
        )
    if name in EXACT:
        exact = EXACT[name]
        return _unknown(lambda group: any(one.lower() == wanted for one in exact(group)))
    if name in WITHIN or name.startswith("details."):
        return _unknown(_contained(WITHIN.get(name) or _detail(name), sign, wanted))
    raise Invalid({"query": NO_FIELD.format(name=name[:50])})


def _contained(values: Values, sign: str, wanted: str) -> Condition:
    if sign == "=":
        return lambda group: any(one.lower() == wanted for one in values(group))
    return lambda group: any(wanted in one.lower() for one in values(group))


def _detail(name: str) -> Values:
    wanted = name.removeprefix("details.")
    return lambda group: tuple(value for label, value in group.labels.items() if label.lower() == wanted)


def _compared(time: Callable[[AlertGroup], datetime], sign: str, value: str) -> Condition:
    at = moment(value)
    if at is None or sign == ":":
        raise Invalid({"query": NOT_UNDERSTOOD.format(rest=value[:50])})
    match sign:
        case "<":
            return lambda group: time(group) < at
        case ">":
            return lambda group: time(group) > at
        case "<=":
            return lambda group: time(group) <= at
        case ">=":
            return lambda group: time(group) >= at
        case _:
            return lambda group: time(group) == at


def _unknown(holds: Condition) -> Query:
    return Query(holds=holds, could=lambda status: BOTH)


def _not(query: Query) -> Query:
    return Query(
        holds=lambda group: not query.holds(group),
        could=lambda status: frozenset(not one for one in query.could(status)),
    )


def _or(one: Query, other: Query) -> Query:
    return Query(
        holds=lambda group: one.holds(group) or other.holds(group),
        could=lambda status: frozenset(a or b for a in one.could(status) for b in other.could(status)),
    )
