"""Whose key a sender showed: the proof of every way in for alerts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import structlog

from bot.contexts.integrations import KEY_PURPOSE
from bot.core.integrations import Integration, recognised
from bot.core.servers import State
from bot.errors import BotError
from bot.services import Services

PATIENCE = 3.0  # senders do not wait for ever, and there is more to come

log = structlog.get_logger()


async def integration_of(services: Services, key: str) -> Integration | None:
    """None for a key that is unknown, revoked, ended, or of a server that left. Raises Unavailable."""
    if not key:
        return None
    digests = services.vault.digests(KEY_PURPOSE, key)
    integration = await services.stores.integrations.by_key(digests, patience=PATIENCE)
    if integration is None or not integration.knows(digests, now=services.clock()):
        return None
    server = await services.stores.servers.recent(integration.server_id)
    if server is None or server.state is State.REMOVED:
        return None
    if digests[0] not in integration.key_digests:
        await _know_by_newest(services, integration, digests)
    return integration


async def _know_by_newest(services: Services, integration: Integration, digests: Sequence[str]) -> None:
    """After a change of encryption keys, so that the old one can go. If it fails, the next delivery does it."""
    decide = partial(recognised, digests=digests)
    if decide(integration).doc is integration:
        return
    try:
        await services.stores.integrations.change(integration.server_id, integration.id, decide)
    except BotError as problem:
        log.warning("key not known by its newest digest", integration=integration.id, why=str(problem))
