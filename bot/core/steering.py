"""What people decide about an alert group beside its state: from which step on it pages, whom no more, how grave it is.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.core import storms
from bot.core.alert_group import AlertGroup, GroupChange, Kind, Status, Step
from bot.core.changes import Change, Effect, Page
from bot.core.consequences import already, asking, draw_all, log, start_chain, take_step, tell
from bot.core.neutral import plain
from bot.core.replacing import replace
from bot.core.text import count, say

SEVERITY_LENGTH = 40
# Who began to make a channel and is not done by then, is gone.
ROOM_TAKES = timedelta(minutes=1)


def escalate_to(group: AlertGroup, *, step: int, by: str, now: datetime) -> GroupChange:
    """Page a step now, counted from one, and go on from there. Who was paged in an earlier step is paged again."""
    if group.status is not Status.FIRING:
        return already(group, say("#{number} is not firing, so nobody is paged for it.", number=group.number))
    if not 1 <= step <= len(group.chain):
        return already(
            group,
            count(
                "#{number} has {count} step. `/oncall why {number}` shows it.",
                "#{number} has {count} steps. `/oncall why {number}` shows them.",
                count=len(group.chain),
                number=group.number,
            ),
        )
    text = say("Escalated to step {step} by {by}", step=step, by=by)
    after, pages = take_step(log(replace(group, step=step - 1), now, text, by=by, kind=Kind.PAGE), now)
    fresh = tuple(one for one in pages if isinstance(one.do, Page) and one.do.page not in group.pages)
    paged = [one.do.person_id for one in pages if isinstance(one.do, Page) and one.do.page in group.pages]
    return Change(
        doc=after,
        effects=(*fresh, *asking(after, paged, by), *draw_all(after, now), *tell(after)),
        note=say("Step {step} of #{number} is paged.", step=step, number=group.number),
    )


def relieve(group: AlertGroup, *, people: Mapping[str, str], by: str, now: datetime) -> GroupChange:
    """Page these people (mentions by person id) no more about this group. Steps that nobody is left in fall away."""
    if not group.live:
        return already(group, say("#{number} is already resolved.", number=group.number))
    names = ", ".join(people.values())
    done, waiting = group.chain[: group.step], group.chain[group.step :]
    left = tuple(replace(step, people=_without(step, people)) for step in waiting)
    chain = (*done, *(step for step in left if step.people))
    if chain == group.chain:
        text = say("{names} is not waiting to be paged for #{number}.", names=names, number=group.number)
        return already(group, text)
    dropped = tuple(
        f"page:{group.turn}.{number}.{person_id}" for number in range(len(group.chain)) for person_id in people
    )
    text = say("{names} is not paged any more, by {by}", names=names, by=by)
    after = log(replace(group, chain=chain), now, text, by=by, kind=Kind.PAGE)
    if after.step >= len(chain) and after.status is Status.FIRING:
        after = replace(after, due_at=None)
    return Change(
        doc=after,
        effects=(*draw_all(after, now), *tell(after)),
        note=say("{names} is not paged for #{number} any more.", names=names, number=group.number),
        dropped=dropped,
    )


def _without(step: Step, people: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(person_id for person_id in step.people if person_id not in people)


def rate(group: AlertGroup, *, severity: str, by: str, now: datetime) -> GroupChange:
    """It is graver, or less grave, than its sender says."""
    severity = plain(severity, SEVERITY_LENGTH)
    if severity == group.severity:
        return already(group, say("#{number} has that severity already.", number=group.number))
    text = say("Severity {severity} by {by}", severity=severity, by=by)
    after = log(replace(group, severity=severity), now, text, by=by)
    after, pages = _out_of_storm(after, now) if group.gathered and storms.grave(severity) else (after, ())
    return Change(
        doc=after,
        effects=(*pages, *draw_all(after, now), *tell(after)),
        note=say("#{number} has the severity {severity} now.", number=group.number, severity=severity),
    )


def _out_of_storm(group: AlertGroup, now: datetime) -> tuple[AlertGroup, tuple[Effect, ...]]:
    """As if it had been critical when it opened: with a post of its own, and from the first in line on with pages."""
    apart = replace(group, apart=True)
    if group.status is not Status.FIRING:
        return apart, ()
    return start_chain(replace(apart, turn=group.turn + 1), now)


def room_asked(group: AlertGroup, *, now: datetime) -> GroupChange:
    """Somebody is about to open a channel for it: one at a time, so that there will be one. A note says why not."""
    if group.room:
        return already(group, say("~{room} is open for #{number} already.", room=group.room, number=group.number))
    if group.room_asked_at is not None and abs(now - group.room_asked_at) < ROOM_TAKES:
        text = say("Somebody is opening a channel for #{number} at this moment.", number=group.number)
        return already(group, text)
    return Change(doc=replace(group, room_asked_at=now))


def room_given_up(group: AlertGroup) -> GroupChange:
    """It could not be made; who tries again need not wait."""
    return Change(doc=replace(group, room_asked_at=None))


def room_opened(group: AlertGroup, *, room: str, by: str, now: datetime) -> GroupChange:
    """A channel was made in which people work on it. `room` is its name."""
    text = say("{by} opened the channel ~{room} for it", by=by, room=room)
    after = log(replace(group, room=room, room_asked_at=None), now, text, by=by)
    return Change(
        doc=after, effects=tell(after), note=say("~{room} is open for #{number}.", room=room, number=group.number)
    )
