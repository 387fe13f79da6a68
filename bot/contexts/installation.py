"""This server's own document, and what finishes its installation."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from bot.call import Call
from bot.context import DecideServer
from bot.contexts.parts import Parts
from bot.core.changes import Change
from bot.core.servers import Server
from bot.core.text import Text
from bot.secret import Secret

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reinstalling:
    secret: Secret
    install_command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationOfServer:
    parts: Parts
    server: Server
    call: Call

    async def change(self, decide: DecideServer) -> Change[Server]:
        return await self.parts.stores.servers.change(self.server.id, self.server.id, decide)

    async def finish(self, code: str) -> Text:
        return await self.parts.installing.finish(self.server, self.call, code)

    async def new_secret(self) -> Reinstalling:
        setup = self.parts.installing.setup
        secret = await setup.rotate_secret(self.server.id)
        log.info("install secret rotated", server=self.server.id, by=self.call.actor.user_id)
        return Reinstalling(secret=secret, install_command=setup.install_command(self.server.id))

    async def keep_token(self, token: str) -> Text:
        note = await self.parts.installing.keep_lasting_token(self.server, Secret(token))
        log.info("lasting token given", server=self.server.id, by=self.call.actor.user_id)
        return note
