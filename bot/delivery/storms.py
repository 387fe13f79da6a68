"""Storms: the post that shows one, the direct messages about it, and what people do to all of its groups at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from bot.clock import Clock
from bot.core import alerts, storm_cards, storms
from bot.core.alert_group import AlertGroup, Link, Paged, Posted
from bot.core.cards import Card
from bot.core.changes import ActOnAll, Change, Draw, Effect, Page, ShowApart
from bot.core.people import Person
from bot.core.replacing import replace
from bot.core.servers import Server
from bot.core.storms import DIGEST, Storm
from bot.core.text import say
from bot.delivery.pictures import Pictures
from bot.delivery.scene import Learned, Scene
from bot.delivery.storm_views import StormViews
from bot.errors import Busy, Upstream
from bot.mattermost.client import Mattermost
from bot.mattermost.posting import Mark, PostGone, edit_post, post_once
from bot.storage.directory import REMEMBERED_SECONDS
from bot.storage.records import Write, stay
from bot.storage.stores import Stores
from bot.surfaces.cards import headline
from bot.surfaces.drawn import Drawn
from bot.words import Reader

# So many are changed before others get their turn, and so many of these before it is noted how far that came.
SLICE = 100
SLICES = 10
SHOWN_KEPT = 1_000
REMEMBERED = timedelta(seconds=REMEMBERED_SECONDS)


class Storms:
    """Carries out what concerns a storm as a whole."""

    def __init__(self, stores: Stores, pictures: Pictures, clock: Clock) -> None:
        self._stores = stores
        self._pictures = pictures
        self._clock = clock
        self._views = StormViews(stores.groups, clock)
        self._shown: dict[Mark, tuple[object, datetime]] = {}
        self._telling: dict[tuple[str, str], asyncio.Task[Paged]] = {}

    async def deliver(
        self, server: Server, mattermost: Mattermost, storm: Storm, effect: Effect, *, tried: bool
    ) -> Learned[Storm]:
        """`tried`: an earlier attempt may have come through. Raises Upstream."""
        match effect.do:
            case Draw(post=name) if name == DIGEST:
                return await self._draw_digest(server, mattermost, storm, tried=tried)
            case Draw(post=name):
                return await self._draw_page(server, mattermost, storm, name)
            case ActOnAll() as act:
                return await self._act(storm, act)
            case ShowApart() as apart:
                return await self._show_apart(storm, apart)
        return stay

    # ---- posts ----

    async def _draw_digest(
        self, server: Server, mattermost: Mattermost, storm: Storm, *, tried: bool
    ) -> Learned[Storm]:
        if storm.post is None and not (await self._views.of(storm)).tally.total:
            self._views.forget(storm)
            return partial(storms.empty, now=self._clock())
        card, live = await self._card(server, storm)
        reader = self._pictures.channel_reader(server)
        mark = Mark(about=storm.id, post=f"{DIGEST}{storm.lost or ''}")
        try:
            if storm.post is not None:
                post_id = storm.post.post_id
                at = await self._edit(server, mattermost, storm.post, card, reader, mark)
            else:
                drawn = self._pictures.picture(server, card, reader)
                since = storm.began_at if tried else None
                post_id = (await post_once(mattermost, storm.channel_id, drawn, mark=mark, tried_since=since))["id"]
                at = self._clock()
        except PostGone:
            return partial(storms.lost_post, post=DIGEST)
        except Upstream as refused:
            if not refused.permanent:
                raise
            return storms.refused
        return partial(storms.drawn, post=DIGEST, channel_id=storm.channel_id, post_id=post_id, live=live, now=at)

    async def _draw_page(self, server: Server, mattermost: Mattermost, storm: Storm, name: str) -> Learned[Storm]:
        page = storm.pages.get(name)
        if page is None or page.post is None:
            return stay
        person = (await self._stores.people.recent(server.id, [page.person_id])).get(page.person_id)
        card, live = await self._card(server, storm, to=person)
        reader, mark = self._pictures.reader(server, person), Mark(about=storm.id, post=name)
        try:
            at = await self._edit(server, mattermost, page.post, card, reader, mark)
        except PostGone:
            return partial(storms.lost_post, post=name)
        except Upstream as refused:
            if not refused.permanent:
                raise
            return partial(storms.lost_post, post=name)
        return partial(
            storms.drawn,
            post=name,
            channel_id=page.post.channel_id,
            post_id=page.post.post_id,
            live=live,
            now=at,
        )

    async def _edit(
        self, server: Server, mattermost: Mattermost, posted: Posted, card: Card, reader: Reader, mark: Mark
    ) -> datetime:
        """When it came to show that: not again where it does, by the last minute of this process.

        Raises Upstream, PostGone.
        """
        look, now = (card, reader.locale, reader.zone, posted.post_id), self._clock()
        if now - posted.edited_at < storms.LATER_EVERY and self._shown.get(mark) == (look, posted.edited_at):
            return posted.edited_at
        await edit_post(mattermost, posted.post_id, self._pictures.picture(server, card, reader), mark=mark)
        if len(self._shown) >= SHOWN_KEPT:
            self._shown.clear()
        self._shown[mark] = (look, now)
        return now

    async def _card(self, server: Server, storm: Storm, *, to: Person | None = None) -> tuple[Card, int]:
        """With the number of its live groups."""
        view = await self._views.of(storm)
        card = storm_cards.draw(storm, view.tally, view.newest, addressed_to=to.mention if to else "")
        if to is not None and storm.post is not None:
            link = Link(label=say("In the channel"), url=f"{server.site_url}/_redirect/pl/{storm.post.post_id}")
            card = replace(card, links=(link,))
        return card, view.tally.live

    # ---- pages: one for all groups of the storm ----

    async def page(self, scene: Scene, page: Page, person: Person) -> Posted | None:
        """By direct message. The groups of a storm ask for the same one after the other: only the first sends it."""
        return await self._once(scene, page.page, partial(self._send, scene, page, person))

    async def mention(self, scene: Scene, page: Page, person: Person) -> Posted | None:
        """Under the post of the storm."""
        return await self._once(scene, f"mention.{page.page}", partial(self._send_below, scene, page, person))

    async def _once(self, scene: Scene, name: str, send: Callable[[Storm], Awaitable[Posted]]) -> Posted:
        """Raises Upstream."""
        key = (scene.group.storm, name)
        task = self._telling.get(key)
        if task is None:
            task = self._telling[key] = asyncio.create_task(self._tell(scene.group, name, send))
            task.add_done_callback(partial(self._told, key))
        told = await asyncio.shield(task)
        return told.post or Posted(channel_id="", post_id="", edited_at=told.at)

    def _told(self, key: tuple[str, str], task: asyncio.Task[Paged]) -> None:
        self._telling.pop(key, None)
        if not task.cancelled():
            task.exception()  # whoever waits for it has it; nobody may

    async def _tell(self, group: AlertGroup, name: str, send: Callable[[Storm], Awaitable[Posted]]) -> Paged:
        lately = await self._told_before(group, name)
        if lately is not None:
            return lately
        storm = await self._stores.storms.find(group.server_id, group.storm)
        if storm is None:
            raise Upstream(say("the alert has no post in a channel"), permanent=True)
        if storms.being_acted_on(storm, fired_at=group.changed_at, now=self._clock()):
            raise Upstream(say("somebody is acting on all alert groups of the storm"), permanent=False, retry_after=5)
        lately = storms.told_lately(storm, page=name, fired_at=group.changed_at, now=self._clock())
        if lately is not None:
            return lately
        post = await send(storm)
        person_id = name.rpartition(".")[2]
        told = Paged(person_id=person_id, at=self._clock(), post=post if not name.startswith("mention.") else None)
        await self._stores.storms.change(
            group.server_id, storm.id, partial(storms.paged, page=name, told=told, now=self._clock())
        )
        return told

    async def _told_before(self, group: AlertGroup, name: str) -> Paged | None:
        """As for nearly all groups of a storm. Whoever acted within the last second did so after this one had fired."""
        now = self._clock()
        if now - group.changed_at < REMEMBERED:
            return None
        storm = await self._stores.storms.seen(group.server_id, group.storm)
        if storm is None or storms.being_acted_on(storm, fired_at=group.changed_at, now=now):
            return None
        return storms.told_lately(storm, page=name, fired_at=group.changed_at, now=now)

    async def _send(self, scene: Scene, page: Page, person: Person, storm: Storm) -> Posted:
        channel_id = await scene.mattermost.direct_channel(person.mattermost_user_id)
        card, _ = await self._card(scene.server, storm, to=person)
        drawn = self._pictures.picture(scene.server, card, self._pictures.reader(scene.server, person))
        mark = Mark(about=storm.id, post=storms.name_of_page(storm, page.page))
        post = await post_once(scene.mattermost, channel_id, drawn, mark=mark, tried_since=scene.tried_since)
        return Posted(channel_id=channel_id, post_id=post["id"], edited_at=self._clock())

    async def _send_below(self, scene: Scene, page: Page, person: Person, storm: Storm) -> Posted:
        """Raises Upstream: passing while the storm may still get its post."""
        if storm.post is None:
            raise Upstream(say("the alert has no post in a channel"), permanent=storm.refused, retry_after=1)
        view = await self._views.of(storm)
        card = storm_cards.draw(storm, view.tally, (), addressed_to=person.mention)
        try:
            post = await post_once(
                scene.mattermost,
                storm.channel_id,
                Drawn(message=headline(card, self._pictures.channel_reader(scene.server))),
                mark=Mark(about=storm.id, post=storms.name_of_page(storm, f"mention.{page.page}")),
                root_id=storm.post.post_id,
                tried_since=scene.tried_since,
            )
        except PostGone:
            raise Upstream(say("the alert's post was deleted"), permanent=True) from None
        return Posted(channel_id=storm.channel_id, post_id=post["id"], edited_at=self._clock())

    # ---- all groups of a storm, a slice at a time ----

    async def _act(self, storm: Storm, act: ActOnAll) -> Learned[Storm]:
        last = await self._change_some(storm, act.after, partial(_acted, act=act))
        rest = replace(act, after=last) if last is not None else None
        return partial(storms.acted, rest=rest, now=self._clock())

    async def _show_apart(self, storm: Storm, apart: ShowApart) -> Learned[Storm]:
        last = await self._change_some(storm, apart.after, partial(storms.shown_apart, now=self._clock()))
        rest = replace(apart, after=last) if last is not None else None
        return partial(storms.showed_apart, rest=rest)

    async def _change_some(
        self, storm: Storm, after: int, decide: Callable[[AlertGroup], Change[AlertGroup]]
    ) -> int | None:
        """Slices of its live groups; the number of the last one, if there may be more.

        Where others were faster all the time it is the one before the first of those: that goes on from there.
        """
        for _ in range(SLICES):
            claims = await self._stores.groups.of_storm(storm.server_id, storm.id, after=after, limit=SLICE)
            if not claims:
                return None
            writes = [Write(server_id=claim.server_id, id=claim.id, decide=decide) for claim in claims]
            outcomes = await self._stores.groups.change_many(writes, seen=claims)
            self._views.forget(storm)
            pairs = zip(claims, outcomes, strict=True)
            left = next((claim.doc.number for claim, outcome in pairs if isinstance(outcome, Busy)), None)
            if left is not None:
                return left - 1
            after = claims[-1].doc.number
        return after


def gathers(group: AlertGroup, page: Page) -> bool:
    """Whether this page is one for all groups of a storm."""
    return group.gathered and not page.asked_by


def _acted(group: AlertGroup, *, act: ActOnAll) -> Change[AlertGroup]:
    if storms.fired_since(group, at=act.at) or storms.silenced_by(group, act):
        return Change(doc=group)
    match act.verb:
        case "ack":
            return alerts.acknowledge(group, by=act.by, now=act.at)
        case "resolve":
            return alerts.resolve(group, by=act.by, now=act.at)
        case "silence" if act.until is not None:
            return alerts.silence(group, by=act.by, now=act.at, until=act.until, reason=act.reason)
        case _:
            return Change(doc=group)
