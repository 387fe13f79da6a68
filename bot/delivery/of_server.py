"""What a whole server needs: fresh tokens, its posts drawn anew, its data deleted."""

from __future__ import annotations

from functools import partial

import structlog

from bot.clock import Clock
from bot.core import outcomes
from bot.core.servers import Server, deletable
from bot.errors import Upstream
from bot.mattermost.access import Access
from bot.storage.stores import Stores

log = structlog.get_logger()

REDRAWN = 2000


class OfServer:
    """Carries out what concerns a server itself."""

    def __init__(self, stores: Stores, access: Access, clock: Clock) -> None:
        self._stores = stores
        self._access = access
        self._clock = clock

    async def redraw_groups(self, server: Server, channel_id: str = "") -> None:
        """The newest, as many as anybody looks at; the others follow with their next change. Empty means all."""
        for group in await self._stores.groups.open(server.id, REDRAWN, channel_id=channel_id):
            await self._stores.groups.change(server.id, group.id, partial(outcomes.redrawn, now=self._clock()))

    async def delete(self, server_id: str) -> None:
        """Unless it was installed again meanwhile. What takes too long is gone on with at the next attempt."""
        server = await self._stores.servers.by_id(server_id)
        if server is None or not deletable(server, now=self._clock()):
            return
        await self._stores.delete_server(server_id)
        log.info("server deleted", server=server_id)

    async def renew(self, server: Server) -> None:
        """A refusal is not repeated here: the core asks again as long as the token is needed."""
        try:
            await self._access.renew(server)
        except Upstream as refused:
            if not refused.permanent:
                raise
