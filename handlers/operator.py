"""The operator's proof: the admin token, and how often an address may guess it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from tornado.httputil import HTTPServerRequest
from tornado.web import RequestHandler

from bot.errors import Unavailable
from bot.installation.setup import TRIES_WITHIN
from bot.secret import Secret
from bot.services import Services
from handlers.proxies import address_of

RETRY_AFTER = int(TRIES_WITHIN.total_seconds())
IPV6_HOME = 64  # an IPv6 customer has at least a /64 to try from


def may_try(services: Services, request: HTTPServerRequest) -> bool:
    """Whether this address may show a token now; it counts as a wrong one until it `proved_right`."""
    return services.setup.sign_ins.admit(home(services, request))


def proved_right(services: Services, request: HTTPServerRequest) -> None:
    services.setup.sign_ins.forget(home(services, request))


def is_admin_token(services: Services, shown: str) -> bool:
    """Compared in constant time."""
    return Secret(shown) == services.config.admin_token


def shown_token(headers: Sequence[str]) -> str:
    """The Bearer token of the only Authorization header, else an empty text, which is no token."""
    if len(headers) != 1:
        return ""
    scheme, _, token = headers[0].partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def true_status(handler: RequestHandler, status: int, more: Mapping[str, Any]) -> int:
    """503 where the database is away: that is no mistake of ours and passes. For `write_error`."""
    raised = more.get("exc_info", (None, None))[1]
    if isinstance(raised, Unavailable):
        handler.set_status(503)
        return 503
    return status


def home(services: Services, request: HTTPServerRequest) -> str:
    """Whom to count a guess for."""
    text = address_of(request, services.config.trusted_proxies)
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_HOME), strict=False))
    return text
