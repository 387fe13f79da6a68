"""This server's own document, and what finishes its installation."""

from __future__ import annotations

from dataclasses import dataclass

from bot.call import Call
from bot.context import DecideServer
from bot.contexts.parts import Parts
from bot.core.changes import Change
from bot.core.servers import Server
from bot.core.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationOfServer:
    parts: Parts
    server: Server
    call: Call

    async def change(self, decide: DecideServer) -> Change[Server]:
        return await self.parts.stores.servers.change(self.server.id, self.server.id, decide)

    async def finish(self, code: str) -> Text:
        return await self.parts.installing.finish(self.server, self.call, code)
