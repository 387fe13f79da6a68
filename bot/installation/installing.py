"""Installing over the Apps framework: who says so, which Mattermost it is, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from bot import sealed
from bot.call import Call
from bot.clock import Clock
from bot.core import servers
from bot.core.neutral import neutral
from bot.core.servers import Server, Site
from bot.core.text import Text, say
from bot.errors import Denied, Upstream, UserError
from bot.installation.setup import Setup
from bot.mattermost.access import Access
from bot.mattermost.client import Mattermost
from bot.mattermost.refusals import UNAUTHORIZED
from bot.outgoing.client import Client
from bot.secret import Secret
from bot.storage.directory import Servers
from bot.vault import Vault

# A bot token is an app session with 5 to 10 minutes left on arrival (Apps plugin v1.2.2); the rest is for the way.
TOKEN_LIFE = timedelta(minutes=5) - timedelta(seconds=15)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Installing:
    servers: Servers
    setup: Setup
    outgoing: Client
    access: Access
    vault: Vault
    clock: Clock

    async def installed(self, server: Server, context: Mapping[str, Any]) -> Text:
        """Mattermost says that an admin installed us. Raises UserError with the remedy."""
        site = await self._proven_site(server, context)
        by = str((context.get("acting_user") or {}).get("id"))
        decide = partial(servers.installed, site=site, by=by, now=self.clock())
        change = await self.servers.change(server.id, server.id, decide)
        if change.doc.installed and change.doc.site_url == site.url:
            await self.keep_token(change.doc, context)
        return change.note

    async def _proven_site(self, server: Server, context: Mapping[str, Any]) -> Site:
        """Ask the Mattermost in question who the acting user is: an admin there, and the one the call names."""
        url = str(context.get("mattermost_site_url") or "").rstrip("/")
        token = str(context.get("acting_user_access_token") or "")
        if not url or not token:
            raise UserError(say("Mattermost left out who installs. Uninstall the app and install it again."))
        chat = Mattermost(self.outgoing, url, Secret(token))
        try:
            user = await chat.me()
            config = await chat.client_config()
        except Upstream as refused:
            raise UserError(
                say(
                    "I cannot reach {url} to check this installation ({reason}). Make it reachable from the bot, then "
                    "finish with `/oncall setup` and the install code.",
                    url=url,
                    reason=refused.reason,
                )
            ) from refused
        if user["id"] != (context.get("acting_user") or {}).get("id") or "system_admin" not in user["roles"].split():
            raise Denied(say("Only a Mattermost system admin can install OnCall. Ask one to install it."))
        return self.site(server, context, version=config.get("Version", ""))

    def site(self, server: Server, context: Mapping[str, Any], *, version: str = "") -> Site:
        """The Mattermost that a call says it comes from; its webhook secret is there for admins only."""
        app = context.get("app")
        secret = str((app if isinstance(app, dict) else {}).get("webhook_secret") or "")
        return Site(
            url=str(context.get("mattermost_site_url") or "").rstrip("/"),
            bot_user_id=str(context.get("bot_user_id") or ""),
            sealed_webhook_secret=self.vault.seal(secret, about=sealed.webhook_secret(server.id)) if secret else "",
            version=version,
        )

    async def finish(self, server: Server, call: Call, code: str) -> Text:
        """Use the install code: for an installation that failed half way, or a second site. Raises UserError."""
        decide = partial(servers.finished, site=call.site, by=call.actor.user_id, now=self.clock())
        return (await self.setup.use_install_code(server, code, user_id=call.actor.user_id, then=decide)).note

    async def keep_lasting_token(self, server: Server, token: Secret) -> Text:
        """Once Mattermost said that it is the bot's own. Raises UserError."""
        try:
            owner = await Mattermost(self.outgoing, server.site_url, token).me()
        except Upstream as refused:
            if refused.status != UNAUTHORIZED:
                raise
            raise UserError(
                say("Mattermost does not accept this token. Make one for the bot's account and paste all of it.")
            ) from refused
        if owner["id"] != server.bot_user_id:
            raise UserError(
                say(
                    "This is a token of @{name}, not of the bot. Make one for the bot's account.",
                    name=neutral(owner["username"], 64),
                )
            )
        envelope = self.vault.seal(token.reveal(), about=sealed.lasting_token(server.id))
        decide = partial(servers.lasting_token_given, sealed=envelope)
        return (await self.servers.change(server.id, server.id, decide)).note

    async def uninstalled(self, server: Server) -> Text:
        return (await self.servers.change(server.id, server.id, partial(servers.uninstalled, now=self.clock()))).note

    async def enabled(self, server: Server) -> Text:
        return (await self.servers.change(server.id, server.id, servers.enabled)).note

    async def disabled(self, server: Server) -> Text:
        return (await self.servers.change(server.id, server.id, servers.disabled)).note

    async def keep_token(self, server: Server, context: Mapping[str, Any]) -> None:
        """Keep the bot token that a call brought, when it is fresher than the one we have."""
        token = str(context.get("bot_access_token") or "")
        now = self.clock()
        ends_at, works = now + TOKEN_LIFE, self.access.token_of(server) is not None
        decide = partial(servers.token_brought, sealed="", ends_at=ends_at, now=now, works=works)
        if not token or not server.installed or decide(server).doc is server:
            return
        if not await self._is_the_bots(server, Secret(token)):
            return
        sealed_token = self.vault.seal(token, about=sealed.push_token(server.id))
        await self.servers.change(server.id, server.id, partial(decide, sealed=sealed_token))

    async def _is_the_bots(self, server: Server, token: Secret) -> bool:
        """The body that brought it is not signed: whoever knows the install secret could pass us their own."""
        try:
            owner = await Mattermost(self.outgoing, server.site_url, token).me()
        except Upstream as refused:
            log.warning("bot token not kept", server=server.id, reason=refused.reason)
            return False
        if owner["id"] != server.bot_user_id:
            log.warning("bot token not kept", server=server.id, reason="it is somebody else's")
        return owner["id"] == server.bot_user_id

    async def secret_used(self, server: Server, secret_id: str) -> None:
        """The first call signed with a new install secret retires the old one."""
        if any(secret.id == secret_id and secret.state == "next" for secret in server.secrets):
            decide = partial(servers.secret_used, secret_id=secret_id, now=self.clock())
            await self.servers.change(server.id, server.id, decide)
