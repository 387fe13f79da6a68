"""The maintenances of one server."""

from __future__ import annotations

from dataclasses import dataclass

from bot.context import DecideMaintenance
from bot.contexts.parts import Parts
from bot.core.changes import Change
from bot.core.maintenance import Maintenance
from bot.core.text import say
from bot.errors import UserError
from bot.storage.ids import new_id
from bot.storage.maintenances import MOST


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenancesOfServer:
    parts: Parts
    server_id: str

    async def current(self) -> list[Maintenance]:
        return await self.parts.stores.maintenances.current(self.server_id)

    async def find(self, id_: str) -> Maintenance | None:
        return await self.parts.stores.maintenances.find(self.server_id, id_)

    async def add(self, change: Change[Maintenance]) -> None:
        if len(await self.current()) >= MOST:
            raise UserError(
                say("There are {most} maintenances already. `/oncall maintenance end` ends one.", most=MOST)
            )
        await self.parts.stores.maintenances.add(change)

    async def change(self, maintenance: Maintenance, decide: DecideMaintenance) -> Change[Maintenance]:
        return await self.parts.stores.maintenances.change(self.server_id, maintenance.id, decide)

    def new_id(self) -> str:
        return new_id(self.parts.clock())
