"""The life of an alert group: every verb that people, monitoring systems and time can do to it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.changes import Change, Draw, Effect, Mirror, Page, Tell, TellAdmin
from bot.core.neutral import neutral
from bot.core.text import NOTHING, Text, count, say

HISTORY_KEPT = 100
PAGES_KEPT = 200
SAMPLES_KEPT = 8
NOTES_KEPT = 100
FIRING_KEPT = 10_000
SOURCE_LENGTH = 60
EDIT_PAUSE = timedelta(seconds=2)


class Status(StrEnum):
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Labels from outside are strings, ours are Texts."""

    label: Text | str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One event received. `fingerprint` tells alerts of one source apart; `begun_at` tells two firings apart."""

    fingerprint: str
    firing: bool
    title: str
    summary: str = ""
    severity: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    begun_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """People to page, `wait` seconds after the step before (the first: after the group opened)."""

    wait: int
    people: tuple[str, ...]


class Kind(StrEnum):
    """What a line of the history is about: threads may tell less than all."""

    STATE = "state"
    PAGE = "page"
    NOTE = "note"
    COUNT = "count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the history. `seq` numbers them from 1 without gaps."""

    seq: int
    at: datetime
    text: Text
    by: str = ""
    kind: Kind = Kind.STATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A post of ours. `edited_at` is when it last came to show the truth."""

    channel_id: str
    post_id: str
    edited_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged:
    """A person who was told. `post` is the direct message that told them, if it was one."""

    person_id: str
    at: datetime
    post: Posted | None = None
    failed: Text | str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A resolution note: what somebody found out or did. `post_id` is the message it came from, if it was one."""

    at: datetime
    by: str
    text: str
    post_id: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertGroup:
    """What people work on: alerts that belong together, in one state."""

    id: str
    server_id: str
    number: int
    integration_id: str
    integration_name: str
    key: str
    status: Status = Status.FIRING
    title: str
    summary: str = ""
    severity: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    opened_at: datetime
    alerts: int = 0
    repeats: int = 0
    firing: tuple[str, ...] = ()
    samples: tuple[Alert, ...] = ()
    channel_id: str = ""
    chain: tuple[Step, ...] = ()
    turn: int = 0
    step: int = 0
    due_at: datetime | None = None
    acknowledged_by: str = ""
    silenced_until: datetime | None = None
    changed_at: datetime
    changed_by: str = ""
    card: Posted | None = None
    cards_lost: int = 0
    pages: dict[str, Paged] = field(default_factory=dict)
    history: tuple[Entry, ...] = ()
    told: int = 0
    notes: tuple[Note, ...] = ()
    opened_by: str = ""
    about_post: str = ""
    mirrored: int = 0
    counted: int = 0

    @property
    def live(self) -> bool:
        return self.status is not Status.RESOLVED

    @property
    def name(self) -> str:
        return f"#{self.number}"


GroupChange = Change[AlertGroup]


# ---- alerts arrive -------------------------------------------------------------------------------------------------


def opened(group: AlertGroup, alerts: Iterable[Alert], *, now: datetime) -> GroupChange:
    """A new alert group with its first alerts. `group` comes with its identity, channel and chain, and no alerts."""
    counted = _count(group, tuple(alerts))
    logged = _log(counted, now, say("Fired"), by=group.integration_name, told=True)
    started, pages = _start_chain(logged, now)
    card = _draw(started, now)[:1] if group.channel_id else ()
    return Change(doc=started, effects=(*card, *pages), note=say("#{number} opened.", number=group.number))


def received(group: AlertGroup, alerts: Iterable[Alert], *, now: datetime) -> GroupChange:
    """More alerts, or the end of some, for a group that is not resolved."""
    counted = _count(group, tuple(alerts))
    if not counted.firing and group.live:
        by = neutral(group.integration_name, SOURCE_LENGTH)
        return _end(counted, now=now, by=by, text=say("Resolved: all alerts ended"))
    return Change(doc=counted, effects=_draw(counted, now))


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
    samples.update((alert.fingerprint, alert) for alert in alerts[-SAMPLES_KEPT:])
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
        return _already(group, say("#{number} is already resolved.", number=group.number))
    if group.status is Status.ACKNOWLEDGED and group.acknowledged_by == by:
        return _already(group, say("You already have #{number}.", number=group.number))
    if group.status is Status.ACKNOWLEDGED:
        return _already(
            group, say("{by} already acknowledged #{number}.", number=group.number, by=group.acknowledged_by)
        )
    taken = _become(group, Status.ACKNOWLEDGED, now, by, say("Acknowledged by {by}", by=by), acknowledged_by=by)
    return _quiet(taken, now, say("You have #{number}. Nobody else is paged for it.", number=group.number))


