"""The integrations of one server."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import orjson

from bot import sealed
from bot.context import DecideHeartbeat, DecideIntegration, NewKey, Preview
from bot.contexts.parts import Parts
from bot.core import heartbeats, integrations
from bot.core.changes import Change
from bot.core.heartbeats import Heartbeat
from bot.core.integrations import Integration
from bot.core.replacing import replace
from bot.core.text import say
from bot.errors import NotFound, UserError
from bot.integrations.kind import Kind
from bot.integrations.kinds import kind_named
from bot.integrations.payload import Invalid, Payload
from bot.storage.ids import new_id
from bot.templates.problems import in_words

# Digests of integration keys are made for this purpose, and looked up for it when alerts come in.
KEY_PURPOSE = "integration-key"
KEY_LENGTH = 32
# Letters and digits, and as many of them as PagerDuty's keys have, because some senders check that.
KEY_SIGNS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationsOfServer:
    parts: Parts
    server_id: str

    async def listed(self) -> list[Integration]:
        return await self.parts.stores.integrations.listed(self.server_id)

    async def create(self, integration: Integration) -> None:
        await self.parts.stores.integrations.add(Change(doc=integration))

    async def change(self, integration: Integration, decide: DecideIntegration) -> Change[Integration]:
        return await self.parts.stores.integrations.change(self.server_id, integration.id, decide)

    async def sign(self, integration: Integration, secret: str) -> None:
        about = sealed.signing_secret(self.server_id, integration.id)
        envelope = self.parts.vault.seal(secret, about=about) if secret else ""
        decide = partial(integrations.edit, decide=lambda now: replace(now, sealed_signing_secret=envelope))
        await self.change(integration, decide)

    async def remove(self, integration: Integration) -> Change[Integration]:
        change = await self.change(integration, partial(integrations.remove, now=self.parts.clock()))
        await self.parts.stores.payloads.forget(self.server_id, integration.id)
        return change

    async def heartbeat(self, integration: Integration) -> Heartbeat | None:
        return await self.parts.stores.heartbeats.find(self.server_id, integration.id)

    async def heartbeats(self) -> list[tuple[Integration, Heartbeat]]:
        found = await self.parts.stores.heartbeats.of_server(self.server_id)
        return [(one, found[one.id]) for one in await self.listed() if one.id in found]

    async def change_heartbeat(self, integration: Integration, decide: DecideHeartbeat) -> Change[Heartbeat]:
        return await self.parts.stores.heartbeats.change(self.server_id, integration.id, decide)

    async def forget_heartbeat(self, integration: Integration) -> None:
        await self.parts.stores.heartbeats.forget(self.server_id, integration.id)

    async def expect(self, integration: Integration, *, every_seconds: int, grace_seconds: int) -> None:
        store = self.parts.stores.heartbeats
        decide = partial(heartbeats.expect, every_seconds=every_seconds, grace_seconds=grace_seconds)
        try:
            await store.change(self.server_id, integration.id, decide)
        except NotFound:
            first = Heartbeat(
                id=integration.id,
                server_id=self.server_id,
                every_seconds=every_seconds,
                grace_seconds=grace_seconds,
                created_at=self.parts.clock(),
            )
            await store.add(Change(doc=first))

    async def take_sample(self, integration: Integration) -> tuple[int, ...]:
        body, payload = await self._sample(integration)
        return (await self.parts.reception.take(integration, payload, body, sample=True)).groups

    async def preview(self, integration: Integration, templates: Mapping[str, str]) -> Preview:
        body, payload, real = await self._last(integration)
        outcome = await self.parts.reception.templating.tried(integration, templates, payload, body)
        problems = {part: in_words(problem) for part, problem in outcome.problems.items()}
        return Preview(payload=outcome.payload, problems=problems, body=_legible(body), real=real)

    async def _last(self, integration: Integration) -> tuple[bytes, Payload, bool]:
        """The last payload as its kind reads it, and whether it is real. Raises UserError, Unavailable."""
        body = await self.parts.stores.payloads.last(self.server_id, integration.id)
        try:
            return body, await _kind(integration).read(body, integration.group_by), True
        except Invalid:  # nothing came, or nothing that an alert can be read from
            return *await self._sample(integration), False

    async def _sample(self, integration: Integration) -> tuple[bytes, Payload]:
        kind = _kind(integration)
        body = kind.sample(self.parts.clock())
        return body, await kind.read(body, integration.group_by)

    def new_key(self) -> NewKey:
        key = "".join(secrets.choice(KEY_SIGNS) for _ in range(KEY_LENGTH))
        digest = self.parts.vault.digest(KEY_PURPOSE, key)
        return NewKey(id=self.new_id(), url_key=key, digests=(digest,))

    def new_id(self) -> str:
        return new_id(self.parts.clock())


def _kind(integration: Integration) -> Kind:
    """Raises UserError."""
    kind = kind_named(integration.kind)
    if kind is None:
        raise UserError(say("This release does not know this kind of sender."))
    return kind


def _legible(body: bytes) -> str:
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except ValueError:
        return body.decode("utf-8", "replace")
