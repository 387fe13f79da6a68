"""Where a request comes from, when proxies stand in between.

Tornado's own `xheaders` believes the header of anybody who connects, so that guesses could be spread over made-up
addresses. Here only addresses in TRUSTED_PROXIES are believed, one hop after the other, from our side outwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from tornado.httputil import HTTPServerRequest

from bot.settings import Network

Address = IPv4Address | IPv6Address


def address_of(request: HTTPServerRequest, trusted: Sequence[Network]) -> str:
    """The nearest address that is not one of our proxies. Empty on a Unix socket without one."""
    address = request.remote_ip or ""
    hops = ",".join(request.headers.get_list("X-Forwarded-For")).split(",") if trusted else []
    for hop in reversed(hops):
        if not _is_trusted(address, trusted) or _address(hop) is None:
            break
        address = hop
    return str(_address(address) or address)


def _is_trusted(text: str, trusted: Sequence[Network]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in trusted)


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
