"""The integrations of one server."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from functools import partial

from bot.context import DecideIntegration, NewKey
from bot.contexts.parts import Parts
from bot.core import heartbeats
from bot.core.changes import Change
from bot.core.heartbeats import Heartbeat
from bot.core.integrations import Integration
from bot.errors import NotFound
from bot.integrations.payload import Payload
from bot.storage.ids import new_id

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

    async def heartbeat(self, integration: Integration) -> Heartbeat | None:
        return await self.parts.stores.heartbeats.find(self.server_id, integration.id)

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

    async def take(self, integration: Integration, payload: Payload) -> tuple[int, ...]:
        return (await self.parts.reception.take(integration, payload)).groups

    def new_key(self) -> NewKey:
        key = "".join(secrets.choice(KEY_SIGNS) for _ in range(KEY_LENGTH))
        digest = self.parts.vault.digest(KEY_PURPOSE, key)
        return NewKey(id=self.new_id(), url_key=key, digests=(digest,))

    def new_id(self) -> str:
        return new_id(self.parts.clock())
