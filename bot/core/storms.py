"""Storms: so many new alert groups in one channel that one post shows them all, and a person is paged for them once.

A storm begins with the group that is one too many for a minute, and is over after a minute with half as many. Critical
groups are no part of it: they keep their own posts and pages. Pure.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct, field

from bot.core import consequences
from bot.core.alert_group import CARD, EDIT_PAUSE, AlertGroup, GroupChange, Paged, Posted, Status
from bot.core.cards import GRAVE
from bot.core.changes import ActOnAll, Change, Draw, Effect, ShowApart
from bot.core.replacing import replace
from bot.core.servers import EVERYWHERE, STORM, Server
from bot.core.text import Text, count

LIMIT = 20
CALM = timedelta(minutes=1)
LOOKED_AT_EVERY = timedelta(seconds=5)
LATER_EVERY = timedelta(minutes=1)
# The first drawing waits for the groups, which are stored after their storm.
GATHERING = timedelta(seconds=1)
KEPT = timedelta(days=30)
# When a storm is over and no more than this are live, they get posts of their own.
FEW = 9
PAGES_KEPT = 100
# Whoever was paged for a storm so long ago is paged again for what fires in it since.
PAGED_AGAIN = timedelta(minutes=10)
# Within this time what somebody does to all of its groups goes on with the next of them.
ACTED_WITHIN = timedelta(seconds=30)
DIGEST = "digest"


class Storm(Struct, frozen=True, kw_only=True):
    """One storm in one channel. `groups` is how many it gathered, `live` how many were not resolved when last drawn.

    `minute_at` and `in_minute` count those of the minute that runs. `pages` are the direct messages about it, by turn,
    step and person. `parted`: the groups that were left have posts of their own. `acted_at` is when somebody last did
    something to all of them, `last_act` what that was; at `acting_at` it last went on.
    """

    id: str
    server_id: str
    channel_id: str
    limit: int
    began_at: datetime
    over_at: datetime | None = None
    minute_at: datetime
    in_minute: int = 0
    groups: int = 0
    live: int = 0
    post: Posted | None = None
    lost: int = 0
    refused: bool = False
    parted: bool = False
    acted_at: datetime | None = None
    last_act: ActOnAll | None = None
    acting_at: datetime | None = None
    pages: dict[str, Paged] = field(default_factory=dict)
    due_at: datetime | None = None

    @property
    def blows(self) -> bool:
        return self.over_at is None


StormChange = Change[Storm]


def limit_in(server: Server, channel_id: str) -> int:
    """How many new groups a minute are still no storm in this channel; 0 means there are no storms."""
    chosen = server.channels.get(channel_id, EVERYWHERE).storm
    return int(server.settings.get(STORM, LIMIT)) if chosen is None else chosen


def grave(severity: str) -> bool:
    return severity.strip().lower() in GRAVE


def caught(change: GroupChange, *, storm_id: str) -> GroupChange:
    """A group that has just opened is part of a storm: it has no post of its own in that channel."""
    effects = tuple(effect for effect in change.effects if effect.do != Draw(post=CARD))
    return replace(change, doc=replace(change.doc, storm=storm_id), effects=effects)


def shown_apart(group: AlertGroup, *, now: datetime) -> GroupChange:
    """From now on it has a post of its own, though it stays part of its storm."""
    if group.apart or not group.storm:
        return Change(doc=group)
    after = replace(group, apart=True)
    return Change(doc=after, effects=consequences.draw_all(after, now))


# ---- the life of a storm -------------------------------------------------------------------------------------------


def began(storm: Storm, *, now: datetime) -> StormChange:
    after = replace(storm, due_at=now + LOOKED_AT_EVERY)
    return Change(doc=after, effects=draw_all(after, now))


def joined(storm: Storm, *, groups: int, now: datetime) -> StormChange:
    """So many more alert groups have opened in it. One that is over stays so: then they go their own ways."""
    if not storm.blows:
        return Change(doc=storm)
    begins = now - storm.minute_at >= CALM
    after = replace(
        storm,
        groups=storm.groups + groups,
        minute_at=now if begins else storm.minute_at,
        in_minute=groups if begins else storm.in_minute + groups,
        due_at=storm.due_at or now + LATER_EVERY,
    )
    return Change(doc=after, effects=draw_all(after, now))


def advance(storm: Storm, *, now: datetime) -> StormChange:
    """Look again what became of its groups; end it when they come no faster than usual."""
    if storm.due_at is None or storm.due_at > now:
        return Change(doc=storm)
    after = storm
    if storm.blows and now - storm.minute_at >= CALM:
        calm = storm.in_minute * 2 < storm.limit or now - storm.minute_at >= 2 * CALM
        after = replace(storm, over_at=now) if calm else replace(storm, minute_at=now, in_minute=0)
    after = replace(after, due_at=now + (LOOKED_AT_EVERY if after.blows else LATER_EVERY))
    return Change(doc=after, effects=draw_all(after, now))


def drawn(storm: Storm, *, post: str, channel_id: str, post_id: str, live: int, now: datetime) -> StormChange:
    """A post of ours shows the storm now, with so many live groups."""
    shown = Posted(channel_id=channel_id, post_id=post_id, edited_at=now)
    if post != DIGEST:
        page = storm.pages.get(post)
        return Change(doc=storm if page is None else _with_page(storm, post, replace(page, post=shown)))
    after = replace(storm, post=shown, live=live)
    if after.blows:
        return Change(doc=after)
    if not live:
        return Change(doc=_at_rest(after, now))
    if live != storm.live and after.due_at is not None:
        after = replace(after, due_at=min(after.due_at, now + LOOKED_AT_EVERY))
    few = live <= FEW and not storm.parted
    return Change(doc=after, effects=(Effect(key="apart", do=ShowApart()),) if few else ())


def empty(storm: Storm, *, now: datetime) -> StormChange:
    """None of its groups is there: they are about to be stored, or whoever found it was killed before.

    Their sender was not answered and tries again. Until then there is nothing to show, and without them it just ends.
    """
    if not storm.blows:
        return Change(doc=_at_rest(storm, now))
    return Change(doc=storm, effects=(Effect(key=f"draw:{DIGEST}", do=Draw(post=DIGEST), at=now + GATHERING),))


def _at_rest(storm: Storm, now: datetime) -> Storm:
    """Nothing is due any more, but for one more look: what joined just before it was over may be stored only now."""
    looked_again = storm.over_at is not None and now - storm.over_at >= LATER_EVERY
    return replace(storm, due_at=None) if looked_again else storm


def lost_post(storm: Storm, *, post: str) -> StormChange:
    """A post of ours is gone. The digest is made anew."""
    if post == DIGEST:
        after = replace(storm, post=None, lost=storm.lost + 1)
        return Change(doc=after, effects=(Effect(key=f"draw:{DIGEST}", do=Draw(post=DIGEST)),))
    page = storm.pages.get(post)
    return Change(doc=storm if page is None else _with_page(storm, post, replace(page, post=None)))


def refused(storm: Storm) -> StormChange:
    """The channel takes no posts: the groups get theirs, where each says why it cannot be posted."""
    after = replace(storm, refused=True, due_at=storm.due_at if storm.blows else None)
    return Change(doc=after, effects=(Effect(key="apart", do=ShowApart()),))


def paged(storm: Storm, *, page: str, told: Paged, now: datetime) -> StormChange:
    """Somebody was told about the storm as a whole; their message goes on showing how it is."""
    after = _with_page(storm, page, told)
    return Change(doc=after, effects=draw_all(after, now))


def told_lately(storm: Storm, *, page: str, fired_at: datetime, now: datetime) -> Paged | None:
    """How somebody was told, if that was a moment ago: then a group that fires need not tell them, too.

    What fires after all others were acknowledged or silenced is news again, and so is what fires after the storm.
    """
    told = storm.pages.get(page)
    if told is None or now - told.at >= PAGED_AGAIN:
        return None
    acted = storm.acted_at is not None and told.at <= storm.acted_at < fired_at
    after = not storm.blows and fired_at - told.at >= CALM
    return None if acted or after else told


def being_acted_on(storm: Storm, *, fired_at: datetime, now: datetime) -> bool:
    """Whether a group that fires may be acknowledged in a moment, with all others: its pages can wait for that."""
    if storm.acted_at is None or storm.acting_at is None:
        return False
    return fired_at <= storm.acted_at and now - storm.acting_at < ACTED_WITHIN


def name_of_page(storm: Storm, page: str) -> str:
    """Another one each time that somebody is told anew: that must be a message of its own."""
    told = storm.pages.get(page)
    return page if told is None else f"{page}@{told.at:%Y%m%d%H%M%S}"


def _with_page(storm: Storm, name: str, page: Paged) -> Storm:
    pages = {**storm.pages, name: page}
    return replace(storm, pages=dict(list(pages.items())[-PAGES_KEPT:]))


def draw_all(storm: Storm, now: datetime) -> tuple[Effect, ...]:
    """Make its posts show what is so now."""
    digest = _pause(storm.post, now) if storm.post else storm.began_at + GATHERING
    pages = ((name, _pause(page.post, now)) for name, page in storm.pages.items() if page.post)
    return tuple(Effect(key=f"draw:{name}", do=Draw(post=name), at=at) for name, at in ((DIGEST, digest), *pages))


def redrawn(storm: Storm, *, now: datetime) -> StormChange:
    return Change(doc=storm, effects=draw_all(storm, now))


def _pause(post: Posted, now: datetime) -> datetime:
    return max(post.edited_at + EDIT_PAUSE, now)


# ---- people act on all of them -------------------------------------------------------------------------------------


def act_on_all(
    storm: Storm, *, verb: str, by: str, at: datetime, until: datetime | None = None, reason: str = ""
) -> StormChange:
    """Do the same to every live group of the storm, beside this call."""
    do = ActOnAll(verb=verb, by=by, at=at, until=until, reason=reason)
    return Change(
        doc=replace(storm, acted_at=at, last_act=do, acting_at=at),
        effects=(Effect(key=f"all:{verb}", do=do),),
        note=_promise(storm, verb, until),
    )


def acted(storm: Storm, *, rest: ActOnAll | None, now: datetime) -> StormChange:
    """Some of it is done; `rest` goes on from there."""
    again = (Effect(key=f"all:{rest.verb}", do=rest),) if rest else ()
    return Change(doc=replace(storm, acting_at=now), effects=(*draw_all(storm, now), *again))


def showed_apart(storm: Storm, *, rest: ShowApart | None) -> StormChange:
    return Change(doc=replace(storm, parted=True), effects=(Effect(key="apart", do=rest),) if rest else ())


def fired_since(group: AlertGroup, *, at: datetime) -> bool:
    """Whoever acted on all then has not seen it."""
    return group.status is Status.FIRING and group.changed_at > at


def silenced_by(group: AlertGroup, act: ActOnAll) -> bool:
    """Whether that is done already: what is done to all may begin a slice anew."""
    silent = group.status is Status.SILENCED and group.silenced_until == act.until
    return silent and act.verb == "silence" and group.changed_at == act.at


def _promise(storm: Storm, verb: str, until: datetime | None) -> Text:
    match verb:
        case "ack":
            return count(
                "You have the alert group of this storm that is live, within moments.",
                "You have all {count} live alert groups of this storm, within moments.",
                count=storm.live,
            )
        case "resolve":
            return count(
                "The live alert group of this storm is resolved, within moments.",
                "All {count} live alert groups of this storm are resolved, within moments.",
                count=storm.live,
            )
        case _:
            return count(
                "The live alert group of this storm is silenced until {until}, within moments.",
                "All {count} live alert groups of this storm are silenced until {until}, within moments.",
                count=storm.live,
                until=until,
            )
