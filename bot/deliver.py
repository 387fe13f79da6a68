"""Carries effects out: what a decision wants to happen in Mattermost happens here, and what came of it goes back.

Drawing happens as late as possible, from the document as it is then. Every delivery returns what was learned, as a pure
decision about the document. What may pass raises Upstream and the worker tries again; what will not is learned, too.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from bot.clock import Clock
from bot.core import alert_group, cards, outcomes
from bot.core import people as core_people
from bot.core.alert_group import AlertGroup, Kind, Posted, Status
from bot.core.cards import Card
from bot.core.changes import (
    Change,
    DeleteServer,
    Draw,
    Effect,
    Mirror,
    Page,
    RedrawGroups,
    RenewPushToken,
    Tell,
    TellAdmin,
)
from bot.core.neutral import plain
from bot.core.people import Person, Way
from bot.core.servers import LANGUAGE, Server, State, Surface, Timeline, deletable
from bot.core.text import Text, say
from bot.errors import Upstream
from bot.mattermost.access import Access
from bot.mattermost.client import Mattermost
from bot.mattermost.posting import Mark, NoLongerWanted, PostGone, edit_post, is_archived, post_once, seq_of
from bot.mattermost.refusals import FORBIDDEN, NOT_FOUND
from bot.reaching import reach
from bot.storage.records import stay
from bot.storage.stores import Stores
from bot.surfaces import apps, native
from bot.surfaces.cards import headline
from bot.surfaces.drawn import Drawn
from bot.surfaces.tokens import Sealer
from bot.vault import Vault
from bot.words import Reader, moment, words

log = structlog.get_logger()

T = TypeVar("T")
Learned = Callable[[T], Change[T]]

# Within this time Mattermost surely recognises a repeated pending id (it does for 30 s).
SURE = timedelta(seconds=25)
PAUSED = 60.0
SEEN_ACTIVE = timedelta(minutes=5)
TOLD_AGAIN = timedelta(hours=1)
LATE = timedelta(minutes=1)
# The post of an alert and the first page are on their way at the same time.
CARD_AWAITED = timedelta(seconds=30)
LINE = 1000
REDRAWN = 2000
REMEMBERED = 10_000
TOLD = {
    Timeline.QUIET: frozenset({Kind.STATE}),
    Timeline.NORMAL: frozenset({Kind.STATE, Kind.PAGE, Kind.NOTE}),
    Timeline.FULL: frozenset(Kind),
}
DEACTIVATED = say("their Mattermost account is deactivated")
UNKNOWN = say("their Mattermost account does not exist any more")


class Meanwhile:
    """Whether anything else happened in this process since: true once the event loop had its turn."""

    def __init__(self) -> None:
        self.happened = False
        asyncio.get_running_loop().call_soon(self._happen)

    def _happen(self) -> None:
        self.happened = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What one delivery about an alert group needs. `tried_since`: an earlier attempt may have come through.

    `meanwhile` begins when `group` was looked at.
    """

    server: Server
    mattermost: Mattermost
    group: AlertGroup
    tried_since: datetime | None
    meanwhile: Meanwhile


