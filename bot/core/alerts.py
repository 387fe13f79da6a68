"""The life of an alert group: every verb that people, monitoring systems and time can do to it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.core import muted
from bot.core.alert_group import (
    FIRING_KEPT,
    NOTES_KEPT,
    SAMPLES_KEPT,
    SOURCE_LENGTH,
    Alert,
    AlertGroup,
    GroupChange,
    Kind,
    Note,
    Status,
)
from bot.core.cards import GRAVE, is_grave
from bot.core.changes import Change
from bot.core.consequences import (
    already,
    asking,
    become,
    draw_all,
    end,
    fire_again,
    log,
    quieted,
    singled_out,
    start_chain,
    take_step,
    tell,
)
from bot.core.neutral import neutral
from bot.core.noted import follow, note_in_words
from bot.core.replacing import replace
from bot.core.retention import watched
from bot.core.routing import Destination
from bot.core.text import NOTHING, count, say

# A group that opened so often within half an hour goes on in place of a new one. Unless it is grave, it pages only
# if it fires for so long.
FLAPS = 4
FLAP_PATIENCE = timedelta(minutes=5)

# ---- alerts arrive -------------------------------------------------------------------------------------------------


def opened(group: AlertGroup, alerts: Iterable[Alert], *, now: datetime) -> GroupChange:
    """A new alert group with its first alerts. `group` comes with its identity, channel and chain, and no alerts.

    One that comes silenced stays so.
    """
    counted = _count(group, tuple(alerts))
    logged = log(counted, now, say("Fired"), by=group.integration_name, told=True)
    if logged.silenced_until is not None:
        return _watched(muted.opened_silent(logged, now=now))
    started, pages = start_chain(logged, now)
    effects = (*draw_all(started, now), *pages)
    return _watched(Change(doc=started, effects=effects, note=say("#{number} opened.", number=group.number)))


def _watched(change: GroupChange) -> GroupChange:
    """It is closed one day if nothing comes for it any more, where that is wanted."""
    return replace(change, effects=(*change.effects, *watched(change.doc))) if change.doc.close_after else change


def received(group: AlertGroup, alerts: Iterable[Alert], *, now: datetime) -> GroupChange:
    """More alerts, or the end of some, for a group that is not resolved."""
    counted = _count(group, tuple(alerts))
    if group.close_after:
        counted = replace(counted, last_at=now)
    if not counted.firing and group.live:
        by = neutral(group.integration_name, SOURCE_LENGTH)
        return end(counted, now=now, by=by, text=say("Resolved: all alerts ended"))
    return Change(doc=counted, effects=draw_all(counted, now))


def goes_on(group: AlertGroup, *, severity: str, way: Destination | None) -> bool:
    """Whether what flaps and fires once more is still the same: not grave all at once, and on the same way.

    A group that was part of a storm has no card that anybody would see change.
    """
    graver = severity.lower() in GRAVE and group.severity.lower() not in GRAVE
    same_way = way is not None and (group.channel_id, group.chain) == (way.channel_id, way.chain)
    return not group.live and not group.gathered and not graver and same_way


def flapped(group: AlertGroup, alerts: Iterable[Alert], *, now: datetime) -> GroupChange:
    """It came and went too often for a new group each time, so this one goes on, and pages only if it stays.

    What is grave pages at once all the same: it may be down four minutes of every five.
    """
    counted = _count(group, tuple(alerts))
    times = max(group.flaps, FLAPS) + 1
    text = say("Fires again, {count} times in a row by now: it is flapping", count=times)
    firing = become(counted, Status.FIRING, now, group.integration_name, text)
    again = replace(firing, turn=group.turn + 1, step=0, flaps=times)
    if is_grave(group):
        after, pages = start_chain(again, now)
    else:
        after, pages = replace(again, due_at=now + FLAP_PATIENCE if group.chain else None), ()
    return _watched(Change(doc=after, effects=(*draw_all(after, now), *pages, *tell(after))))


def _count(group: AlertGroup, alerts: tuple[Alert, ...]) -> AlertGroup:
    firing = dict.fromkeys(group.firing)
    new = repeats = 0
    for alert in alerts:
        if not alert.firing:
            firing.pop(alert.fingerprint, None)
        elif alert.fingerprint in firing:
            repeats += 1
        else:
            new += 1
            firing[alert.fingerprint] = None
    samples = {sample.fingerprint: sample for sample in group.samples}
    for alert in alerts[-SAMPLES_KEPT:]:  # the latest stand last
        samples.pop(alert.fingerprint, None)
        samples[alert.fingerprint] = alert
    return replace(
        group,
        alerts=group.alerts + new,
        repeats=group.repeats + repeats,
        firing=tuple(firing)[-FIRING_KEPT:],
        samples=tuple(samples.values())[-SAMPLES_KEPT:],
    )


# ---- people act ----------------------------------------------------------------------------------------------------


def acknowledge(group: AlertGroup, *, by: str, now: datetime) -> GroupChange:
    if not group.live:
        return already(group, say("#{number} is already resolved.", number=group.number))
    if group.status is Status.ACKNOWLEDGED and group.acknowledged_by == by:
        return already(group, say("You already have #{number}.", number=group.number))
    if group.status is Status.ACKNOWLEDGED:
        return already(
            group, say("{by} already acknowledged #{number}.", number=group.number, by=group.acknowledged_by)
        )
    taken = become(group, Status.ACKNOWLEDGED, now, by, say("Acknowledged by {by}", by=by), acknowledged_by=by)
    return quieted(taken, now, say("You have #{number}. Nobody else is paged for it.", number=group.number))


def unacknowledge(group: AlertGroup, *, by: str, now: datetime) -> GroupChange:
    if group.status is not Status.ACKNOWLEDGED:
        return already(group, say("#{number} is not acknowledged.", number=group.number))
    return fire_again(
        group,
        now=now,
        by=by,
        text=say("Unacknowledged by {by}", by=by),
        note=say("#{number} is firing again; the people in line are paged.", number=group.number),
    )


def resolve(group: AlertGroup, *, by: str, now: datetime) -> GroupChange:
    if not group.live:
        return already(group, say("#{number} is already resolved.", number=group.number))
    return end(group, now=now, by=by, text=say("Resolved by {by}", by=by))


def silence(group: AlertGroup, *, by: str, now: datetime, until: datetime, reason: str = "") -> GroupChange:
    """Page nobody until `until`; then it fires again and the chain starts over."""
    if not group.live:
        return already(group, say("#{number} is already resolved.", number=group.number))
    if until <= now:
        return already(group, say("That time has already passed. Choose a later one."))
    text = say("Silenced by {by} until {until}", by=by, until=until)
    if reason:
        text = say("Silenced by {by} until {until}: {reason}", by=by, until=until, reason=neutral(reason, 200))
    quiet = become(group, Status.SILENCED, now, by, text, silenced_until=until, due_at=until)
    return quieted(quiet, now, say("#{number} is silenced until {until}.", number=group.number, until=until))


def unsilence(group: AlertGroup, *, by: str, now: datetime) -> GroupChange:
    if group.status is not Status.SILENCED:
        return already(group, say("#{number} is not silenced.", number=group.number))
    return fire_again(
        group,
        now=now,
        by=by,
        text=say("Unsilenced by {by}", by=by),
        note=say("#{number} is firing again; the people in line are paged.", number=group.number),
    )


def reopen(group: AlertGroup, *, by: str, now: datetime) -> GroupChange:
    if group.live:
        return already(group, say("#{number} is not resolved.", number=group.number))
    change = fire_again(
        replace(group, apart=bool(group.storm), flaps=0),
        now=now,
        by=by,
        text=say("Reopened by {by}", by=by),
        note=say("#{number} is firing again; the people in line are paged.", number=group.number),
    )
    return _watched(change)


def add_note(group: AlertGroup, *, note: Note, now: datetime) -> GroupChange:
    """Keep what somebody found out. The same message is noted once."""
    if note.post_id and any(known.post_id == note.post_id for known in group.notes):
        return already(group, say("That message is already a note of #{number}.", number=group.number))
    noted_ = replace(group, notes=(*group.notes, note)[-NOTES_KEPT:])
    logged = log(noted_, now, note_in_words(note), by=note.by, kind=Kind.NOTE)
    effects = (*tell(logged), *(follow(logged, now=now) if note.copied else ()))
    return Change(doc=logged, effects=effects, note=say("Noted on #{number}.", number=group.number))


def escalate(group: AlertGroup, *, by: str, now: datetime, seen: int | None = None) -> GroupChange:
    """Page the next in line now. `seen` is the step that a button showed: a second press must not page one further."""
    if group.status is not Status.FIRING:
        return already(group, say("#{number} is not firing, so nobody is paged for it.", number=group.number))
    if seen is not None and seen != group.step:
        return already(group, say("#{number} was already escalated.", number=group.number))
    if group.step >= len(group.chain):
        return already(
            group,
            say("Everyone in line for #{number} has been paged. Ask somebody with `responders`.", number=group.number),
        )
    after, pages = take_step(log(group, now, say("Escalated by {by}", by=by), by=by, kind=Kind.PAGE), now)
    return Change(
        doc=after,
        effects=(*pages, *draw_all(after, now), *tell(after)),
        note=say("The next in line for #{number} is paged.", number=group.number),
    )


def ask_for_help(group: AlertGroup, *, people: dict[str, str], by: str, now: datetime) -> GroupChange:
    """Page more people (mentions by person id), whatever the chain says. Somebody asked twice is paged twice."""
    if not group.live:
        return already(group, say("#{number} is already resolved.", number=group.number))
    names = ", ".join(people.values())
    text = say("{by} asked {names} for help", by=by, names=names)
    asked = log(singled_out(group), now, text, by=by, kind=Kind.PAGE)
    pages = asking(asked, people, by)
    return Change(
        doc=asked,
        effects=(*pages, *(draw_all(asked, now) if group.gathered else ()), *tell(asked)),
        note=count(
            "{names} is paged for #{number}.",
            "{names} are paged for #{number}.",
            count=len(people),
            names=names,
            number=group.number,
        ),
    )


def assign(group: AlertGroup, *, person_id: str, to: str, by: str, now: datetime) -> GroupChange:
    """Hand the group to somebody: it counts as acknowledged by them, and they are told."""
    if not group.live:
        return already(group, say("#{number} is already resolved.", number=group.number))
    if group.status is Status.ACKNOWLEDGED and group.acknowledged_by == to:
        return already(group, say("{to} already has #{number}.", to=to, number=group.number))
    text = say("Assigned to {to} by {by}", to=to, by=by)
    given = become(singled_out(group), Status.ACKNOWLEDGED, now, by, text, acknowledged_by=to)
    change = quieted(given, now, say("{to} has #{number} now.", to=to, number=group.number))
    told_ = () if to == by else asking(given, {person_id: to}, by)
    return replace(change, effects=(*change.effects, *told_))


# ---- time passes ---------------------------------------------------------------------------------------------------


def advance(group: AlertGroup, *, now: datetime) -> GroupChange:
    """The only thing time does: end a silence, page the next in line, or nothing."""
    if group.due_at is None or group.due_at > now:
        return Change(doc=group)
    if group.status is Status.SILENCED:
        over = say("The maintenance is over") if group.maintenance_id else say("The silence is over")
        return fire_again(group, now=now, by="", text=over, note=NOTHING)
    if group.status is not Status.FIRING or group.step >= len(group.chain):
        return Change(doc=replace(group, due_at=None))
    after, pages = take_step(group, now)
    return Change(doc=after, effects=(*pages, *draw_all(after, now)))
