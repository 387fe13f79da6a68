"""Checks the way bot → Mattermost → bot for every server and says what is wrong and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from bot.clock import Clock
from bot.core.servers import Server, State, Surface
from bot.core.text import Text, say
from bot.errors import Upstream
from bot.installing import TOKEN_LIFE
from bot.mattermost.access import Access, can_renew
from bot.storage.directory import Servers

CALLED_BACK_WITHIN = 5.0
LOOK_EVERY = 0.2
RECENT = timedelta(minutes=1)  # a token that came this lately proves the loop; a fresher one would not be kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    good: bool
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found at one server."""

    server: Server
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    servers: Servers
    access: Access
    clock: Clock
    public_url: str

    async def examine(self, servers: list[Server]) -> list[Report]:
        """All at once; each takes a few seconds at most."""
        return list(await asyncio.gather(*(self._examine(server) for server in servers)))

    async def _examine(self, server: Server) -> Report:
        findings = [finding async for finding in self._findings(server)]
        return Report(server=server, findings=tuple(findings))

    async def _findings(self, server: Server) -> AsyncIterator[Finding]:
        if server.waiting_site is not None:
            yield bad(
                "A second Mattermost, {site}, waits with the same secret. Confirm or refuse it on the set-up page.",
                site=server.waiting_site.url,
            )
        if not server.installed:
            yield _not_installed(server)
            return
        if server.surface is Surface.APPS:
            loop = await self._loop(server)
            yield loop
            if not loop.good:
                return
        yield await self._account(server)
        yield await self._channel(server)

    async def _loop(self, server: Server) -> Finding:
        """We ask Mattermost's webhook for a token, and it has to call us back with one."""
        if not can_renew(server):
            return bad("Mattermost did not tell its webhook secret. Install again with `/apps install`.")
        try:
            await self.access.renew(server)
        except Upstream as failed:
            return bad(
                "{site} does not answer us: {reason}. Is it up, and may the bot's machine reach it?",
                site=server.site_url,
                reason=failed.reason,
            )
        if await self._called_back(server):
            return good("Mattermost and the bot reach each other.")
        return bad(
            "{site} took our request but did not call us back at {url}. Check that Mattermost's machine can reach that "
            "address, and that the app is enabled there (`/apps list`).",
            site=server.site_url,
            url=self.public_url,
        )

    async def _called_back(self, server: Server) -> bool:
        for _ in range(int(CALLED_BACK_WITHIN / LOOK_EVERY)):
            stored = await self.servers.by_id(server.id)
            ends_at = stored.push_token_ends_at if stored else None
            if ends_at is not None and ends_at - self.clock() > TOKEN_LIFE - RECENT:
                return True
            await asyncio.sleep(LOOK_EVERY)
        return False

    async def _account(self, server: Server) -> Finding:
        current = await self.servers.by_id(server.id) or server
        try:
            user = await self.access.for_server(current).check_me()
        except Upstream as failed:
            return bad(
                "The bot's account at {site} does not work: {reason}. Install again.",
                site=server.site_url,
                reason=failed.reason,
            )
        return good("The bot is @{name} at {site}.", name=user["username"], site=server.site_url)

    async def _channel(self, server: Server) -> Finding:
        if not server.channel_id:
            return bad("No channel is chosen for alerts yet. Type `/oncall configure` in Mattermost.")
        current = await self.servers.by_id(server.id) or server
        try:
            channel = await self.access.for_server(current).channel(server.channel_id)
        except Upstream as failed:
            return bad(
                "The bot cannot see the channel for alerts ({reason}). Choose it again with `/oncall configure`.",
                reason=failed.reason,
            )
        return good("Alerts go to ~{channel}.", channel=channel["name"])


def good(english: str, **values: object) -> Finding:
    return Finding(good=True, text=say(english, **values))


def bad(english: str, **values: object) -> Finding:
    return Finding(good=False, text=say(english, **values))


def _not_installed(server: Server) -> Finding:
    if server.state is State.PENDING:
        return bad("Not installed yet: a Mattermost system admin has to type the install command.")
    if server.state is State.DISABLED:
        return bad("Paused by its Mattermost admin. Wake it with `/apps enable {app}`.", app=server.app_id)
    return bad("Removed from Mattermost; its data is deleted seven days later. Install again to keep it.")
