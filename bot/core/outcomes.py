"""What the outside answered: posts that were made or are gone, pages that came through or did not. Pure."""

from __future__ import annotations

from datetime import datetime

from bot.core.alert_group import (
    CARD,
    AlertGroup,
    GroupChange,
    Kind,
    Paged,
    Place,
    Posted,
    Status,
    counted_in_words,
    places,
    with_place,
)
from bot.core.changes import Change, Draw, Effect, TellAdmin
from bot.core.consequences import draw_all, log, mirror, pages_of_step, tell, waiting_for_next, with_page
from bot.core.neutral import neutral
from bot.core.replacing import replace
from bot.core.text import Text, say


def drawn(
    group: AlertGroup, *, post: str, channel_id: str, post_id: str, now: datetime, counting: bool = False
) -> GroupChange:
    """A post of ours shows the group now. A first card brings the thread with it.

    `counting`: the history gets a line where the card came to show more alerts, as seldom as the card is edited.
    """
    shown = Posted(channel_id=channel_id, post_id=post_id, edited_at=now)
    if post == CARD:
        posted = _counted(group, now, first=group.card is None) if counting else group
        posted = replace(posted, card=shown)
        return Change(doc=posted, effects=tell(posted) if group.card is None or posted.history != group.history else ())
    place = _further(group, post)
    if place is not None:
        return Change(doc=with_place(group, replace(place, post=shown)))
    page = group.pages.get(post)
    if page is None:
        return Change(doc=group)
    return Change(doc=replace(group, pages={**group.pages, post: replace(page, post=shown)}))


def _further(group: AlertGroup, name: str) -> Place | None:
    """The further channel whose card is called so."""
    return next((place for place in group.also if place.name == name), None)


def _counted(group: AlertGroup, now: datetime, *, first: bool) -> AlertGroup:
    seen = group.alerts + group.repeats
    if first or seen == group.counted:
        return replace(group, counted=seen)
    return log(replace(group, counted=seen), now, counted_in_words(group), kind=Kind.COUNT)


def redrawn(group: AlertGroup, *, now: datetime, post_id: str = "") -> GroupChange:
    """Show the same as before, drawn anew: in this post, where it is one of ours, else in all."""
    posts = {name: place.post for name, place in places(group).items()}
    posts |= {name: page.post for name, page in group.pages.items()}
    meant = {f"draw:{name}" for name, post in posts.items() if post is not None and post.post_id == post_id}
    effects = draw_all(group, now)
    return Change(doc=group, effects=tuple(one for one in effects if one.key in meant) if meant else effects)


def lost_post(group: AlertGroup, *, post: str) -> GroupChange:
    """A post of ours is gone: forget it, and make the card anew."""
    again = (Effect(key=f"draw:{post}", do=Draw(post=post)),)
    if post == CARD:
        return Change(doc=replace(group, card=None, cards_lost=group.cards_lost + 1), effects=again)
    place = _further(group, post)
    if place is not None:
        return Change(doc=with_place(group, replace(place, post=None, lost=place.lost + 1)), effects=again)
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
    told = with_page(group, page, Paged(person_id=person_id, at=now, post=direct))
    logged = log(told, now, _paged_in_words(name, direct=direct is not None, in_thread=in_thread), kind=Kind.PAGE)
    # Somebody may have acted while the message was on its way: then it shows what is no longer true.
    stale = () if direct is None or group.status is Status.FIRING else (Effect(key=f"draw:{page}", do=Draw(post=page)),)
    return Change(doc=logged, effects=(*tell(logged), *stale))


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
    told = with_page(group, page, Paged(person_id=person_id, at=now, failed=reason))
    text = say("Could not page {name}: {reason}", name=name, reason=_harmless(reason))
    logged = log(told, now, text, kind=Kind.PAGE)
    hurried = replace(logged, due_at=now) if waiting_for_next(logged) else logged
    return Change(doc=hurried, effects=tell(hurried))


def told(group: AlertGroup, *, seq: int) -> GroupChange:
    """The thread shows the history up to `seq`; a repeated attempt may have told less than there is by now."""
    after = replace(group, told=max(group.told, seq))
    return Change(doc=after, effects=tell(after))


def mirrored(group: AlertGroup, *, seq: int) -> GroupChange:
    """The thread of the message that the group is about shows the changes of state up to `seq`."""
    after = replace(group, mirrored=max(group.mirrored, seq))
    return Change(doc=after, effects=mirror(after))


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
    pages = pages_of_step(group)[:1] if unseen else ()
    return Change(doc=log(group, now, text), effects=(*pages, Effect(key="tell-admin", do=told)))


def copy_refused(group: AlertGroup, *, reason: Text | str, now: datetime) -> GroupChange:
    """A further channel takes no posts: note it once and tell the admin. The card with the thread stands elsewhere."""
    reason = _harmless(reason)
    text = say("Could not post in a further channel: {reason}", reason=reason)
    if any(entry.text == text for entry in group.history):
        return Change(doc=group)
    told = TellAdmin(
        text=say(
            "Alerts of {integration} cannot be posted in a further channel of the route “{route}”: {reason}",
            integration=neutral(group.integration_name, 100),
            route=neutral(group.route, 100),
            reason=reason,
        )
    )
    return Change(doc=log(group, now, text), effects=(Effect(key="tell-admin", do=told),))


def _harmless(reason: Text | str) -> Text | str:
    """Strings are what Mattermost said."""
    return reason if isinstance(reason, Text) else neutral(reason, 200)


def noted(group: AlertGroup, *, text: Text, now: datetime) -> GroupChange:
    """Something about the group that people should find in its history."""
    logged = log(group, now, text, kind=Kind.NOTE)
    return Change(doc=logged, effects=tell(logged))
