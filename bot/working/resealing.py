"""After a change of encryption keys: what is stored sealed is sealed again with the newest key, so the old one can go.

Every process that works does this at its start and each hour, one after the other: the first finds the work, the others
find it done. Two at once would do no harm, since changes are versioned, but the same work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot import sealed
from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.core.replacing import replace
from bot.core.servers import Server, ServerChange
from bot.errors import BotError
from bot.storage.directory import Integrations, Servers
from bot.vault import Vault, VaultError
from bot.working.hourly import Hourly

TURN = "resealing"
AT_ONCE = 50

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resealing(Hourly):
    """`tell` learns how many envelopes are still under older keys after each look."""

    turn = TURN
    failed = "not sealed again"

    servers: Servers
    integrations: Integrations
    vault: Vault
    tell: Callable[[int], None]

    async def look(self) -> int:
        """Through all servers, a few at a time; how many envelopes are left under older keys. Raises Unavailable."""
        left, after = 0, ""
        while batch := await self.servers.following(after, AT_ONCE):
            for server in batch:
                left += await self._reseal(server)
                left += await self._reseal_integrations(server.id)
            after = batch[-1].id
        self.tell(left)
        return left

    async def _reseal(self, server: Server) -> int:
        before = self._old(server)
        if not before:
            return 0
        try:
            server = (await self.servers.change(server.id, server.id, self._decide)).doc
        except BotError as problem:  # the next look is in an hour
            log.warning("not sealed again", server=server.id, why=str(problem))
        left = self._old(server)
        if left < before:
            log.info("sealed again with the newest key", server=server.id, texts=before - left)
        return left

    async def _reseal_integrations(self, server_id: str) -> int:
        left = 0
        for one in await self.integrations.listed(server_id):
            before = self._old(one)
            if not before:
                continue
            try:
                one = (await self.integrations.change(server_id, one.id, self._decide_integration)).doc
            except BotError as problem:  # the next look is in an hour
                log.warning("not sealed again", integration=one.id, why=str(problem))
            left += self._old(one)
        return left

    def _decide(self, server: Server) -> ServerChange:
        return Change(doc=_each(server, _again(self.vault)))

    def _decide_integration(self, one: Integration) -> Change[Integration]:
        return Change(doc=_each_of_integration(one, _again(self.vault)))

    def _old(self, document: Server | Integration) -> int:
        counted = _Counting(self.vault)
        if isinstance(document, Server):
            _each(document, counted)
        else:
            _each_of_integration(document, counted)
        return counted.old


Again = Callable[[str, str], str]
"""An envelope and what it is about, to the envelope to keep."""


def _again(vault: Vault) -> Again:
    """An envelope under the newest key. What cannot be opened stays as it is: its key may be put back."""

    def again(envelope: str, about: str) -> str:
        try:
            if not vault.needs_resealing(envelope):
                return envelope
            return vault.seal(vault.open(envelope, about=about), about=about)
        except VaultError as problem:
            log.error("a sealed text cannot be opened", about=about, problem=str(problem))
            return envelope

    return again


@dataclass(slots=True)
class _Counting:
    """Changes nothing."""

    vault: Vault
    old: int = 0

    def __call__(self, envelope: str, about: str) -> str:
        try:
            self.old += self.vault.needs_resealing(envelope)
        except VaultError:
            self.old += 1
        return envelope


def _each(server: Server, again: Again) -> Server:
    """The server with `again` done to each of its envelopes: the one list of where they are."""
    webhook, waiting = sealed.webhook_secret(server.id), server.waiting_site
    return replace(
        server,
        secrets=tuple(
            replace(one, sealed=_kept(one.sealed, sealed.install_secret(server.id, one.id), again))
            for one in server.secrets
        ),
        commands=tuple(
            replace(one, sealed_token=_kept(one.sealed_token, sealed.command_token(server.id, one.team_id), again))
            for one in server.commands
        ),
        sealed_push_token=_kept(server.sealed_push_token, sealed.push_token(server.id), again),
        sealed_lasting_token=_kept(server.sealed_lasting_token, sealed.lasting_token(server.id), again),
        sealed_webhook_secret=_kept(server.sealed_webhook_secret, webhook, again),
        waiting_site=waiting
        and replace(waiting, sealed_webhook_secret=_kept(waiting.sealed_webhook_secret, webhook, again)),
    )


def _each_of_integration(one: Integration, again: Again) -> Integration:
    about = sealed.signing_secret(one.server_id, one.id)
    return replace(one, sealed_signing_secret=_kept(one.sealed_signing_secret, about, again))


def _kept(envelope: str, about: str, again: Again) -> str:
    return again(envelope, about) if envelope else ""
