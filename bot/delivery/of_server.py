"""What a whole server needs: fresh tokens, its posts drawn anew, its data deleted."""

from __future__ import annotations

from functools import partial

import structlog

from bot.clock import Clock
from bot.core import outcomes, storms
from bot.core.changes import Effect, RedrawGroups
from bot.core.replacing import replace
from bot.core.servers import Server, deletable
from bot.delivery.scene import Learned, go_on
from bot.errors import Upstream
from bot.mattermost.access import Access
from bot.storage.records import Write, stay
from bot.storage.stores import Stores

log = structlog.get_logger()

SLICE = 200
STORMS_REDRAWN = 20


class OfServer:
    """Carries out what concerns a server itself."""

    def __init__(self, stores: Stores, access: Access, clock: Clock) -> None:
        self._stores = stores
        self._access = access
        self._clock = clock

    async def redraw_groups(self, server: Server, redraw: RedrawGroups, key: str) -> Learned[Server]:
        """A slice of them; what is left goes on from there as the next effect of this key."""
        limit, decide = min(redraw.left, SLICE), partial(outcomes.redrawn, now=self._clock())
        groups = await self._stores.groups.open(server.id, limit, channel_id=redraw.channel_id, before=redraw.before)
        await self._stores.groups.change_many(
            [Write(server_id=server.id, id=group.id, decide=decide) for group in groups]
        )
        if not redraw.before:
            await self._redraw_storms(server)
        if not groups or redraw.left <= SLICE:
            return stay
        rest = replace(redraw, before=groups[-1].number, left=redraw.left - len(groups))
        return partial(go_on, effect=Effect(key=key, do=rest))

    async def _redraw_storms(self, server: Server) -> None:
        for storm in await self._stores.storms.recent(server.id, STORMS_REDRAWN):
            if storm.live:
                decide = partial(storms.redrawn, now=self._clock())
                await self._stores.storms.change(server.id, storm.id, decide)

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
