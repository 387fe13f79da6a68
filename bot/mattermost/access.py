"""The way to each server's Mattermost: which token serves, and how a fresh one is asked for.

Tokens come sealed in the server document and are opened for each request. A push token is the bot's session token of
the Apps framework: it lives for minutes and is never used after its end. A fresh one is asked for through our own
webhook at Mattermost, whose call to us brings it (Apps plugin v1.2.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

import structlog

from bot import sealed
from bot.clock import Clock
from bot.core.servers import Server
from bot.core.text import say
from bot.errors import Upstream
from bot.mattermost.client import Acquaintance, Mattermost
from bot.mattermost.refusals import SUCCESS, TOO_MANY, no_answer, refusal
from bot.outgoing.client import Client
from bot.outgoing.errors import OutgoingError
from bot.secret import Secret
from bot.vault import Vault, VaultError

log = structlog.get_logger()

# A request that begins just before the end of its token must not arrive after it.
MARGIN = timedelta(seconds=5)
ASK_AGAIN = timedelta(seconds=15)
# Forged triggers must not make us ask without end.
ASK_KEY_AGAIN = timedelta(seconds=60)
# A refused token may come back to life: a disabled bot is enabled again.
TRY_AGAIN = timedelta(seconds=60)
SOON = 2.0


class Access:
    """Clients for servers. Keeps no token, only what costs requests to find out again."""

    def __init__(self, *, outgoing: Client, vault: Vault, clock: Clock) -> None:
        self.outgoing = outgoing
        self._vault = vault
        self._clock = clock
        self._known: dict[tuple[str, str], Acquaintance] = {}
        self._asked: dict[str, datetime] = {}
        self._refused: dict[str, datetime] = {}
        self._slow: dict[str, datetime] = {}
        self._key_asked: dict[str, datetime] = {}

    def for_server(self, server: Server) -> Mattermost:
        """As the bot. Its calls raise Upstream while there is no token; the first of them asks for a fresh one."""
        known = self._known.setdefault((server.id, server.site_url), Acquaintance())
        return Mattermost(self.outgoing, server.site_url, BotTokens(access=self, server=server), known)

    def as_person(self, server: Server, token: Secret) -> Mattermost:
        """As the person whose token this is."""
        return Mattermost(self.outgoing, server.site_url, token)

    def token_of(self, server: Server) -> Secret | None:
        """The best token that is good now: the lasting one, else the push token."""
        now = self._clock()
        for envelope, about in _tokens(server, now):
            if self._refused.get(envelope, now) <= now:
                return self._open(envelope, about)
        return None

    def refused(self, server: Server, token: Secret) -> None:
        """Do not use it for a while."""
        now = self._clock()
        self._refused = {envelope: until for envelope, until in self._refused.items() if until > now}
        for envelope, about in _tokens(server, now):
            if self._open(envelope, about) == token:
                self._refused[envelope] = now + TRY_AGAIN

    def slow_down(self, server: Server, seconds: float) -> None:
        """A rate limit is the whole account's: what comes next would be refused, too, and lengthen it."""
        log.warning("mattermost limits the rate", server=server.id, seconds=seconds)
        self._slow[server.id] = self._clock() + timedelta(seconds=seconds)

    def silent_for(self, server: Server) -> float:
        """Seconds until something may be sent again; 0 where it may be now."""
        until = self._slow.get(server.id)
        left = (until - self._clock()).total_seconds() if until else 0.0
        if until and left <= 0:
            del self._slow[server.id]
        return max(left, 0.0)

    async def fresh_key(self, server: Server) -> str:
        """The key Mattermost signs triggers with now, open to everybody. Empty where it was asked a moment ago."""
        now = self._clock()
        if now < self._key_asked.get(server.id, now):
            return ""
        self._key_asked[server.id] = now + ASK_KEY_AGAIN
        try:
            config = await Mattermost(self.outgoing, server.site_url, Secret("")).client_config()
        except Upstream as failed:
            log.warning("signing key not asked", server=server.id, reason=failed.reason)
            return ""
        return config.get("AsymmetricSigningPublicKey", "")

    async def renew(self, server: Server) -> None:
        """Ask for a fresh token, which comes by a call of its own. Raises Upstream.

        Asked at most once per quarter of a minute, however many messages wait for it.
        """
        if not can_renew(server):
            return
        now = self._clock()
        if now < self._asked.get(server.id, now):
            return
        self._asked[server.id] = now + ASK_AGAIN
        try:
            answer = await self.outgoing.request("POST", self._renewal_url(server), json={})
        except OutgoingError as failed:
            raise no_answer(failed) from failed
        if answer.status not in SUCCESS:
            log.warning("mattermost refused to renew the token", server=server.id, status=answer.status)
            raise refusal(answer)

    def _renewal_url(self, server: Server) -> str:
        """Carries the webhook secret: never logged."""
        secret = self._open(server.sealed_webhook_secret, sealed.webhook_secret(server.id))
        app = quote(server.app_id, safe="")
        webhook = f"{server.site_url.rstrip('/')}/plugins/com.mattermost.apps/apps/{app}/webhook/renew"
        return f"{webhook}?secret={quote(secret.reveal(), safe='')}"

    def _open(self, envelope: str, about: str) -> Secret:
        try:
            return Secret(self._vault.open(envelope, about=about))
        except VaultError as closed:
            log.error("a sealed token cannot be opened", about=about, problem=str(closed))
            raise Upstream(say("Its token cannot be decrypted with the keys this bot has"), permanent=False) from closed


@dataclass(frozen=True, slots=True, kw_only=True)
class BotTokens:
    """The bot's tokens at one server; implements `bot.mattermost.client.Tokens`."""

    access: Access
    server: Server

    async def current(self) -> Secret:
        if not self.server.site_url:
            raise Upstream(say("This server is not installed yet"), permanent=False)
        silent_for = self.access.silent_for(self.server)
        if silent_for:
            raise Upstream(
                say("It limits the rate of requests"), permanent=False, status=TOO_MANY, retry_after=silent_for
            )
        token = self.access.token_of(self.server)
        if token is not None:
            return token
        await self._ask()
        raise Upstream(say("The bot has no valid token for it at the moment"), permanent=False, retry_after=SOON)

    async def _ask(self) -> None:
        """Whatever comes of it, the message itself is not refused: it waits for a token."""
        try:
            await self.access.renew(self.server)
        except Upstream as failed:
            raise Upstream(failed.said, permanent=False, status=failed.status, retry_after=SOON) from failed

    async def refused(self, token: Secret) -> None:
        self.access.refused(self.server, token)

    async def slow_down(self, seconds: float) -> None:
        self.access.slow_down(self.server, seconds)


def can_renew(server: Server) -> bool:
    return bool(server.sealed_webhook_secret and server.app_id and server.site_url)


def _tokens(server: Server, now: datetime) -> Iterator[tuple[str, str]]:
    """Envelopes that may be opened now, the best first, and what they are about."""
    if server.sealed_lasting_token:
        yield server.sealed_lasting_token, sealed.lasting_token(server.id)
    if server.sealed_push_token and server.push_token_ends_at and server.push_token_ends_at - MARGIN > now:
        yield server.sealed_push_token, sealed.push_token(server.id)
