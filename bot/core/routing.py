"""Routes: where the alert groups of an integration are posted, and whom they page, by their labels. Pure.

The routes of an integration are in order; the first that is on and whose matchers all hold takes a new alert group.
What none of them takes goes the integration's own way. Matchers are written as for Prometheus' Alertmanager.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from bot.core.alert_group import Step
from bot.core.patterns import BadPattern, Effort, compiled
from bot.core.text import Text, say

MATCHERS = 10
CHANNELS = 5
ROUTES = 50
# Facts about a group that can be matched as if they were labels; they come before labels of the same name.
SEVERITY = "severity"
TITLE = "title"

_MATCHER = re.compile(
    r"""\s*(?:"(?P<quoted>[^"]+)"|(?P<name>[^\s"=!~,{}]+))\s*(?P<operator>=~|!~|!=|=)\s*"""
    r"""(?:"(?P<value>(?:[^"\\]|\\.)*)"|(?P<word>[^\s",]*))\s*(?:,|$|(?=\s)|(?<=\s))"""
)
_CURLY = str.maketrans({"“": '"', "”": '"', "„": '"'})


class Facts(dict[str, str]):
    """What can be matched of one group, by label, and what may still be spent on that."""

    def __init__(self, known: Mapping[str, str]) -> None:
        super().__init__(known)
        self.effort = Effort()


class Operator(StrEnum):
    EQUAL = "="
    UNEQUAL = "!="
    LIKE = "=~"
    UNLIKE = "!~"


class BadMatchers(ValueError):
    """What was written are no matchers; `text` says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.english)
        self.text = text


class Matcher(Struct, frozen=True, kw_only=True):
    """A condition for one label. A label that is not there counts as empty."""

    label: str
    operator: Operator
    value: str

    def holds(self, facts: Facts) -> bool:
        given = facts.get(self.label, "")
        if self.operator is Operator.EQUAL:
            return given == self.value
        if self.operator is Operator.UNEQUAL:
            return given != self.value
        try:
            return compiled(self.value).matches(given, facts.effort) is (self.operator is Operator.LIKE)
        except BadPattern:  # written by a later release, or too much; the integration's own way is always there
            return False

    def __str__(self) -> str:
        """As it is written."""
        label = self.label if re.fullmatch(r"[^\s\"=!~,{}]+", self.label) else f'"{self.label}"'
        value = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{label}{self.operator}"{value}"'


class Route(Struct, frozen=True, kw_only=True):
    """Takes the groups for which all matchers hold.

    `channels` are where they are posted, the first with the thread; empty is the integration's own channel. Without
    `posts` they are posted nowhere. `people` are paged in this order, `wait_minutes` apart.
    """

    id: str
    name: str
    matchers: tuple[Matcher, ...] = ()
    channels: tuple[str, ...] = ()
    posts: bool = True
    people: tuple[str, ...] = ()
    wait_minutes: int = 5
    on: bool = True

    @property
    def chain(self) -> tuple[Step, ...]:
        return in_line(self.people, self.wait_minutes)


class Destination(Struct, frozen=True, kw_only=True):
    """Where a new group goes. An empty `channel_id` is nowhere; `route` is None for the integration's own way."""

    channel_id: str
    also: tuple[str, ...] = ()
    chain: tuple[Step, ...]
    route: Route | None = None


class Tried(Struct, frozen=True, kw_only=True):
    """What a route made of some facts. `against` is the first matcher that does not hold."""

    route: Route
    takes: bool
    against: Matcher | None = None


def in_line(people: Iterable[str], wait_minutes: int) -> tuple[Step, ...]:
    """The escalation chain of people who are paged one after the other."""
    return tuple(
        Step(wait=0 if place == 0 else wait_minutes * 60, people=(person_id,)) for place, person_id in enumerate(people)
    )


def facts(labels: Mapping[str, str], *, severity: str, title: str) -> Facts:
    """What can be matched."""
    return Facts({**labels, SEVERITY: severity or labels.get(SEVERITY, ""), TITLE: title or labels.get(TITLE, "")})


def hold(matchers: Sequence[Matcher], known: Facts) -> bool:
    return all(matcher.holds(known) for matcher in matchers)


def taken_by(routes: Sequence[Route], known: Facts) -> Route | None:
    """The first route that takes what is so described."""
    return next((route for route in routes if route.on and hold(route.matchers, known)), None)


def tried(routes: Sequence[Route], known: Facts) -> list[Tried]:
    """What each route says, whether or not one before it takes it."""
    found = []
    for route in routes:
        against = next((matcher for matcher in route.matchers if not matcher.holds(known)), None)
        found.append(Tried(route=route, takes=route.on and against is None, against=against))
    return found


def destination(route: Route | None, *, channel_id: str, chain: tuple[Step, ...]) -> Destination:
    """`channel_id` and `chain` are the integration's own."""
    if route is None:
        return Destination(channel_id=channel_id, chain=chain)
    if not route.posts:
        return Destination(channel_id="", chain=route.chain, route=route)
    first, *also = route.channels or (channel_id,)
    return Destination(channel_id=first, also=tuple(also), chain=route.chain, route=route)


# ---- matchers as text ----------------------------------------------------------------------------------------------


def read_matchers(text: str) -> tuple[Matcher, ...]:
    """`severity=critical team=~"db|web"`, with spaces or commas between, in braces or not. Raises BadMatchers."""
    rest = text.translate(_CURLY).strip()
    if rest.startswith("{") and rest.endswith("}"):
        rest = rest[1:-1].strip()
    matchers = []
    while rest:
        found = _MATCHER.match(rest)
        if found is None:
            raise BadMatchers(
                say('I cannot read “{text}”. Conditions look like `severity=critical team=~"db|web"`.', text=rest[:60])
            )
        matchers.append(_matcher(found))
        rest = rest[found.end() :].lstrip(" ,\t\n")
    if len(matchers) > MATCHERS:
        raise BadMatchers(say("At most {most} conditions, please.", most=MATCHERS))
    return tuple(matchers)


def _matcher(found: re.Match[str]) -> Matcher:
    quoted = found["value"]
    value = found["word"] if quoted is None else re.sub(r'\\(["\\])', r"\1", quoted)
    matcher = Matcher(label=found["quoted"] or found["name"], operator=Operator(found["operator"]), value=value)
    if matcher.operator in (Operator.LIKE, Operator.UNLIKE):
        try:
            compiled(value)
        except BadPattern as bad:
            raise BadMatchers(say("{matcher}: {why}", matcher=f"`{matcher}`", why=bad.text)) from bad
    return matcher


def written(matchers: Iterable[Matcher]) -> str:
    return ", ".join(str(matcher) for matcher in matchers)
