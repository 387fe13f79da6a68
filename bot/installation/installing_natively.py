"""Installing in a Mattermost without the Apps framework: what was made there becomes a server document here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot import sealed
from bot.clock import Clock
from bot.core import servers as core
from bot.core.changes import Change
from bot.core.replacing import replace
from bot.core.servers import Command, NativeSite, Server, State, Surface
from bot.core.text import Text, say
from bot.errors import Denied
from bot.installation.setup import Setup, new_server_id
from bot.mattermost import native_setup
from bot.mattermost.client import Mattermost
from bot.mattermost.findings import Finding
from bot.mattermost.native_setup import Installed, Wanted
from bot.outgoing.client import Client
from bot.secret import Secret
from bot.storage.directory import Servers
from bot.vault import Vault

INSTALLED = say("OnCall is installed. Next: `/oncall configure channel` chooses the channel where alerts are posted.")
BOT_WANTED = say("This is not the token of a bot account of this Mattermost. Make one in Integrations > Bot Accounts.")
# In the settings: the teams that were chosen, by their ids; empty means all.
TEAMS = "teams"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledNatively:
    """The server as it is stored now, and what was found on the way."""

    server: Server
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeByHand:
    """What a person made there, and what they typed. Without a bot's token the known one stays.

    `source` is the address that the form came from.
    """

    site_url: str
    user_id: str
    team_id: str
    sealed_command_token: str
    code: str
    bot_token: Secret
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallingNatively:
    """With an admin's token, which is used and forgotten. Everything raises native_setup.NotReady and Upstream."""

    servers: Servers
    setup: Setup
    outgoing: Client
    vault: Vault
    clock: Clock
    public_url: str

    async def look(self, url: str, token: Secret, *, teams: tuple[str, ...] = ()) -> Sequence[Finding]:
        """What an installation would meet with; nothing is made."""
        known = await self._known(url.rstrip("/"))
        wanted = self._wanted(known or self._new(new_server_id(), ""), url, teams)
        return await native_setup.look(self.outgoing, token, wanted)

    async def install(self, name: str, url: str, token: Secret, *, teams: tuple[str, ...] = ()) -> InstalledNatively:
        """Doing it again repairs what is there and adds new teams. What fails stores nothing."""
        known = await self._known(url.rstrip("/"))
        return await self._install(known, known or self._new(new_server_id(), name), url, token, teams)

    async def move(self, server: Server, url: str, token: Secret, *, teams: tuple[str, ...] = ()) -> InstalledNatively:
        """From the Apps framework: the same document, so that people, integrations and alert groups stay."""
        return await self._install(server, server, url or server.site_url, token, teams)

    async def by_hand(self, server: Server, made: MadeByHand) -> Text:
        """Bind a hand-made bot account and slash command, or the command of one more team. Raises UserError."""
        await self.setup.check_install_code(server, made.code, user_id=made.user_id, source=made.source)
        if server.installed and made.site_url != server.site_url:  # the form may be older than the installation
            raise Denied(BOT_WANTED)
        token = made.bot_token or self._lasting_token(server) or Secret("")
        bot = Mattermost(self.outgoing, made.site_url, token)
        me, typed_by, config = await bot.check_me(), await bot.user(made.user_id), await bot.client_config()
        if "system_admin" not in typed_by.get("roles", "").split():
            raise Denied(say("Only a Mattermost system admin can install OnCall. Ask one to install it."))
        if not me.get("is_bot") or (config.get("SiteURL") or "").rstrip("/") != made.site_url:
            raise Denied(BOT_WANTED)
        command = Command(team_id=made.team_id, command_id="", sealed_token=made.sealed_command_token)
        site = NativeSite(
            url=made.site_url,
            installed_at_url=made.site_url,
            version=config.get("Version", ""),
            signing_key=config.get("AsymmetricSigningPublicKey", ""),
            installed_by=made.user_id,
            bot_user_id=me["id"],
            bot_username=me.get("username", ""),
            sealed_token=self.vault.seal(token.reveal(), about=sealed.lasting_token(server.id)),
            commands=(command,),
        )
        decide = partial(_one_more, site=site, now=self.clock())
        await self.setup.use_install_code(server, made.code, user_id=made.user_id, source=made.source, then=decide)
        return INSTALLED

    async def remove(self, server: Server, token: Secret) -> Server:
        """Take away what was made there, and serve it no more."""
        await self.clear(server, token)
        return await self.forget(server)

    async def forget(self, server: Server) -> Server:
        """Serve it no more, and leave alone what is at Mattermost."""
        decide = partial(core.uninstalled, now=self.clock())
        return (await self.servers.change(server.id, server.id, decide)).doc

    async def clear(self, server: Server, token: Secret, *, keep_bot: bool = False) -> None:
        """Take away what was made there."""
        await native_setup.remove(self.outgoing, token, self._wanted(server, "", ()), keep_bot=keep_bot)

    async def _install(
        self, known: Server | None, server: Server, url: str, token: Secret, teams: tuple[str, ...]
    ) -> InstalledNatively:
        made = await native_setup.install(self.outgoing, token, self._wanted(server, url, teams))
        site = self._site(server, made, url)
        decide = partial(_described, site=site, teams=teams, now=self.clock())
        if known is None:
            stored = await self.servers.add(decide(server))
        else:
            stored = (await self.servers.change(server.id, server.id, lambda doc: decide(doc))).doc
        return InstalledNatively(server=stored, findings=made.findings)

    async def _known(self, url: str) -> Server | None:
        for server in await self.setup.listed():
            if server.surface is Surface.NATIVE and server.state is not State.REMOVED and url in _addresses(server):
                return server
        return None

    def _wanted(self, server: Server, url: str, teams: tuple[str, ...]) -> Wanted:
        chosen = tuple(server.settings.get(TEAMS, "").split())
        return Wanted(
            url=(url or server.settings.get("installed_at_url", "") or server.site_url).rstrip("/"),
            public_url=self.public_url,
            server_id=server.id,
            teams=teams or chosen,
            known_teams=chosen,
            bot_token=self._lasting_token(server),
        )

    def _lasting_token(self, server: Server) -> Secret | None:
        if not server.sealed_lasting_token:
            return None
        return Secret(self.vault.open(server.sealed_lasting_token, about=sealed.lasting_token(server.id)))

    def _new(self, server_id: str, name: str) -> Server:
        return Server(id=server_id, name=name, surface=Surface.NATIVE, created_at=self.clock())

    def _site(self, server: Server, made: Installed, url: str) -> NativeSite:
        return NativeSite(
            url=made.site_url,
            installed_at_url=url.rstrip("/"),
            version=made.version,
            signing_key=made.signing_key,
            installed_by=made.installed_by,
            bot_user_id=made.bot_user_id,
            bot_username=made.bot_username,
            sealed_token=self.vault.seal(made.bot_token.reveal(), about=sealed.lasting_token(server.id)),
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


def _one_more(server: Server, *, site: NativeSite, now: datetime) -> Change[Server]:
    """With the commands that are known already; teams are the ones that have one."""
    new = {command.team_id for command in site.commands}
    kept = tuple(command for command in server.commands if command.team_id not in new)
    change = core.bound_natively(server, site=replace(site, commands=(*kept, *site.commands)), now=now)
    ids = " ".join(command.team_id for command in change.doc.commands)
    return replace(change, doc=replace(change.doc, settings={**change.doc.settings, TEAMS: ids}))


def _described(server: Server, *, site: NativeSite, teams: tuple[str, ...], now: datetime) -> Change[Server]:
    change = core.bound_natively(server, site=site, now=now)
    chosen = server.settings.get(TEAMS, "")
    if not teams and not chosen:
        return change
    ids = " ".join(command.team_id for command in site.commands)
    return replace(change, doc=replace(change.doc, settings={**change.doc.settings, TEAMS: ids}))


def _addresses(server: Server) -> tuple[str, str]:
    """What Mattermost calls itself, and what the operator called it."""
    return server.site_url, server.settings.get("installed_at_url", "")
