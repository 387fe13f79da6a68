"""One effect after the other to the part that carries it out."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from bot.clock import Clock
from bot.core.alert_group import CARD, COPY, AlertGroup
from bot.core.changes import (
    CloseStale,
    DeleteServer,
    Draw,
    Effect,
    FollowNotes,
    Mirror,
    Page,
    RedrawGroups,
    RenewPushToken,
    Tell,
    TellAdmin,
    TellChannel,
)
from bot.core.integrations import Integration
from bot.core.maintenance import Maintenance
from bot.core.retention import close_if_stale
from bot.core.servers import Server, State
from bot.core.storms import Storm
from bot.core.text import say
from bot.delivery.admins import Admins
from bot.delivery.cards import Cards
from bot.delivery.channels import Channels
from bot.delivery.maintenances import OfMaintenances
from bot.delivery.noted import follow_notes
from bot.delivery.of_server import OfServer
from bot.delivery.pages import Pages
from bot.delivery.pictures import Pictures
from bot.delivery.scene import Learned, Meanwhile, Scene
from bot.delivery.storms import Storms
from bot.delivery.threads import Threads
from bot.errors import Upstream
from bot.mattermost.access import Access
from bot.storage.records import stay
from bot.storage.stores import Stores
from bot.vault import Vault

# Within this time Mattermost surely recognises a repeated pending id (it does for 30 s).
SURE = timedelta(seconds=25)
PAUSED = 60.0


class Delivery:
    """Delivers effects of alert groups, storms, servers and integrations."""

    def __init__(self, *, stores: Stores, access: Access, vault: Vault, clock: Clock, public_url: str) -> None:
        self._stores = stores
        self._access = access
        self._clock = clock
        pictures = Pictures(stores=stores, vault=vault, clock=clock, public_url=public_url)
        self._cards = Cards(pictures, clock)
        self._threads = Threads(pictures, clock)
        self._storms = Storms(stores, pictures, clock)
        self._pages = Pages(stores, pictures, self._cards, self._storms, clock)
        self._admins = Admins(stores, access, pictures, clock)
        self._channels = Channels(access, pictures, self._admins)
        self._of_server = OfServer(stores, access, clock)
        self._of_maintenances = OfMaintenances(stores, access, pictures, clock)

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
                return await self._pages.page(scene, page)
            case Draw(post=name) if name == CARD or name.startswith(COPY):
                return await self._cards.draw(scene, name)
            case Draw(post=name):
                return await self._pages.draw(scene, name)
            case Tell():
                return await self._threads.tell(scene)
            case Mirror():
                return await self._threads.mirror(scene)
            case FollowNotes():
                return await follow_notes(scene, self._clock)
            case CloseStale():
                return partial(close_if_stale, now=self._clock())
            case TellAdmin(text=text):
                await self._admins.tell(server, text)
        return stay

    async def server(
        self, server: Server, effect: Effect, *, since: datetime | None = None, tries: int = 0
    ) -> Learned[Server]:
        """Raises Upstream."""
        match effect.do:
            case RenewPushToken():
                await self._of_server.renew(server)
            case RedrawGroups() as redraw:
                return await self._of_server.redraw_groups(server, redraw, effect.key)
            case DeleteServer():
                await self._of_server.delete(server.id)
            case TellAdmin(text=text, user_id=user_id) if server.installed:
                await self._admins.tell(server, text, user_id)
        return stay

    async def integration(
        self, integration: Integration, effect: Effect, *, since: datetime, tries: int = 0
    ) -> Learned[Integration]:
        """Raises Upstream."""
        server = await self._serving(integration.server_id)
        if server is None or integration.removed_at:
            return stay
        match effect.do:
            case TellChannel() as notice:
                tried = self._tried_since(since, tries) is not None
                await self._channels.tell(server, integration, notice, since=since, tried=tried)
        return stay

    async def maintenance(
        self, maintenance: Maintenance, effect: Effect, *, since: datetime, tries: int = 0
    ) -> Learned[Maintenance]:
        """Raises Upstream."""
        server = await self._serving(maintenance.server_id)
        if server is None:
            return stay
        tried_since = self._tried_since(since, tries)
        return await self._of_maintenances.deliver(server, maintenance, effect, tried_since=tried_since)

    async def storm(self, storm: Storm, effect: Effect, *, since: datetime, tries: int = 0) -> Learned[Storm]:
        """Raises Upstream."""
        server = await self._serving(storm.server_id)
        if server is None:
            return stay
        tried = self._tried_since(since, tries) is not None
        return await self._storms.deliver(server, self._access.for_server(server), storm, effect, tried=tried)

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