class Delivery:
    """Delivers effects of alert groups and of servers."""

    def __init__(self, *, stores: Stores, access: Access, vault: Vault, clock: Clock, public_url: str) -> None:
        self._stores = stores
        self._access = access
        self._vault = vault
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._seen_active: dict[tuple[str, str], datetime] = {}
        self._told: dict[tuple[str, str], datetime] = {}

    async def group(
        self, group: AlertGroup, effect: Effect, *, since: datetime | None = None, tries: int = 0
    ) -> Learned[AlertGroup]:
        """`since` is when the effect came to wait, where known; `tries` how often delivery failed. Raises Upstream."""
        meanwhile = Meanwhile()
        server = await self._serving(group.server_id)
        if server is None:
            return stay
        scene = Scene(
            server=server,
            mattermost=self._access.for_server(server),
            group=group,
            tried_since=self._tried_since(since or group.opened_at, tries),
            meanwhile=meanwhile,
        )
        match effect.do:
            case Page() as page:
                return await self._page(scene, page)
            case Draw(post="card"):
                return await self._draw_card(scene)
            case Draw(post=name):
                return await self._draw_page(scene, name)
            case Tell():
                return await self._tell(scene)
            case Mirror():
                return await self._mirror(scene)
            case TellAdmin(text=text):
                await self._tell_admin(server, text)
        return stay

    async def server(
        self, server: Server, effect: Effect, *, since: datetime | None = None, tries: int = 0
    ) -> Learned[Server]:
        """Raises Upstream."""
        match effect.do:
            case RenewPushToken():
                await self._renew(server)
            case RedrawGroups():
                await self._redraw_groups(server)
            case DeleteServer():
                await self._delete(server.id)
            case TellAdmin(text=text) if server.installed:
                await self._tell_admin(server, text)
        return stay

    async def _serving(self, server_id: str) -> Server | None:
        """The server, if it is to be served. Raises Upstream while it is paused; None drops what was to be done."""
        server = await self._stores.servers.recent(server_id)
        if server is None or server.state is State.REMOVED:
            return None
        if not server.installed:
            raise Upstream(say("OnCall is paused on this server"), permanent=False, retry_after=PAUSED)
        return server

    def _tried_since(self, since: datetime, tries: int) -> datetime | None:
        if tries == 0 and self._clock() - since <= SURE:
            return None
        return since

    # ---- pages: the first thing that must arrive ----

    async def _page(self, scene: Scene, page: Page) -> Learned[AlertGroup]:
        group = scene.group
        if not _wanted(group, page):
            return stay
        people = await self._people(group, page.person_id)
        if not _reachable(people.get(page.person_id)):
            people = await self._stores.people.with_ids(group.server_id, sorted({page.person_id, *people}))
        person = people.get(page.person_id)
        failed = partial(outcomes.page_failed, page=page.page, person_id=page.person_id, now=self._clock())
        if person is None:
            return partial(failed, name=say("somebody"), reason=say("they are not known here any more"))
        if not person.mattermost_user_id:
            return partial(failed, name=person.mention, reason=say("they have not linked their Mattermost account yet"))
        try:
            return await self._page_person(scene, page, person, people)
        except Upstream as refused:
            if not refused.permanent:
                raise
            return partial(failed, name=person.mention, reason=refused.said)

    async def _page_person(
        self, scene: Scene, page: Page, person: Person, people: Mapping[str, Person]
    ) -> Learned[AlertGroup]:
        await self._check_active(scene, person)
        ways = {
            Way.DIRECT: partial(self._page_directly, scene, page, person, people),
            Way.MENTION: partial(self._page_in_thread, scene, page, people),
        }
        reached = await reach(person.rules, ways)
        if not reached:
            return stay
        return partial(
            outcomes.paged,
            page=page.page,
            person_id=page.person_id,
            name=person.mention,
            now=self._clock(),
            channel_id=reached[Way.DIRECT].channel_id if Way.DIRECT in reached else "",
            post_id=reached[Way.DIRECT].post_id if Way.DIRECT in reached else "",
            in_thread=Way.MENTION in reached,
        )

    async def _page_directly(
        self, scene: Scene, page: Page, person: Person, people: Mapping[str, Person]
    ) -> Posted | None:
        channel_id = await scene.mattermost.direct_channel(person.mattermost_user_id)
        group = await self._still_wanted(scene, page)
        if group is None:
            return None
        try:
            post = await post_once(
                scene.mattermost,
                channel_id,
                self._page_picture(scene.server, group, page.person_id, people),
                mark=Mark(about=group.id, post=page.page),
                tried_since=scene.tried_since,
                last_look=partial(self._is_wanted, scene, page),
            )
        except NoLongerWanted:
            return None
        return Posted(channel_id=channel_id, post_id=post["id"], edited_at=self._clock())

    async def _page_in_thread(self, scene: Scene, page: Page, people: Mapping[str, Person]) -> Posted | None:
        """Raises Upstream: permanent where the alert has no post, passing while it may still get one."""
        group = await self._still_wanted(scene, page)
        if group is None:
            return None
        if group.card is None:
            hopeless = not group.channel_id or self._clock() - group.opened_at > CARD_AWAITED
            raise Upstream(say("the alert has no post in a channel"), permanent=hopeless, retry_after=1)
        card = cards.draw_page(group, names=_names(people), person_id=page.person_id)
        root = group.card
        try:
            post = await post_once(
                scene.mattermost,
                root.channel_id,
                Drawn(message=headline(card, self._channel_reader(scene.server))),
                mark=Mark(about=group.id, post=f"mention.{page.page}"),
                root_id=root.post_id,
                tried_since=scene.tried_since,
                last_look=partial(self._is_wanted, scene, page),
            )
        except NoLongerWanted:
            return None
        except PostGone:
            raise Upstream(say("the alert's post was deleted"), permanent=True) from None
        return Posted(channel_id=root.channel_id, post_id=post["id"], edited_at=self._clock())

    async def _still_wanted(self, scene: Scene, page: Page) -> AlertGroup | None:
        """Acknowledging means silence at once: looked at again right before sending, unless that was just now."""
        group: AlertGroup | None = scene.group
        if scene.meanwhile.happened:
            group = await self._stores.groups.find(scene.group.server_id, scene.group.id)
        return group if group is not None and _wanted(group, page) else None

    async def _is_wanted(self, scene: Scene, page: Page) -> bool:
        return await self._still_wanted(scene, page) is not None

    async def _check_active(self, scene: Scene, person: Person) -> None:
        """Mattermost takes messages to deactivated people without a word. Raises Upstream, permanent."""
        now, key = self._clock(), (scene.server.id, person.mattermost_user_id)
        seen = self._seen_active.get(key)
        if seen is not None and now - seen < SEEN_ACTIVE:
            return
        users = await scene.mattermost.users_by_ids([person.mattermost_user_id])
        if not users or users[0].get("delete_at"):
            await self._note(person, partial(core_people.gone, now=now))
            raise Upstream(DEACTIVATED if users else UNKNOWN, permanent=True)
        await self._note(person, core_people.back)
        _remember(self._seen_active, key, now)

    async def _note(self, person: Person, decide: Callable[[Person], Change[Person]]) -> None:
        if decide(person).doc != person:
            await self._stores.people.change(person.server_id, person.id, decide)

    async def _draw_page(self, scene: Scene, name: str) -> Learned[AlertGroup]:
        page = scene.group.pages.get(name)
        if page is None or page.post is None:
            return stay
        people = await self._people(scene.group, page.person_id)
        drawn = self._page_picture(scene.server, scene.group, page.person_id, people)
        return await self._edit(scene, page.post, name, Mark(about=scene.group.id, post=name), drawn)

    # ---- the card and its thread ----

    async def _draw_card(self, scene: Scene) -> Learned[AlertGroup]:
        group = scene.group
        if not group.channel_id:
            return stay
        people = await self._people(group)
        card = cards.draw(group, names=_names(people), extras=_extras(scene.server))
        drawn = self._picture(scene.server, card, self._channel_reader(scene.server))
        mark = Mark(about=group.id, post=f"card{group.cards_lost or ''}")
        if group.card is not None:
            return await self._edit(scene, group.card, "card", mark, drawn)
        try:
            post = await post_once(scene.mattermost, group.channel_id, drawn, mark=mark, tried_since=scene.tried_since)
        except Upstream as refused:
            return self._card_refused(scene, refused)
        return self._drawn(scene, "card", group.channel_id, post["id"])

    async def _edit(self, scene: Scene, post: Posted, name: str, mark: Mark, drawn: Drawn) -> Learned[AlertGroup]:
        try:
            await edit_post(scene.mattermost, post.post_id, drawn, mark=mark)
        except PostGone:
            return partial(outcomes.lost_post, post=name)
        except Upstream as refused:
            return self._card_refused(scene, refused)
        return self._drawn(scene, name, post.channel_id, post.post_id)

    def _drawn(self, scene: Scene, name: str, channel_id: str, post_id: str) -> Learned[AlertGroup]:
        return partial(
            outcomes.drawn,
            post=name,
            channel_id=channel_id,
            post_id=post_id,
            now=self._clock(),
            counting=scene.server.timeline is Timeline.FULL,
        )

    def _card_refused(self, scene: Scene, refused: Upstream) -> Learned[AlertGroup]:
        if not refused.permanent:
            raise refused
        log.warning("a post was refused", server=scene.server.id, group=scene.group.id, status=refused.status)
        return partial(outcomes.card_refused, reason=_why(refused), now=self._clock())

    async def _tell(self, scene: Scene) -> Learned[AlertGroup]:
        group, entries = scene.group, alert_group.untold(scene.group)
        if group.card is None or not entries:
            return stay
        first, last = entries[0].seq, entries[-1].seq
        shown = [entry for entry in entries if entry.kind in TOLD[scene.server.timeline]]
        if not shown:
            return partial(outcomes.told, seq=last)
        reader = self._channel_reader(scene.server)
        try:
            post = await post_once(
                scene.mattermost,
                group.card.channel_id,
                Drawn(message="\n".join(_line(entry, reader) for entry in shown)),
                mark=Mark(about=group.id, post=f"tell{group.cards_lost}.{first}", seq=last),
                root_id=group.card.post_id,
                tried_since=scene.tried_since,
            )
        except PostGone:
            return partial(outcomes.lost_post, post="card")
        except Upstream as refused:
            return self._card_refused(scene, refused)
        return partial(outcomes.told, seq=seq_of(post, last))

    async def _mirror(self, scene: Scene) -> Learned[AlertGroup]:
        """Into the thread of whoever asked. The bot may not be in that channel: then they look at the alert itself."""
        group, entries = scene.group, alert_group.unmirrored(scene.group)
        if not entries:
            return stay
        first, last = entries[0].seq, entries[-1].seq
        reader = self._channel_reader(scene.server)
        try:
            asked = await scene.mattermost.post(group.about_post)
            post = await post_once(
                scene.mattermost,
                asked["channel_id"],
                Drawn(message="\n".join(f"{group.name}: {_line(entry, reader)}" for entry in entries)),
                mark=Mark(about=group.id, post=f"mirror.{first}", seq=last),
                root_id=asked.get("root_id") or group.about_post,
                tried_since=scene.tried_since,
            )
        except PostGone:
            return partial(outcomes.mirrored, seq=last)
        except Upstream as refused:
            if not refused.permanent:
                raise
            log.info("not mirrored", server=scene.server.id, group=group.id, status=refused.status)
            return partial(outcomes.mirrored, seq=last)
        return partial(outcomes.mirrored, seq=seq_of(post, last))

    # ---- admins and tokens ----

    async def _tell_admin(self, server: Server, text: Text) -> None:
        """The same sentence at most once an hour: a hundred alert groups may share one trouble."""
        admin = await self._stores.people.by_user(server.id, server.installed_by)
        message = words(text, self._reader(server, admin))
        now, key = self._clock(), (server.id, message)
        told = self._told.get(key)
        if not server.installed_by or (told is not None and now - told < TOLD_AGAIN):
            return
        name = hashlib.sha256(message.encode("utf-8", "replace")).hexdigest()[:16]
        mattermost = self._access.for_server(server)
        try:
            channel_id = await mattermost.direct_channel(server.installed_by)
            mark = Mark(about=server.id, post=f"admin{now:%Y%m%d%H}.{name}")
            await post_once(mattermost, channel_id, Drawn(message=message), mark=mark)
        except Upstream as refused:
            if not refused.permanent:
                raise
            log.warning("the admin cannot be told", server=server.id, status=refused.status)
        _remember(self._told, key, now)

    async def _redraw_groups(self, server: Server) -> None:
        """The newest, as many as anybody looks at; the others follow with their next change."""
        for group in await self._stores.groups.open(server.id, REDRAWN):
            await self._stores.groups.change(server.id, group.id, partial(outcomes.redrawn, now=self._clock()))

    async def _delete(self, server_id: str) -> None:
        """Unless it was installed again meanwhile. What takes too long is gone on with at the next attempt."""
        server = await self._stores.servers.by_id(server_id)
        if server is None or not deletable(server, now=self._clock()):
            return
        await self._stores.delete_server(server_id)
        log.info("server deleted", server=server_id)

    async def _renew(self, server: Server) -> None:
        """A refusal is not repeated here: the core asks again as long as the token is needed."""
        try:
            await self._access.renew(server)
        except Upstream as refused:
            if not refused.permanent:
                raise

    # ---- drawing ----

    def _page_picture(self, server: Server, group: AlertGroup, person_id: str, people: Mapping[str, Person]) -> Drawn:
        card = cards.draw_page(group, names=_names(people), person_id=person_id, extras=_extras(server))
        return self._picture(server, card, self._reader(server, people.get(person_id)))

    def _picture(self, server: Server, card: Card, reader: Reader) -> Drawn:
        sealer = Sealer(self._vault, server.id, self._clock)
        if server.surface is Surface.APPS:
            return apps.draw_post(card, sealer=sealer, reader=reader, app_id=server.app_id)
        action_url = f"{self._public_url}/native/{server.id}/action"
        return native.draw_post(card, sealer=sealer, reader=reader, action_url=action_url)

    def _reader(self, server: Server, person: Person | None) -> Reader:
        reader = self._channel_reader(server)
        if person is None:
            return reader
        return replace(reader, locale=person.locale or reader.locale, zone=person.zone or reader.zone)

    def _channel_reader(self, server: Server) -> Reader:
        locale, zone = server.settings.get(LANGUAGE, ""), server.settings.get("zone", "")
        return Reader(now=self._clock(), locale=locale or "en", zone=zone)

    async def _people(self, group: AlertGroup, *others: str) -> dict[str, Person]:
        """Everybody in the chain, and these."""
        ids = {person_id for step in group.chain for person_id in step.people} | set(others)
        return await self._stores.people.recent(group.server_id, sorted(ids))


