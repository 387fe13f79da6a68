"""The storms of one server."""

from __future__ import annotations

from dataclasses import dataclass

from bot.context import DecideStorm
from bot.core.changes import Change
from bot.core.storms import Storm
from bot.storage.stores import Stores

OFFERED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class StormsOfServer:
    stores: Stores
    server_id: str

    async def found(self, id_: str) -> Storm | None:
        return await self.stores.storms.find(self.server_id, id_)

    async def listed(self) -> list[Storm]:
        return [storm for storm in await self.stores.storms.recent(self.server_id, OFFERED) if storm.live]

    async def change(self, storm: Storm, decide: DecideStorm) -> Change[Storm]:
        return await self.stores.storms.change(self.server_id, storm.id, decide)
