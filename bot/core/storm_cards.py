"""What a storm looks like as a post: how many alert groups, from where, how grave, and what to do with all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct

from bot.core.alert_group import Heading, Status
from bot.core.cards import COLOURS, Button, Card, Field
from bot.core.changes import ActOnAll
from bot.core.neutral import plain
from bot.core.storms import Storm
from bot.core.text import NOTHING, Text, count, say

MARK = "🌩️"
NAMED = 10
KINDS_SHOWN = 8


class Tally(Struct, frozen=True, kw_only=True):
    """The groups of a storm, counted. Of severities and sources there may be as many as groups: the most frequent."""

    states: Mapping[Status, int]
    severities: Mapping[str, int]
    sources: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def live(self) -> int:
        return self.total - self.states.get(Status.RESOLVED, 0)


def draw(storm: Storm, tally: Tally, newest: Sequence[Heading], *, addressed_to: str = "") -> Card:
    """`newest` are some of the live groups."""
    left = tally.live
    return Card(
        name="",
        title=count("Storm: {count} new alert group", "Storm: {count} new alert groups", count=tally.total),
        colour=COLOURS[_worst(tally)],
        mark=MARK,
        state=_state(storm, left),
        samples=tuple(f"#{one.number} {one.title}" for one in newest[:NAMED]),
        next=_next(storm, left),
        more=_more(left, len(newest[:NAMED])),
        fields=(
            Field(name=say("State"), value=_states(tally), short=False),
            *_last_act(storm),
            Field(name=say("Source"), value=_counted(tally.sources)),
            Field(name=say("Severity"), value=_counted(tally.severities)),
        ),
        buttons=_buttons(storm, tally),
        addressed_to=addressed_to,
    )


def _worst(tally: Tally) -> Status:
    return next((status for status in Status if tally.states.get(status)), Status.RESOLVED)


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


def _states(tally: Tally) -> Text:
    by = Counter(tally.states)
    return say(
        "{firing} firing · {acknowledged} acknowledged · {silenced} silenced · {resolved} resolved",
        firing=by[Status.FIRING],
        acknowledged=by[Status.ACKNOWLEDGED],
        silenced=by[Status.SILENCED],
        resolved=by[Status.RESOLVED],
    )


def _counted(by: Mapping[str, int]) -> str:
    shown = [f"{name or '-'} {number}" for name, number in Counter(by).most_common(KINDS_SHOWN)]
    return " · ".join([*shown, "…"] if len(by) > KINDS_SHOWN else shown)


def _buttons(storm: Storm, tally: Tally) -> tuple[Button, ...]:
    """What is still to be done: where nothing fires, nobody is paged."""
    args = {"storm": storm.id}
    resolve = Button(command="storm resolve", label=say("Resolve all"), args=args, style="success")
    if not tally.live:
        return ()
    if not tally.states.get(Status.FIRING):
        return (resolve,)
    return (
        Button(command="storm ack", label=say("Acknowledge all"), args=args, style="primary"),
        resolve,
        Button(command="storm silence", label=say("Silence all…"), args=args, ask=True),
    )
