"""What is told in the channel of an integration; where there is none, or it takes no posts, the admin is told."""

from __future__ import annotations

import hashlib
from datetime import datetime

import structlog

from bot.core.changes import TellChannel
from bot.core.integrations import Integration
from bot.core.servers import Server
from bot.delivery.admins import Admins
from bot.delivery.pictures import Pictures
from bot.errors import Upstream
from bot.mattermost.access import Access
from bot.mattermost.posting import Mark, post_once
from bot.surfaces.drawn import Drawn
from bot.words import words

log = structlog.get_logger()


class Channels:
    """Tells in channels."""

    def __init__(self, access: Access, pictures: Pictures, admins: Admins) -> None:
        self._access = access
        self._pictures = pictures
        self._admins = admins

    async def tell(
        self, server: Server, integration: Integration, notice: TellChannel, *, since: datetime, tried: bool
    ) -> None:
        """`since` is when it came to wait, which tells it from the one an hour later."""
        channel_id = integration.channel_id or server.channel_id
        if not channel_id:
            return await self._admins.tell(server, notice.text)
        name = hashlib.sha256(notice.about.encode("utf-8", "replace")).hexdigest()[:16]
        try:
            await post_once(
                self._access.for_server(server),
                channel_id,
                Drawn(message=words(notice.text, self._pictures.channel_reader(server))),
                mark=Mark(about=integration.id, post=f"notice.{name}.{since:%Y%m%d%H%M%S}"),
                tried_since=since if tried else None,
            )
        except Upstream as refused:
            if not refused.permanent:
                raise
            log.info("channel not told", server=server.id, integration=integration.id, status=refused.status)
            await self._admins.tell(server, notice.text)
