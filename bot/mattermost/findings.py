"""What a check found out, in words for admins, and what Mattermost's settings have to be like."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from bot.mattermost.wire import ClientConfig, ServiceSettings
from bot.surfaces.capabilities import capabilities

SHORTEST_TIMEOUT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`remedy` says what to do where it is not ok. `stops`: nothing can be installed before that."""

    ok: bool
    title: str
    remedy: str = ""
    stops: bool = False


def good(title: str) -> Finding:
    return Finding(ok=True, title=title)


def bad(title: str, remedy: str, *, stops: bool = False) -> Finding:
    return Finding(ok=False, title=title, remedy=remedy, stops=stops)


def settings_findings(settings: ServiceSettings, *, makes_bot: bool) -> list[Finding]:
    """Of the section ServiceSettings; defaults as in Mattermost's server source."""
    return [
        _site_url(settings),
        _commands(settings),
        _bot_creation(settings, makes_bot=makes_bot),
        _timeout(settings),
        _edits(settings),
        _certificates(settings),
        _login(settings),
    ]


def name_finding(config: ClientConfig, name: str) -> Finding:
    """Under which name private answers appear. Nothing fails without the bot's, so this is no more than a hint."""
    possible = capabilities(config.get("Version", "")).override_username
    if possible and config.get("EnablePostUsernameOverride") == "true":
        return good(f"Private answers come from @{name}")
    return Finding(
        ok=True,
        title="Private answers appear under the name of whoever asked, with BOT behind it",
        remedy=(
            f"To see @{name} there: System Console > Integrations > Integration Management > Enable integrations to "
            "override usernames, or: mmctl config set ServiceSettings.EnablePostUsernameOverride true"
        )
        if possible
        else "",
    )


async def address_finding(public_url: str, allowed: str) -> Finding:
    """Whether Mattermost lets its integrations call our address: private ones have to be listed."""
    host = urlsplit(public_url).hostname or ""
    addresses = await _addresses(host)
    title = f"Mattermost may call {public_url}"
    if not addresses or all(ip_address(address).is_global for address in addresses):
        return good(title)
    entries = allowed.replace(",", " ").split()
    if host in entries or all(_listed(address, entries) for address in addresses):
        return good(title)
    wanted = " ".join([*entries, host])
    return bad(
        f"Mattermost refuses to call {public_url}, a private address",
        "System Console > Environment > Developer > Allow untrusted internal connections, or: "
        f"mmctl config set ServiceSettings.AllowedUntrustedInternalConnections '{wanted}'",
    )


def _site_url(settings: ServiceSettings) -> Finding:
    if settings.get("SiteURL"):
        return good(f"Mattermost's address is {settings['SiteURL']}")
    return bad(
        "Mattermost does not know its own address, so it refuses to run slash commands",
        "System Console > Environment > Web Server > Site URL, or: "
        "mmctl config set ServiceSettings.SiteURL https://chat.example.com",
        stops=True,
    )


def _commands(settings: ServiceSettings) -> Finding:
    if settings.get("EnableCommands", True):
        return good("Slash commands are on")
    return bad(
        "Slash commands are off",
        "System Console > Integrations > Integration Management > Enable Custom Slash Commands, or: "
        "mmctl config set ServiceSettings.EnableCommands true",
        stops=True,
    )


def _bot_creation(settings: ServiceSettings, *, makes_bot: bool) -> Finding:
    if not makes_bot or settings.get("EnableBotAccountCreation", False):
        return good("The bot account can be made")
    return bad(
        "Bot accounts cannot be created",
        "System Console > Integrations > Bot Accounts > Enable Bot Account Creation, or: "
        "mmctl config set ServiceSettings.EnableBotAccountCreation true (it may be off again afterwards)",
        stops=True,
    )


def _certificates(settings: ServiceSettings) -> Finding:
    if not settings.get("EnableInsecureOutgoingConnections", False):
        return good("Mattermost checks the certificates of integrations")
    return bad(
        "Mattermost does not check the certificates of integrations, so somebody in between could read along",
        "Use a certificate that Mattermost trusts, then: "
        "mmctl config set ServiceSettings.EnableInsecureOutgoingConnections false",
    )


def _login(settings: ServiceSettings) -> Finding:
    if settings.get("EnableOAuthServiceProvider", True):
        return good("People can log in to the bot's pages with Mattermost")
    return bad(
        "People cannot log in to the bot's pages with Mattermost",
        "System Console > Integrations > Integration Management > Enable OAuth 2.0 Service Provider, or: "
        "mmctl config set ServiceSettings.EnableOAuthServiceProvider true",
    )


def _timeout(settings: ServiceSettings) -> Finding:
    """Also how long a dialog may be opened after a press, from 9.5."""
    seconds = settings.get("OutgoingIntegrationRequestsTimeout", 30)
    if seconds >= SHORTEST_TIMEOUT:
        return good(f"Mattermost waits {seconds} s for integrations")
    return bad(
        f"Mattermost waits only {seconds} s for integrations, so forms may fail to open",
        "mmctl config set ServiceSettings.OutgoingIntegrationRequestsTimeout 30",
    )


def _edits(settings: ServiceSettings) -> Finding:
    seconds = settings.get("PostEditTimeLimit", -1)
    if seconds < 0:
        return good("Posts can be edited at any time")
    return bad(
        f"Posts can be edited for {seconds} s only, so an alert that changes later needs a new post each time",
        "System Console > User Management > Permissions > Edit Posts > without time limit, or: "
        "mmctl config set ServiceSettings.PostEditTimeLimit -1",
    )


async def _addresses(host: str) -> list[str]:
    """As we see it, which is all we can know; empty where the name means nothing to us."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None)
    except OSError:
        return []
    return sorted({str(address[4][0]).partition("%")[0] for address in found})


def _listed(address: str, entries: Iterable[str]) -> bool:
    return any(_contains(entry, address) for entry in entries)


def _contains(entry: str, address: str) -> bool:
    try:
        return ip_address(address) in ip_network(entry, strict=False)
    except ValueError:
        return False
