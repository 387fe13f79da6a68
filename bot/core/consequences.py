"""What follows from every verb: the history, the posts to redraw, the chain, the pages. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.core.alert_group import (
    EDIT_PAUSE,
    HISTORY_KEPT,
    PAGES_KEPT,
    AlertGroup,
    Entry,
    GroupChange,
    Kind,
    Paged,
    Posted,
    Status,
    places,
    unmirrored,
)
from bot.core.changes import Change, Draw, Effect, Mirror, Page, Tell
from bot.core.replacing import replace
from bot.core.text import Text, say


def already(group: AlertGroup, note: Text) -> GroupChange:
    return Change(doc=group, note=note)


def become(
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
        maintenance="",
        maintenance_id="",
    )
    return log(after, now, text, by=by)


def end(group: AlertGroup, *, now: datetime, by: str, text: Text) -> GroupChange:
    ended = replace(become(group, Status.RESOLVED, now, by, text), firing=())
    return quieted(ended, now, say("#{number} is resolved.", number=group.number))


def fire_again(group: AlertGroup, *, now: datetime, by: str, text: Text, note: Text) -> GroupChange:
    firing = replace(become(group, Status.FIRING, now, by, text), turn=group.turn + 1)
    started, pages = start_chain(firing, now)
    return Change(doc=started, effects=(*pages, *draw_all(started, now), *tell(started)), note=note)


def quieted(group: AlertGroup, now: datetime, note: Text) -> GroupChange:
    """Show the new state everywhere and start no further page."""
    unsent = tuple(
        f"page:{group.turn}.{number}.{person_id}"
        for number, step in enumerate(group.chain)
        for person_id in step.people
    )
    return Change(doc=group, effects=(*draw_all(group, now), *tell(group)), note=note, withdrawn=unsent)


def draw_all(group: AlertGroup, now: datetime) -> tuple[Effect, ...]:
    cards = tuple(
        Effect(key=f"draw:{name}", do=Draw(post=name), at=_pause(place.post, now))
        for name, place in places(group).items()
    )
    pages = tuple(
        Effect(key=f"draw:{name}", do=Draw(post=name), at=_pause(page.post, now))
        for name, page in group.pages.items()
        if page.post is not None
    )
    return cards + pages


def _pause(post: Posted | None, now: datetime) -> datetime | None:
    """Edits are coalesced: at most one per post and pause."""
    if post is None or post.edited_at + EDIT_PAUSE <= now:
        return None
    return post.edited_at + EDIT_PAUSE


def tell(group: AlertGroup) -> tuple[Effect, ...]:
    if group.card is None or not group.history or group.told >= group.history[-1].seq:
        return mirror(group)
    return (Effect(key="tell", do=Tell()), *mirror(group))


def mirror(group: AlertGroup) -> tuple[Effect, ...]:
    return (Effect(key="mirror", do=Mirror()),) if unmirrored(group) else ()


def log(
    group: AlertGroup, now: datetime, text: Text, *, by: str = "", told: bool = False, kind: Kind = Kind.STATE
) -> AlertGroup:
    seq = group.history[-1].seq + 1 if group.history else 1
    entry = Entry(seq=seq, at=now, text=text, by=by, kind=kind)
    return replace(group, history=(*group.history, entry)[-HISTORY_KEPT:], told=seq if told else group.told)


def with_page(group: AlertGroup, name: str, page: Paged) -> AlertGroup:
    pages = {**group.pages, name: page}
    return replace(group, pages=dict(list(pages.items())[-PAGES_KEPT:]))


def waiting_for_next(group: AlertGroup) -> bool:
    return group.status is Status.FIRING and group.due_at is not None


def start_chain(group: AlertGroup, now: datetime) -> tuple[AlertGroup, tuple[Effect, ...]]:
    if not group.chain:
        return replace(group, step=0, due_at=None), ()
    first = now + timedelta(seconds=group.chain[0].wait)
    if first > now:
        return replace(group, step=0, due_at=first), ()
    return take_step(replace(group, step=0) if group.step else group, now)


def take_step(group: AlertGroup, now: datetime) -> tuple[AlertGroup, tuple[Effect, ...]]:
    pages = pages_of_step(group)
    step = group.step + 1
    due_at = now + timedelta(seconds=group.chain[step].wait) if step < len(group.chain) else None
    return replace(group, step=step, due_at=due_at), pages


def pages_of_step(group: AlertGroup) -> tuple[Effect, ...]:
    return tuple(
        Effect(key=f"page:{name}", do=Page(page=name, person_id=person_id))
        for person_id in group.chain[group.step].people
        for name in (f"{group.turn}.{group.step}.{person_id}",)
    )


def singled_out(group: AlertGroup) -> AlertGroup:
    """Whoever is wanted for one group of a storm needs its own post and thread, not that of hundreds."""
    return replace(group, apart=True) if group.gathered else group


def asking(group: AlertGroup, people: Iterable[str], by: str) -> tuple[Effect, ...]:
    """Page people (by id) because somebody wants them, which the last line of the history says."""
    turn = f"asked-{group.history[-1].seq}"
    return tuple(
        Effect(key=f"page:{turn}.{person_id}", do=Page(page=f"{turn}.{person_id}", person_id=person_id, asked_by=by))
        for person_id in people
    )