def unacknowledge(group: AlertGroup, *, by: str, now: datetime) -> GroupChange:
    if group.status is not Status.ACKNOWLEDGED:
        return _already(group, say("#{number} is not acknowledged.", number=group.number))
    return _fire_again(
        group,
        now=now,
        by=by,
        text=say("Unacknowledged by {by}", by=by),
        note=say("#{number} is firing again; the people in line are paged.", number=group.number),
    )


def resolve(group: AlertGroup, *, by: str, now: datetime) -> GroupChange:
    if not group.live:
        return _already(group, say("#{number} is already resolved.", number=group.number))
    return _end(group, now=now, by=by, text=say("Resolved by {by}", by=by))


def silence(group: AlertGroup, *, by: str, now: datetime, until: datetime, reason: str = "") -> GroupChange:
    """Page nobody until `until`; then it fires again and the chain starts over."""
    if not group.live:
        return _already(group, say("#{number} is already resolved.", number=group.number))
    if until <= now:
        return _already(group, say("That time has already passed. Choose a later one."))
    text = say("Silenced by {by} until {until}", by=by, until=until)
    if reason:
        text = say("Silenced by {by} until {until}: {reason}", by=by, until=until, reason=neutral(reason, 200))
    quiet = _become(group, Status.SILENCED, now, by, text, silenced_until=until, due_at=until)
    return _quiet(quiet, now, say("#{number} is silenced until {until}.", number=group.number, until=until))


def unsilence(group: AlertGroup, *, by: str, now: datetime) -> GroupChange:
    if group.status is not Status.SILENCED:
        return _already(group, say("#{number} is not silenced.", number=group.number))
    return _fire_again(
        group,
        now=now,
        by=by,
        text=say("Unsilenced by {by}", by=by),
        note=say("#{number} is firing again; the people in line are paged.", number=group.number),
    )


def reopen(group: AlertGroup, *, by: str, now: datetime) -> GroupChange:
    if group.live:
        return _already(group, say("#{number} is not resolved.", number=group.number))
    return _fire_again(
        group,
        now=now,
        by=by,
        text=say("Reopened by {by}", by=by),
        note=say("#{number} is firing again; the people in line are paged.", number=group.number),
    )


def add_note(group: AlertGroup, *, note: Note, now: datetime) -> GroupChange:
    """Keep what somebody found out. The same message is noted once."""
    if note.post_id and any(known.post_id == note.post_id for known in group.notes):
        return _already(group, say("That message is already a note of #{number}.", number=group.number))
    noted_ = replace(group, notes=(*group.notes, note)[-NOTES_KEPT:])
    text = say("Note by {by}: {text}", by=note.by, text=neutral(note.text, 500))
    logged = _log(noted_, now, text, by=note.by, kind=Kind.NOTE)
    return Change(doc=logged, effects=_tell(logged), note=say("Noted on #{number}.", number=group.number))


def escalate(group: AlertGroup, *, by: str, now: datetime, seen: int | None = None) -> GroupChange:
    """Page the next in line now. `seen` is the step that a button showed: a second press must not page one further."""
    if group.status is not Status.FIRING:
        return _already(group, say("#{number} is not firing, so nobody is paged for it.", number=group.number))
    if seen is not None and seen != group.step:
        return _already(group, say("#{number} was already escalated.", number=group.number))
    if group.step >= len(group.chain):
        return _already(
            group,
            say("Everyone in line for #{number} has been paged. Ask somebody with `responders`.", number=group.number),
        )
    after, pages = _take_step(_log(group, now, say("Escalated by {by}", by=by), by=by, kind=Kind.PAGE), now)
    return Change(
        doc=after,
        effects=(*pages, *_draw(after, now), *_tell(after)),
        note=say("The next in line for #{number} is paged.", number=group.number),
    )


