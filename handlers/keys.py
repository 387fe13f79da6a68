"""Whose key a sender showed: the proof of every way in for alerts."""

from __future__ import annotations

from bot.contexts.integrations import KEY_PURPOSE
from bot.core.integrations import Integration
from bot.core.servers import State
from bot.services import Services


async def integration_of(services: Services, key: str) -> Integration | None:
    """None for a key that is unknown, revoked, ended, or of a server that left. Raises Unavailable."""
    if not key:
        return None
    digests = services.vault.digests(KEY_PURPOSE, key)
    integration = await services.stores.integrations.by_key(digests)
    if integration is None or not integration.knows(digests, now=services.clock()):
        return None
    server = await services.stores.servers.recent(integration.server_id)
    return integration if server is not None and server.state is not State.REMOVED else None
