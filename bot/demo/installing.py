"""The first start: an operator and an admin install the bot in a stand-in, as people do it with a real Mattermost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.config import Config
from bot.core.replacing import replace
from bot.demo.memory import Installed
from bot.demo.problem import DemoProblem
from bot.demo.stand_in import StandIn
from bot.demo.town import ADMIN, ALERTS, ON_CALL
from bot.simulator.client.person import Person

CREATED = 201
SECONDS = 30
INTEGRATION = "Sample alerts"
WAIT_MINUTES = 1
"""Between people: short enough to see it happen."""
ALERT_URL = re.compile(r"https?://\S+/integrations/v1/alertmanager/[^/\s]+/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installer:
    """Uses nothing but the operator's API and the keyboard of an admin. `port` is the bot's own."""

    config: Config
    session: aiohttp.ClientSession
    remember: Callable[[str, Installed], None]

    async def install(self, stand_in: StandIn) -> None:
        """Raises DemoProblem with what the bot or Mattermost said."""
        admin = Person(stand_in.simulator, ADMIN, channel=ALERTS)
        try:
            kind = stand_in.kind
            server_id = await (self._as_app if kind.apps else self._natively)(stand_in, admin)
            installed = Installed(server_id=server_id, version=kind.version, place=place_of(self.config))
            self.remember(kind.name, installed)
            await _types(admin, f"/oncall configure channel {ALERTS}", expecting=f"~{ALERTS}")
            people = " ".join(f"@{one}" for one in ON_CALL)
            await _types(
                admin,
                f'/oncall integration add "{INTEGRATION}" --wait-minutes {WAIT_MINUTES} {people}',
                expecting="is added",
            )
            found = ALERT_URL.search(admin.sees)
            if found is None:
                raise DemoProblem(f"The address for sample alerts is missing in the bot's answer: {admin.sees}")
            await stand_in.saving.save()
            self.remember(kind.name, replace(installed, alert_url=found.group()))
        finally:
            admin.leaves()

    async def _as_app(self, stand_in: StandIn, admin: Person) -> str:
        created = await self._set_up({"name": stand_in.kind.label})
        await _types(admin, created["install_command"], expecting="")
        if admin.modal is None:
            raise DemoProblem(f"Mattermost did not ask for consent to install the bot, but said: {admin.sees}")
        await admin.submits(consent=True, secret=created["install_secret"])
        _expect(admin, "OnCall is installed")
        return str(created["server_id"])

    async def _natively(self, stand_in: StandIn, admin: Person) -> str:
        token = stand_in.simulator.session(admin.user)
        created = await self._set_up(
            {"name": stand_in.kind.label, "native": True, "url": stand_in.kind.url, "token": token}
        )
        return str(created["server_id"])

    async def _set_up(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """What `python -m bot setup` asks of the running bot."""
        url = f"http://127.0.0.1:{self.config.port}/mattermost/setup"
        headers = {"Authorization": f"Bearer {self.config.admin_token.reveal()}"}
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        async with self.session.post(url, json=wanted, headers=headers, timeout=timeout) as answer:
            if answer.status != CREATED:
                raise DemoProblem(f"The bot did not create the set-up of {wanted['name']} (status {answer.status}).")
            found: dict[str, Any] = await answer.json()
            return found


def place_of(config: Config) -> str:
    """Where the bot and the stand-ins are reached; the stand-ins' ports follow the bot's."""
    own = f"http://localhost:{config.port}"
    return own if config.public_url == own else f"{config.public_url} (port {config.port})"


async def _types(person: Person, text: str, *, expecting: str) -> None:
    await person.types(text, channel=ALERTS)
    _expect(person, expecting)


def _expect(person: Person, words: str) -> None:
    if words not in person.sees:
        raise DemoProblem(f"The bot could not be installed in the play Mattermost. It said: {person.sees or 'nothing'}")
