"""Amazon SNS: beside the key, each message proves by its signature that it comes from Amazon.

SNS tries again after 5xx and gives up after other 4xx; so what may pass is 503.
"""

from __future__ import annotations

import structlog

from bot.core.integrations import Integration
from bot.integrations import sns
from bot.integrations.kind import Kind
from bot.integrations.payload import Payload
from bot.integrations.reading import Pace, read_json
from bot.receiving.sns import NotProved
from handlers.inbound import Inbound

log = structlog.get_logger()


class InboundSns(Inbound):
    """One message of one topic; a subscription is confirmed."""

    route = "inbound-sns"

    async def post(self, kind: str, key: str = "") -> None:
        try:
            await super().post(kind, key)
        except NotProved as problem:
            log.warning("sns message not proved", why=str(problem))
            self.refuse_proof()

    async def _read(self, kind: Kind, integration: Integration, body: bytes) -> Payload:
        envelope = await read_json(body, Pace())
        await self.services.sns.prove(envelope)
        if envelope.get("Type") == sns.CONFIRMATIONS[0]:
            await self.services.sns.confirm(envelope)
            log.info("sns subscription confirmed", integration=integration.id)
        return sns.payload_of(envelope)
