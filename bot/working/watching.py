"""Tells the intake when a heartbeat is missing or back, as if it were a sender."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.changes import Effect, ReportHeartbeat
from bot.core.heartbeats import Heartbeat
from bot.core.servers import State
from bot.integrations.heartbeat import reported
from bot.receiving.reception import Reception
from bot.storage.records import stay
from bot.storage.stores import Stores
from bot.working.serving import Learned


@dataclass(frozen=True, slots=True)
class Watching:
    """Delivers the effects of heartbeats. A repeat joins the live group, so it does no harm."""

    stores: Stores
    reception: Reception

    async def heartbeat(
        self, heartbeat: Heartbeat, effect: Effect, /, *, since: datetime, tries: int
    ) -> Learned[Heartbeat]:
        """Raises Unavailable."""
        match effect.do:
            case ReportHeartbeat(missing=missing):
                await self._report(heartbeat, missing=missing)
        return stay

    async def _report(self, heartbeat: Heartbeat, *, missing: bool) -> None:
        integration = await self.stores.integrations.find(heartbeat.server_id, heartbeat.id)
        server = await self.stores.servers.recent(heartbeat.server_id)
        if integration is None or integration.removed_at or server is None or server.state is State.REMOVED:
            return
        payload = reported(
            name=integration.name,
            missing=missing,
            last_at=heartbeat.last_at,
            every_seconds=heartbeat.every_seconds,
        )
        await self.reception.take(integration, payload)
