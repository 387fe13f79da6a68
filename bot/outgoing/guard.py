"""Decides where requests may go, so that nobody can send the bot to addresses inside a network (SSRF).

Public addresses: https on ports 443 and 8443. Networks the operator lists: also plain http and any port. Link-local and
metadata addresses: never. A name is only as good as its addresses, which `resolver` checks when they become known.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import SplitResult, quote, urlsplit

import idna

from bot.outgoing.errors import UnsafeDestination

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

DEFAULT_PORTS = {"https": 443, "http": 80}
PUBLIC_PORTS = (443, 8443)
MAX_LENGTH = 4096
REMEMBERED = 256

NOT_A_URL = "That is not a complete web address. Write it like https://alerts.example.com/path."
HTTPS_ONLY = (
    "Only https addresses on port 443 or 8443 can be called, except in networks listed in ALLOW_PRIVATE_NETWORKS."
)
NOT_ALLOWED = (
    "That address leads to a network this bot may not call. "
    "The operator can open a private network with ALLOW_PRIVATE_NETWORKS."
)
NO_LOGIN = "A web address with a user name or a password in it is not accepted. Leave out the part before the @."
NO_FRAGMENT = "A web address with a # in it is not accepted. Leave out the # and what follows."
ODD_NUMBERS = "Write a numeric address as four plain numbers, like 192.0.2.10."


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


# Never, even when listed: link-local, where clouds keep machine credentials; "this host", which connects to loopback.
FORBIDDEN = _networks(
    "0.0.0.0/8",
    "169.254.0.0/16",
    "255.255.255.255/32",
    "100.100.100.200/32",  # metadata: Alibaba Cloud
    "168.63.129.16/32",  # Azure's host, though the address is a public one
    "192.0.0.192/32",  # metadata: Oracle Cloud
    "::/128",
    "::ffff:0:0/96",  # IPv4 in disguise
    "fe80::/10",
    "fd00:ec2::/32",  # metadata: AWS
    "fd20:ce::/32",  # metadata: Google Cloud
    "fd00:42::42/128",  # metadata: Scaleway
)
# Not public, though `is_global` of Python 3.11 says so of most of them.
NOT_PUBLIC = _networks(
    "192.0.0.0/24",
    "192.88.99.0/24",  # 6to4 relays
    "224.0.0.0/4",  # multicast
    "::/96",  # IPv4-compatible
    "64:ff9b::/96",  # NAT64
    "64:ff9b:1::/48",
    "2001::/23",  # Teredo and other protocol assignments
    "2002::/16",  # 6to4
    "3fff::/20",  # documentation
    "5f00::/16",  # segment routing
    "fec0::/10",  # site-local
    "ff00::/8",  # multicast
)
GLOBAL_UNICAST = IPv6Network("2000::/3")  # everything else of IPv6 is special or not given out
CARRIERS = _networks("64:ff9b::/96", "64:ff9b:1::/48", "::/96")  # the last 32 bits are an IPv4 address

UNWANTED = re.compile(r"[\x00-\x20\\\x7f]")
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
BRACKETED = re.compile(r"\[[0-9A-Fa-f:.]+\](:[0-9]*)?")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedUrl:
    """A checked destination. `host` is ASCII, `target` is path and query, ready for the request line."""

    scheme: str
    host: str
    port: int
    target: str
    listed_only: bool  # its form is allowed only towards networks the operator listed

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"


class Guard:
    """The rules, with the networks that the operator opened."""

    def __init__(self, allowed: tuple[Network, ...] = ()) -> None:
        self.allowed = allowed
        self._site = lru_cache(maxsize=REMEMBERED)(self._check_site)

    def check_url(self, url: str) -> ParsedUrl:
        """Raises UnsafeDestination, also for a literal address; the addresses of a name are checked when resolved."""
        parts = _split(url)
        host, port, listed_only = self._site(parts.scheme, parts.netloc)
        return ParsedUrl(scheme=parts.scheme, host=host, port=port, target=_target(parts), listed_only=listed_only)

    def _check_site(self, scheme: str, netloc: str) -> tuple[str, int, bool]:
        """Host, port, and whether only listed networks will do. Good ones are remembered: they are few, asked often."""
        parts = SplitResult(scheme, netloc, "", "", "")
        port, host = _port(parts), _ascii_host(parts)
        listed_only = scheme != "https" or port not in PUBLIC_PORTS
        if listed_only and not self.allowed:
            raise UnsafeDestination(HTTPS_ONLY)
        if _is_literal(host):
            self.check_address(host, listed_only=listed_only)
        return host, port, listed_only

    def check_address(self, text: str, *, listed_only: bool) -> None:
        """Raises UnsafeDestination unless a connection to this address may be made."""
        address = ip_address(text.partition("%")[0])
        if is_forbidden(address):
            raise UnsafeDestination(NOT_ALLOWED)
        if any(address in network for network in self.allowed):
            return
        if not is_public(address):
            raise UnsafeDestination(NOT_ALLOWED)
        if listed_only:
            raise UnsafeDestination(HTTPS_ONLY)


def is_forbidden(address: Address) -> bool:
    return any(face in network for face in _faces(address) for network in FORBIDDEN)


def is_public(address: Address) -> bool:
    if any(address in network for network in NOT_PUBLIC):
        return False
    return address.is_global and (address.version == 4 or address in GLOBAL_UNICAST)


def _faces(address: Address) -> tuple[Address, ...]:
    """The address and every IPv4 address it carries, because a gateway may unpack it."""
    if isinstance(address, IPv4Address):
        return (address,)
    carried = (address.sixtofour, *(address.teredo or ()))
    if any(address in network for network in CARRIERS) and not address.is_loopback:
        carried += (IPv4Address(int(address) & 0xFFFF_FFFF),)
    return (address, *(one for one in carried if one is not None))


def _split(url: str) -> SplitResult:
    text = url.strip()
    if len(text) > MAX_LENGTH or UNWANTED.search(text):
        raise UnsafeDestination(NOT_A_URL)
    if "#" in text:
        raise UnsafeDestination(NO_FRAGMENT)
    try:
        parts = urlsplit(text)
    except ValueError:
        raise UnsafeDestination(NOT_A_URL) from None
    if parts.scheme not in DEFAULT_PORTS or not parts.netloc:
        raise UnsafeDestination(NOT_A_URL)
    if "@" in parts.netloc:
        raise UnsafeDestination(NO_LOGIN)
    return parts


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        raise UnsafeDestination(NOT_A_URL) from None
    if port == 0:
        raise UnsafeDestination(NOT_A_URL)
    return port or DEFAULT_PORTS[parts.scheme]


def _ascii_host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if "[" in parts.netloc:
        return _ipv6(host if BRACKETED.fullmatch(parts.netloc) else "")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            raise UnsafeDestination(NOT_A_URL) from None
    host = host.lower().removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise UnsafeDestination(NOT_A_URL)
    if NUMBER.fullmatch(labels[-1]) and not _is_literal(host):
        # Resolvers read 2130706433, 0x7f.1 and 0177.0.0.1 as 127.0.0.1; no honest address looks like that.
        raise UnsafeDestination(ODD_NUMBERS)
    return host


def _ipv6(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except ValueError:
        raise UnsafeDestination(NOT_A_URL) from None


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _target(parts: SplitResult) -> str:
    """Path and query as they were written, with what is not ASCII percent-encoded."""
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if target.isascii():
        return target
    try:
        return "".join(sign if sign.isascii() else quote(sign) for sign in target)
    except UnicodeEncodeError:
        raise UnsafeDestination(NOT_A_URL) from None
