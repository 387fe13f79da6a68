"""What a check found out, in words for admins, and what Mattermost's settings have to be like."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from bot.core.text import NOTHING, Text, say
from bot.mattermost.wire import ClientConfig, ServiceSettings
from bot.surfaces.capabilities import capabilities

SHORTEST_TIMEOUT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`remedy` says what to do where it is not ok. `stops`: nothing can be installed before that."""

    ok: bool
    title: Text
    remedy: Text = NOTHING
    stops: bool = False


def good(title: Text) -> Finding:
    return Finding(ok=True, title=title)


def bad(title: Text, remedy: Text, *, stops: bool = False) -> Finding:
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
        return good(say("Private answers come from @{name}", name=name))
    return Finding(
        ok=True,
        title=say("Private answers appear under the name of whoever asked, with BOT behind it"),
        remedy=say(
            "To see @{name} there: System Console > Integrations > Integration Management > Enable integrations to "
            "override usernames, or: `mmctl config set ServiceSettings.EnablePostUsernameOverride true`",
            name=name,
        )
        if possible
        else NOTHING,
    )


async def address_finding(public_url: str, allowed: str) -> Finding:
    """Whether Mattermost lets its integrations call our address: private ones have to be listed."""
    host = urlsplit(public_url).hostname or ""
    addresses = await _addresses(host)
    title = say("Mattermost may call {url}", url=public_url)
    if not addresses or all(ip_address(address).is_global for address in addresses):
        return good(title)
    entries = allowed.replace(",", " ").split()
    if host in entries or all(_listed(address, entries) for address in addresses):
        return good(title)
    wanted = " ".join([*entries, host])
    return bad(
        say("Mattermost refuses to call {url}, a private address", url=public_url),
        say(
            "System Console > Environment > Developer > Allow untrusted internal connections, or: "
            "`mmctl config set ServiceSettings.AllowedUntrustedInternalConnections '{hosts}'`",
            hosts=wanted,
        ),
    )


def _site_url(settings: ServiceSettings) -> Finding:
    if settings.get("SiteURL"):
        return good(say("Mattermost's address is {url}", url=settings["SiteURL"]))
    return bad(
        say("Mattermost does not know its own address, so it refuses to run slash commands"),
        say(
            "System Console > Environment > Web Server > Site URL, or: "
            "`mmctl config set ServiceSettings.SiteURL https://chat.example.com`"
        ),
        stops=True,
    )


def _commands(settings: ServiceSettings) -> Finding:
    if settings.get("EnableCommands", True):
        return good(say("Slash commands are on"))
    return bad(
        say("Slash commands are off"),
        say(
            "System Console > Integrations > Integration Management > Enable Custom Slash Commands, or: "
            "`mmctl config set ServiceSettings.EnableCommands true`"
        ),
        stops=True,
    )


def _bot_creation(settings: ServiceSettings, *, makes_bot: bool) -> Finding:
    if not makes_bot or settings.get("EnableBotAccountCreation", False):
        return good(say("The bot account can be made"))
    return bad(
        say("Bot accounts cannot be created"),
        say(
            "System Console > Integrations > Bot Accounts > Enable Bot Account Creation, or: "
            "`mmctl config set ServiceSettings.EnableBotAccountCreation true` (it may be off again afterwards)"
        ),
        stops=True,
    )


def _certificates(settings: ServiceSettings) -> Finding:
    if not settings.get("EnableInsecureOutgoingConnections", False):
        return good(say("Mattermost checks the certificates of integrations"))
    return bad(
        say("Mattermost does not check the certificates of integrations, so somebody in between could read along"),
        say(
            "Use a certificate that Mattermost trusts, then: "
            "`mmctl config set ServiceSettings.EnableInsecureOutgoingConnections false`"
        ),
    )


def _login(settings: ServiceSettings) -> Finding:
    if settings.get("EnableOAuthServiceProvider", True):
        return good(say("People can log in to the bot's pages with Mattermost"))
    return bad(
        say("People cannot log in to the bot's pages with Mattermost"),
        say(
            "System Console > Integrations > Integration Management > Enable OAuth 2.0 Service Provider, or: "
            "`mmctl config set ServiceSettings.EnableOAuthServiceProvider true`"
        ),
    )


def _timeout(settings: ServiceSettings) -> Finding:
    """Also how long a dialog may be opened after a press, from 9.5."""
    seconds = settings.get("OutgoingIntegrationRequestsTimeout", 30)
    if seconds >= SHORTEST_TIMEOUT:
        return good(say("Mattermost waits {seconds} s for integrations", seconds=seconds))
    return bad(
        say("Mattermost waits only {seconds} s for integrations, so forms may fail to open", seconds=seconds),
        say("`mmctl config set ServiceSettings.OutgoingIntegrationRequestsTimeout 30`"),
    )


def _edits(settings: ServiceSettings) -> Finding:
    seconds = settings.get("PostEditTimeLimit", -1)
    if seconds < 0:
        return good(say("Posts can be edited at any time"))
    return bad(
        say(
            "Posts can be edited for {seconds} s only, so an alert that changes later needs a new post each time",
            seconds=seconds,
        ),
        say(
            "System Console > User Management > Permissions > Edit Posts without time limit, or: "
            "`mmctl config set ServiceSettings.PostEditTimeLimit -1`"
        ),
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