def _extras(server: Server) -> tuple[str, ...]:
    return cards.EXTRAS if server.buttons is None else server.buttons


def _reachable(person: Person | None) -> bool:
    return person is not None and bool(person.mattermost_user_id)


def _wanted(group: AlertGroup, page: Page) -> bool:
    """A page is for one turn of firing: once somebody acted it has lost its reason. Nobody is paged twice for it."""
    if page.asked_by:
        return group.live and page.page not in group.pages
    turn = page.page.partition(".")[0]
    return group.status is Status.FIRING and turn == str(group.turn) and page.page not in group.pages


def _names(people: Mapping[str, Person]) -> dict[str, str]:
    return {person_id: person.mention for person_id, person in people.items()}


def _line(entry: alert_group.Entry, reader: Reader) -> str:
    """One line of the thread; it pings nobody: that is what pages are for."""
    line = plain(words(entry.text, reader), LINE)
    return line if reader.now - entry.at < LATE else f"{moment(entry.at, reader)}: {line}"


def _why(refused: Upstream) -> Text | str:
    if is_archived(refused):
        return say("the channel is archived")
    if refused.status == FORBIDDEN:
        return say("the bot may not post there; invite it to the channel")
    if refused.status == NOT_FOUND:
        return say("the channel does not exist any more")
    return refused.said


def _remember(known: dict[tuple[str, str], datetime], key: tuple[str, str], at: datetime) -> None:
    if len(known) >= REMEMBERED:
        known.clear()
    known[key] = at
