"""Direct messages to admins: to whoever installed the bot, where nobody else is meant."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import structlog

from bot.clock import Clock
from bot.core.servers import Server
from bot.core.text import Text
from bot.delivery.pictures import Pictures
from bot.delivery.scene import remember
from bot.errors import Upstream
from bot.mattermost.access import Access
from bot.mattermost.posting import Mark, post_once
from bot.storage.stores import Stores
from bot.surfaces.drawn import Drawn
from bot.words import words

log = structlog.get_logger()

TOLD_AGAIN = timedelta(hours=1)


class Admins:
    """Tells admins what only they can mend."""

    def __init__(self, stores: Stores, access: Access, pictures: Pictures, clock: Clock) -> None:
        self._stores = stores
        self._access = access
        self._pictures = pictures
        self._clock = clock
        self._told: dict[tuple[str, str], datetime] = {}

    async def tell(self, server: Server, text: Text, user_id: str = "") -> None:
        """The same sentence at most once an hour: a hundred alert groups may share one trouble."""
        user_id = user_id or server.installed_by
        admin = await self._stores.people.by_user(server.id, user_id)
        message = words(text, self._pictures.reader(server, admin))
        now, key = self._clock(), (server.id, message)
        told = self._told.get(key)
        if not user_id or (told is not None and now - told < TOLD_AGAIN):
            return
        name = hashlib.sha256(message.encode("utf-8", "replace")).hexdigest()[:16]
        mattermost = self._access.for_server(server)
        try:
            channel_id = await mattermost.direct_channel(user_id)
            mark = Mark(about=server.id, post=f"admin{now:%Y%m%d%H}.{name}")
            await post_once(mattermost, channel_id, Drawn(message=message), mark=mark)
        except Upstream as refused:
            if not refused.permanent:
                raise
            log.warning("the admin cannot be told", server=server.id, status=refused.status)
        remember(self._told, key, now)
