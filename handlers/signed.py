"""Whether a payload bears the signature that its integration asks for."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot import sealed
from bot.core.integrations import Integration
from bot.errors import Unavailable
from bot.integrations.kind import Kind
from bot.integrations.reading import Pace
from bot.integrations.signing import is_signed
from bot.services import Services
from bot.vault import VaultError

log = structlog.get_logger()


async def is_proved(
    services: Services, kind: Kind, integration: Integration, headers: Mapping[str, str], body: bytes
) -> bool:
    """True where nobody asks for a signature. Raises Unavailable where the secret cannot be opened just now."""
    if kind.signature is None or not integration.sealed_signing_secret:
        return True
    about = sealed.signing_secret(integration.server_id, integration.id)
    try:
        secret = services.vault.open(integration.sealed_signing_secret, about=about)
    except VaultError as problem:
        log.error("a sealed text cannot be opened", about=about, problem=str(problem))
        raise Unavailable("The signing secret cannot be opened") from None
    return await is_signed(kind.signature, headers, body, secret=secret, now=services.clock(), pace=Pace())
