"""The alert groups of one server."""

from __future__ import annotations

from dataclasses import dataclass

from bot.context import DecideGroup
from bot.core.alerts import AlertGroup, Status
from bot.core.changes import Change
from bot.core.text import say
from bot.errors import UserError
from bot.storage.documents import AlreadyThere
from bot.storage.stores import Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsOfServer:
    stores: Stores
    server_id: str

    async def numbered(self, number: int) -> AlertGroup | None:
        return await self.stores.groups.by_number(self.server_id, number)

    async def of_post(self, post_id: str) -> AlertGroup | None:
        return await self.stores.groups.of_post(self.server_id, post_id)

    async def listed(self, statuses: tuple[Status, ...], *, limit: int) -> list[AlertGroup]:
        """In the order of the states; within a state the newest first."""
        found: list[AlertGroup] = []
        for status in statuses:
            if len(found) < limit:
                found += await self.stores.groups.listed(self.server_id, (status,), limit - len(found))
        return found

    async def change(self, group: AlertGroup, decide: DecideGroup) -> Change[AlertGroup]:
        """Raises UserError where another group is live for the same alerts, so that this one cannot come back."""
        try:
            return await self.stores.groups.change(self.server_id, group.id, decide)
        except AlreadyThere as problem:
            raise UserError(
                say(
                    "A newer alert group is open for the same alerts as {name}. `/oncall list` shows it.",
                    name=group.name,
                )
            ) from problem
