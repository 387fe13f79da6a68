"""What a storm looks like as a post: how many alert groups, from where, how grave, and what to do with all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.core.alert_group import Heading, Status
from bot.core.cards import COLOURS, Button, Card, Field
from bot.core.changes import ActOnAll
from bot.core.neutral import plain
from bot.core.storms import Storm
from bot.core.text import NOTHING, Text, count, say

MARK = "🌩️"
NAMED = 10
KINDS_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """So many groups of a storm that are alike."""

    status: Status
    severity: str
    source: str
    count: int


def live(tallies: Iterable[Tally]) -> int:
    return sum(tally.count for tally in tallies if tally.status is not Status.RESOLVED)


def draw(storm: Storm, tallies: Sequence[Tally], newest: Sequence[Heading], *, addressed_to: str = "") -> Card:
    """`newest` are some of the live groups."""
    total, left = sum(tally.count for tally in tallies), live(tallies)
    return Card(
        name="",
        title=count("Storm: {count} new alert group", "Storm: {count} new alert groups", count=total),
        colour=COLOURS[_worst(tallies)],
        mark=MARK,
        state=_state(storm, left),
        samples=tuple(f"#{one.number} {one.title}" for one in newest[:NAMED]),
        next=_next(storm, left),
        more=_more(left, len(newest[:NAMED])),
        fields=(
            Field(name=say("State"), value=_states(tallies), short=False),
            *_last_act(storm),
            Field(name=say("Source"), value=_counted((tally.source, tally.count) for tally in tallies)),
            Field(name=say("Severity"), value=_counted((tally.severity or "-", tally.count) for tally in tallies)),
        ),
        buttons=_buttons(storm, tallies),
        addressed_to=addressed_to,
    )


def _worst(tallies: Sequence[Tally]) -> Status:
    states = {tally.status for tally in tallies}
    return next((status for status in Status if status in states), Status.RESOLVED)


def _state(storm: Storm, left: int) -> Text:
    if storm.blows:
        return say("Since {at} alert groups open faster than usual", at=storm.began_at)
    if left:
        return say("The storm ended at {at}", at=storm.over_at)
    return say("The storm is over, and all of its alert groups are resolved")


def _next(storm: Storm, left: int) -> Text:
    if storm.blows:
        return say(
            "They share this post until they become fewer; critical ones have their own. "
            "`/oncall list` shows each of them."
        )
    if left:
        return say("New alert groups have their own posts again. `/oncall list` shows those that are left.")
    return say("New alert groups have their own posts again.")


def _more(left: int, named: int) -> Text:
    return say("These are the latest {named} of {left}.", named=named, left=left) if named < left else NOTHING


def _last_act(storm: Storm) -> tuple[Field, ...]:
    act = storm.last_act
    return () if act is None else (Field(name=say("All of them"), value=_in_words(act), short=False),)


def _in_words(act: ActOnAll) -> Text:
    match act.verb:
        case "ack":
            return say("Acknowledged by {by} at {at}", by=plain(act.by), at=act.at)
        case "resolve":
            return say("Resolved by {by} at {at}", by=plain(act.by), at=act.at)
        case _:
            return say("Silenced by {by} until {until}", by=plain(act.by), until=act.until)


def _states(tallies: Sequence[Tally]) -> Text:
    by = Counter[Status]()
    for tally in tallies:
        by[tally.status] += tally.count
    return say(
        "{firing} firing · {acknowledged} acknowledged · {silenced} silenced · {resolved} resolved",
        firing=by[Status.FIRING],
        acknowledged=by[Status.ACKNOWLEDGED],
        silenced=by[Status.SILENCED],
        resolved=by[Status.RESOLVED],
    )


def _counted(pairs: Iterable[tuple[str, int]]) -> str:
    by = Counter[str]()
    for name, number in pairs:
        by[name] += number
    shown = [f"{name} {number}" for name, number in by.most_common(KINDS_SHOWN)]
    return " · ".join([*shown, "…"] if len(by) > KINDS_SHOWN else shown)


def _buttons(storm: Storm, tallies: Sequence[Tally]) -> tuple[Button, ...]:
    """What is still to be done: where nothing fires, nobody is paged."""
    args = {"storm": storm.id}
    resolve = Button(command="storm resolve", label=say("Resolve all"), args=args, style="success")
    if not live(tallies):
        return ()
    if not any(tally.status is Status.FIRING and tally.count for tally in tallies):
        return (resolve,)
    return (
        Button(command="storm ack", label=say("Acknowledge all"), args=args, style="primary"),
        resolve,
        Button(command="storm silence", label=say("Silence all…"), args=args, ask=True),
    )