def ask_for_help(group: AlertGroup, *, people: dict[str, str], by: str, now: datetime) -> GroupChange:
    """Page more people (mentions by person id), whatever the chain says. Somebody asked twice is paged twice."""
    if not group.live:
        return _already(group, say("#{number} is already resolved.", number=group.number))
    names = ", ".join(people.values())
    asked = _log(group, now, say("{by} asked {names} for help", by=by, names=names), by=by, kind=Kind.PAGE)
    pages = _asking(asked, people, by)
    return Change(
        doc=asked,
        effects=(*pages, *_tell(asked)),
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
        return _already(group, say("#{number} is already resolved.", number=group.number))
    if group.status is Status.ACKNOWLEDGED and group.acknowledged_by == to:
        return _already(group, say("{to} already has #{number}.", to=to, number=group.number))
    text = say("Assigned to {to} by {by}", to=to, by=by)
    given = _become(group, Status.ACKNOWLEDGED, now, by, text, acknowledged_by=to)
    change = _quiet(given, now, say("{to} has #{number} now.", to=to, number=group.number))
    told_ = () if to == by else _asking(given, {person_id: to}, by)
    return replace(change, effects=(*change.effects, *told_))


def _asking(group: AlertGroup, people: dict[str, str], by: str) -> tuple[Effect, ...]:
    turn = f"asked-{group.history[-1].seq}"
    return tuple(
        Effect(key=f"page:{turn}.{person_id}", do=Page(page=f"{turn}.{person_id}", person_id=person_id, asked_by=by))
        for person_id in people
    )


# ---- time passes ---------------------------------------------------------------------------------------------------


def advance(group: AlertGroup, *, now: datetime) -> GroupChange:
    """The only thing time does: end a silence, page the next in line, or nothing."""
    if group.due_at is None or group.due_at > now:
        return Change(doc=group)
    if group.status is Status.SILENCED:
        return _fire_again(group, now=now, by="", text=say("The silence is over"), note=NOTHING)
    if group.status is not Status.FIRING or group.step >= len(group.chain):
        return Change(doc=replace(group, due_at=None))
    after, pages = _take_step(group, now)
    return Change(doc=after, effects=(*pages, *_draw(after, now)))


def _start_chain(group: AlertGroup, now: datetime) -> tuple[AlertGroup, tuple[Effect, ...]]:
    if not group.chain:
        return replace(group, step=0, due_at=None), ()
    first = now + timedelta(seconds=group.chain[0].wait)
    waiting = replace(group, step=0, due_at=first)
    return _take_step(waiting, now) if first <= now else (waiting, ())


def _take_step(group: AlertGroup, now: datetime) -> tuple[AlertGroup, tuple[Effect, ...]]:
    pages = _pages_of_step(group)
    step = group.step + 1
    due_at = now + timedelta(seconds=group.chain[step].wait) if step < len(group.chain) else None
    return replace(group, step=step, due_at=due_at), pages


def _pages_of_step(group: AlertGroup) -> tuple[Effect, ...]:
    return tuple(
        Effect(key=f"page:{name}", do=Page(page=name, person_id=person_id))
        for person_id in group.chain[group.step].people
        for name in (f"{group.turn}.{group.step}.{person_id}",)
    )


# ---- the outside answers -------------------------------------------------------------------------------------------


def drawn(
    group: AlertGroup, *, post: str, channel_id: str, post_id: str, now: datetime, counting: bool = False
) -> GroupChange:
    """A post of ours shows the group now. A first card brings the thread with it.

    `counting`: the history gets a line where the card came to show more alerts, as seldom as the card is edited.
    """
    shown = Posted(channel_id=channel_id, post_id=post_id, edited_at=now)
    if post == "card":
        posted = _counted(group, now, first=group.card is None) if counting else group
        posted = replace(posted, card=shown)
        return Change(
            doc=posted, effects=_tell(posted) if group.card is None or posted.history != group.history else ()
        )
    page = group.pages.get(post)
    if page is None:
        return Change(doc=group)
    return Change(doc=replace(group, pages={**group.pages, post: replace(page, post=shown)}))


def _counted(group: AlertGroup, now: datetime, *, first: bool) -> AlertGroup:
    seen = group.alerts + group.repeats
    if first or seen == group.counted:
        return replace(group, counted=seen)
    return _log(replace(group, counted=seen), now, counted_in_words(group), kind=Kind.COUNT)


def redrawn(group: AlertGroup, *, now: datetime, post_id: str = "") -> GroupChange:
    """Show the same as before, drawn anew: in this post, where it is one of ours, else in all."""
    posts = {"card": group.card, **{name: page.post for name, page in group.pages.items()}}
    meant = {f"draw:{name}" for name, post in posts.items() if post is not None and post.post_id == post_id}
    effects = _draw(group, now)
    return Change(doc=group, effects=tuple(one for one in effects if one.key in meant) if meant else effects)


def lost_post(group: AlertGroup, *, post: str) -> GroupChange:
    """A post of ours is gone: forget it, and make the card anew."""
    if post == "card":
        lost = replace(group, card=None, cards_lost=group.cards_lost + 1)
        return Change(doc=lost, effects=(Effect(key="draw:card", do=Draw(post="card")),))
    page = group.pages.get(post)
    if page is None:
        return Change(doc=group)
    return Change(doc=replace(group, pages={**group.pages, post: replace(page, post=None)}))


def paged(
    group: AlertGroup,
    *,
    page: str,
    person_id: str,
    name: str,
    now: datetime,
    channel_id: str = "",
    post_id: str = "",
    in_thread: bool = False,
) -> GroupChange:
    """A person was reached: by a direct message, by a mention in the thread, or by both."""
    direct = Posted(channel_id=channel_id, post_id=post_id, edited_at=now) if post_id else None
    told = _with_page(group, page, Paged(person_id=person_id, at=now, post=direct))
    logged = _log(told, now, _paged_in_words(name, direct=direct is not None, in_thread=in_thread), kind=Kind.PAGE)
    # Somebody may have acted while the message was on its way: then it shows what is no longer true.
    stale = () if direct is None or group.status is Status.FIRING else (Effect(key=f"draw:{page}", do=Draw(post=page)),)
    return Change(doc=logged, effects=(*_tell(logged), *stale))


def _paged_in_words(name: str, *, direct: bool, in_thread: bool) -> Text:
    if not in_thread:
        return say("Paged {name} by direct message", name=name)
    if not direct:
        return say("Paged {name} in this thread", name=name)
    return say("Paged {name} by direct message and in this thread", name=name)


def page_failed(
    group: AlertGroup, *, page: str, person_id: str, name: Text | str, reason: Text | str, now: datetime
) -> GroupChange:
    """This person cannot be reached: say so in the thread and go on to the next in line at once."""
    told = _with_page(group, page, Paged(person_id=person_id, at=now, failed=reason))
    text = say("Could not page {name}: {reason}", name=name, reason=_harmless(reason))
    logged = _log(told, now, text, kind=Kind.PAGE)
    hurried = replace(logged, due_at=now) if _waiting_for_next(logged) else logged
    return Change(doc=hurried, effects=_tell(hurried))


def told(group: AlertGroup, *, seq: int) -> GroupChange:
    """The thread shows the history up to `seq`; a repeated attempt may have told less than there is by now."""
    after = replace(group, told=max(group.told, seq))
    return Change(doc=after, effects=_tell(after))


def mirrored(group: AlertGroup, *, seq: int) -> GroupChange:
    """The thread of the message that the group is about shows the changes of state up to `seq`."""
    after = replace(group, mirrored=max(group.mirrored, seq))
    return Change(doc=after, effects=_mirror(after))


def card_refused(group: AlertGroup, *, reason: Text | str, now: datetime) -> GroupChange:
    """The channel takes no posts: note it once, tell the admin, and page the first in line if nobody was yet."""
    reason = _harmless(reason)
    text = say("Could not post in the channel: {reason}", reason=reason)
    if any(entry.text == text for entry in group.history):
        return Change(doc=group)
    told = TellAdmin(
        text=say(
            "Alerts of {integration} cannot be posted in their channel: {reason}",
            integration=neutral(group.integration_name, 100),
            reason=reason,
        )
    )
    unseen = group.status is Status.FIRING and group.step == 0 and bool(group.chain)
    pages = _pages_of_step(group)[:1] if unseen else ()
    return Change(doc=_log(group, now, text), effects=(*pages, Effect(key="tell-admin", do=told)))


def _harmless(reason: Text | str) -> Text | str:
    """Strings are what Mattermost said."""
    return reason if isinstance(reason, Text) else neutral(reason, 200)


def noted(group: AlertGroup, *, text: Text, now: datetime) -> GroupChange:
    """Something about the group that people should find in its history."""
    logged = _log(group, now, text, kind=Kind.NOTE)
    return Change(doc=logged, effects=_tell(logged))


# ---- shared steps --------------------------------------------------------------------------------------------------


def _already(group: AlertGroup, note: Text) -> GroupChange:
    return Change(doc=group, note=note)


def _become(
    group: AlertGroup,
    status: Status,
    now: datetime,
    by: str,
    text: Text,
    *,
    acknowledged_by: str = "",
    silenced_until: datetime | None = None,
    due_at: datetime | None = None,
) -> AlertGroup:
    after = replace(
        group,
        status=status,
        changed_at=now,
        changed_by=by,
        acknowledged_by=acknowledged_by,
        silenced_until=silenced_until,
        due_at=due_at,
    )
    return _log(after, now, text, by=by)


def _end(group: AlertGroup, *, now: datetime, by: str, text: Text) -> GroupChange:
    ended = replace(_become(group, Status.RESOLVED, now, by, text), firing=())
    return _quiet(ended, now, say("#{number} is resolved.", number=group.number))


def _fire_again(group: AlertGroup, *, now: datetime, by: str, text: Text, note: Text) -> GroupChange:
    firing = replace(_become(group, Status.FIRING, now, by, text), turn=group.turn + 1)
    started, pages = _start_chain(firing, now)
    return Change(doc=started, effects=(*pages, *_draw(started, now), *_tell(started)), note=note)


def _quiet(group: AlertGroup, now: datetime, note: Text) -> GroupChange:
    """Show the new state everywhere and start no further page."""
    unsent = tuple(
        f"page:{group.turn}.{number}.{person_id}"
        for number, step in enumerate(group.chain)
        for person_id in step.people
    )
    return Change(doc=group, effects=(*_draw(group, now), *_tell(group)), note=note, dropped=unsent)


def _draw(group: AlertGroup, now: datetime) -> tuple[Effect, ...]:
    card = (Effect(key="draw:card", do=Draw(post="card"), at=_pause(group.card, now)),) if group.channel_id else ()
    pages = tuple(
        Effect(key=f"draw:{name}", do=Draw(post=name), at=_pause(page.post, now))
        for name, page in group.pages.items()
        if page.post is not None
    )
    return card + pages


def _pause(post: Posted | None, now: datetime) -> datetime | None:
    """Edits are coalesced: at most one per post and pause."""
    if post is None or post.edited_at + EDIT_PAUSE <= now:
        return None
    return post.edited_at + EDIT_PAUSE


def _tell(group: AlertGroup) -> tuple[Effect, ...]:
    if group.card is None or not group.history or group.told >= group.history[-1].seq:
        return _mirror(group)
    return (Effect(key="tell", do=Tell()), *_mirror(group))


def _mirror(group: AlertGroup) -> tuple[Effect, ...]:
    return (Effect(key="mirror", do=Mirror()),) if unmirrored(group) else ()


def _log(
    group: AlertGroup, now: datetime, text: Text, *, by: str = "", told: bool = False, kind: Kind = Kind.STATE
) -> AlertGroup:
    seq = group.history[-1].seq + 1 if group.history else 1
    entry = Entry(seq=seq, at=now, text=text, by=by, kind=kind)
    return replace(group, history=(*group.history, entry)[-HISTORY_KEPT:], told=seq if told else group.told)


def _with_page(group: AlertGroup, name: str, page: Paged) -> AlertGroup:
    pages = {**group.pages, name: page}
    return replace(group, pages=dict(list(pages.items())[-PAGES_KEPT:]))


def _waiting_for_next(group: AlertGroup) -> bool:
    return group.status is Status.FIRING and group.due_at is not None


def untold(group: AlertGroup) -> tuple[Entry, ...]:
    return tuple(entry for entry in group.history if entry.seq > group.told)


def unmirrored(group: AlertGroup) -> tuple[Entry, ...]:
    """Whoever asked knows that it fired, which is the first entry: they asked for it."""
    if not group.about_post:
        return ()
    known = max(group.mirrored, 1)
    return tuple(entry for entry in group.history if entry.seq > known and entry.kind is Kind.STATE)


def alerts_in_words(group: AlertGroup) -> Text:
    return count("{count} alert", "{count} alerts", count=group.alerts)


def counted_in_words(group: AlertGroup) -> Text:
    """With the repeats, where there are any."""
    alerts = alerts_in_words(group)
    if not group.repeats:
        return alerts
    return say(
        "{alerts}, {repeats}", alerts=alerts, repeats=count("{count} repeat", "{count} repeats", count=group.repeats)
    )
