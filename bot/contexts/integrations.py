"""The integrations of one server."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass

from bot.context import DecideIntegration, NewKey
from bot.contexts.parts import Parts
from bot.core.changes import Change
from bot.core.integrations import Integration
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

    async def take(self, integration: Integration, payload: Payload) -> tuple[int, ...]:
        return (await self.parts.reception.take(integration, payload)).groups

    def new_key(self) -> NewKey:
        key = "".join(secrets.choice(KEY_SIGNS) for _ in range(KEY_LENGTH))
        digest = self.parts.vault.digest(KEY_PURPOSE, key)
        return NewKey(id=new_id(self.parts.clock()), url_key=key, digests=(digest,))
