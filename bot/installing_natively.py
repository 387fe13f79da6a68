"""Installing in a Mattermost without the Apps framework: what was made there becomes a server document here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot import sealed
from bot.clock import Clock
from bot.core.changes import Change
from bot.core.servers import Command, Server, State, Surface
from bot.mattermost import native_setup
from bot.mattermost.findings import Finding
from bot.mattermost.native_setup import Installed, Wanted
from bot.outgoing.client import Client
from bot.secret import Secret
from bot.setup import Setup, new_server_id
from bot.storage.directory import Servers
from bot.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledNatively:
    """The server as it is stored now, and what was found on the way."""

    server: Server
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallingNatively:
    servers: Servers
    setup: Setup
    outgoing: Client
    vault: Vault
    clock: Clock
    public_url: str

    async def install(self, name: str, url: str, token: Secret, *, teams: tuple[str, ...] = ()) -> InstalledNatively:
        """Doing it again repairs what is there. Raises native_setup.NotReady and Upstream; then nothing is stored."""
        known = await self._known(url.rstrip("/"))
        server_id = known.id if known else new_server_id()
        wanted = Wanted(
            url=url.rstrip("/"),
            public_url=self.public_url,
            server_id=server_id,
            teams=teams,
            bot_token=self._lasting_token(known),
        )
        made = await native_setup.install(self.outgoing, token, wanted)
        server = self._described(known or self._new(server_id, name), made, url)
        if known is None:
            await self.servers.add(Change(doc=server))
        else:
            await self.servers.change(
                server_id, server_id, lambda stored: Change(doc=self._described(stored, made, url))
            )
        return InstalledNatively(server=server, findings=made.findings)

    async def _known(self, url: str) -> Server | None:
        for server in await self.setup.listed():
            if server.surface is Surface.NATIVE and server.state is not State.REMOVED and url in _addresses(server):
                return server
        return None

    def _lasting_token(self, server: Server | None) -> Secret | None:
        if server is None or not server.sealed_lasting_token:
            return None
        return Secret(self.vault.open(server.sealed_lasting_token, about=sealed.lasting_token(server.id)))

    def _new(self, server_id: str, name: str) -> Server:
        now = self.clock()
        return Server(id=server_id, name=name, surface=Surface.NATIVE, created_at=now, installed_at=now)

    def _described(self, server: Server, made: Installed, url: str) -> Server:
        return replace(
            server,
            settings={**server.settings, "installed_at_url": url.rstrip("/")},
            state=State.INSTALLED,
            site_url=made.site_url,
            version=made.version,
            signing_key=made.signing_key,
            installed_by=made.installed_by,
            bot_user_id=made.bot_user_id,
            bot_username=made.bot_username,
            sealed_lasting_token=self.vault.seal(made.bot_token.reveal(), about=sealed.lasting_token(server.id)),
            commands=tuple(
                Command(
                    team_id=one.team_id,
                    command_id=one.command_id,
                    sealed_token=self.vault.seal(
                        one.token.reveal(), about=sealed.command_token(server.id, one.team_id)
                    ),
                )
                for one in made.commands
            ),
        )


def _addresses(server: Server) -> tuple[str, str]:
    """What Mattermost calls itself, and what the operator called it."""
    return server.site_url, server.settings.get("installed_at_url", "")
