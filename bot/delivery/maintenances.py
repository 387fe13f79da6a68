"""What maintenance looks like in the channel, and the end of the silences that it made."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial

import structlog

from bot.clock import Clock
from bot.core import maintenance, maintenance_words, muted, routing
from bot.core.alert_group import AlertGroup, Posted
from bot.core.changes import Draw, Effect, ReviewGroups, Tell
from bot.core.maintenance import Maintenance
from bot.core.maintenance_cover import Calendar
from bot.core.neutral import unpinged
from bot.core.servers import Server
from bot.core.text import say
from bot.delivery.pictures import Pictures
from bot.delivery.scene import Learned
from bot.errors import NotFound, Upstream
from bot.mattermost.access import Access
from bot.mattermost.posting import Mark, PostGone, edit_post, post_once
from bot.storage.records import stay
from bot.storage.stores import Stores
from bot.surfaces.drawn import Drawn
from bot.words import words

READ_AT_ONCE = 500
TOGETHER = 50

log = structlog.get_logger()


class OfMaintenances:
    """Delivers the effects of maintenances."""

    def __init__(self, stores: Stores, access: Access, pictures: Pictures, clock: Clock) -> None:
        self._stores = stores
        self._access = access
        self._pictures = pictures
        self._clock = clock

    async def deliver(
        self, server: Server, one: Maintenance, effect: Effect, *, tried_since: datetime | None
    ) -> Learned[Maintenance]:
        """Raises Upstream."""
        match effect.do:
            case ReviewGroups():
                await self.review(one)
                return stay
            case Draw():
                posting = self._draw(server, one, tried_since)
            case Tell():
                posting = self._tell(server, one, tried_since)
            case _:
                return stay
        try:
            return await posting
        except Upstream as refused:
            if not refused.permanent:
                raise
            log.warning("maintenance not announced", server=server.id, maintenance=one.id, status=refused.status)
            return stay

    # ---- in the channel ----

    async def _draw(self, server: Server, one: Maintenance, tried_since: datetime | None) -> Learned[Maintenance]:
        channel_id = one.card.channel_id if one.card else await self._channel(server, one)
        if not channel_id or (one.card is None and one.running is None):
            return stay
        drawn, mark = self._drawn(server, one), Mark(about=one.id, post=f"maintenance{one.cards}")
        chat = self._access.for_server(server)
        if one.card is not None:
            try:
                await edit_post(chat, one.card.post_id, drawn, mark=mark)
            except PostGone:
                return partial(maintenance.drawn, card=None, number=one.cards)
            return stay
        try:
            post = await post_once(chat, channel_id, drawn, mark=mark, tried_since=tried_since, as_now=True)
        except PostGone:
            return stay
        shown = Posted(channel_id=channel_id, post_id=post["id"], edited_at=self._clock())
        return partial(maintenance.drawn, card=shown, number=one.cards)

    def _drawn(self, server: Server, one: Maintenance) -> Drawn:
        reader = self._pictures.channel_reader(server)
        title = one.reason or one.integration_name or words(maintenance_words.concern(one), reader)
        card = maintenance_words.card(one, name=words(say("Maintenance:"), reader), title=title)
        return self._pictures.picture(server, card, reader)

    async def _tell(self, server: Server, one: Maintenance, tried_since: datetime | None) -> Learned[Maintenance]:
        channel_id = one.card.channel_id if one.card else await self._channel(server, one)
        if not channel_id:
            return stay
        text = unpinged(words(maintenance_words.over(one), self._pictures.channel_reader(server)))
        mark = Mark(about=one.id, post=f"over{one.cards}")
        await post_once(
            self._access.for_server(server), channel_id, Drawn(message=text), mark=mark, tried_since=tried_since
        )
        return stay

    async def _channel(self, server: Server, one: Maintenance) -> str:
        found = await self._stores.integrations.find(server.id, one.integration_id) if one.integration_id else None
        return (found.channel_id if found else "") or server.channel_id

    # ---- the groups ----

    async def review(self, one: Maintenance) -> None:
        """Groups that maintenance silenced are so as long as one covers them, whichever it was in the beginning."""
        calendar = Calendar(await self._stores.maintenances.current(one.server_id), self._clock())
        last = 0
        while groups := await self._stores.groups.muted(one.server_id, last, READ_AT_ONCE):
            for start in range(0, len(groups), TOGETHER):
                some = groups[start : start + TOGETHER]
                await asyncio.gather(*(self._review(group, one, calendar) for group in some))
            last = groups[-1].number

    async def _review(self, group: AlertGroup, one: Maintenance, calendar: Calendar) -> None:
        known = routing.facts(group.labels, severity=group.severity, title=group.title)
        cover = calendar.cover(group.integration_id, known)
        decide = partial(muted.reviewed, by=one.ended_by, now=self._clock(), cover=cover)
        if not decide(group).effects:
            return
        try:
            await self._stores.groups.change(one.server_id, group.id, decide)
        except NotFound:
            log.info("deleted before it was reviewed", group=group.id)
