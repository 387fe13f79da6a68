"""Installing natively by hand: somebody made the bot account and the slash command, and `/oncall setup` binds them.

Nothing of that Mattermost is known before, so the install code is the proof, and whoever types it has to be a system
admin there. What the command said travels through the form sealed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import structlog
from tornado.httputil import HTTPServerRequest

from bot import sealed
from bot.core.servers import Server, State, Surface
from bot.core.text import Text, say
from bot.errors import BotError, Unavailable, Upstream, UserError
from bot.installation.installing_natively import MadeByHand
from bot.installation.setup import code_waits
from bot.mattermost.answering import answer_later
from bot.mattermost.client import Mattermost
from bot.secret import Secret
from bot.services import Services
from bot.surfaces import native
from bot.surfaces.tokens import FORM_LIFE, BadToken
from bot.surfaces.values import object_of
from bot.words import Reader, words
from handlers.base import NO_DATABASE, OUR_FAULT, Endpoint
from handlers.operator import home

log = structlog.get_logger()

PURPOSE = "by hand"
PLACE = re.compile(r"(https?://[^\s?#]+)/hooks/commands/[a-z0-9]{26}")
LONGEST_TOKEN = 64
# Nothing about why: whoever asks is not proven, and would learn from it what answers in our network.
NOT_OPENED = "The form could not be opened. Check that the bot reaches this Mattermost at its Site URL, then try again."
TOO_OFTEN = "This was tried very often from here. Wait ten minutes, then try again."


async def open_by_hand(
    services: Services, server_id: str, form: Mapping[str, list[str]], request: HTTPServerRequest
) -> native.JSON | None:
    """The answer to `/oncall setup` of a command whose token is not known; None where nobody expects one."""
    server = await services.stores.servers.by_id(server_id)
    said = {name: values[0] for name, values in form.items() if values}
    place = PLACE.fullmatch(said.get("response_url", ""))
    if (
        server is None
        or not _expected(services, server)
        or place is None
        or said.get("text", "").split()[:1] != ["setup"]
    ):
        return None
    site = place[1]
    if server.installed and site != server.site_url:
        return None
    if not services.setup.may_visit(server, home(services, request)):
        return native.say_privately(TOO_OFTEN)
    try:
        anybody = Mattermost(services.outgoing, site, Secret(""))
        url = f"{services.config.public_url}/native/{server.id}/by-hand"
        await anybody.open_dialog(said.get("trigger_id", ""), url, _dialog(services, server, site, said))
    except Upstream as refused:
        log.warning("dialog not opened", server=server.id, reason=refused.reason)
        return native.say_privately(NOT_OPENED)
    return {}


def _expected(services: Services, server: Server) -> bool:
    """As long as there is an install code that somebody may still use."""
    waits = server.state in (State.PENDING, State.INSTALLED) and server.surface is Surface.NATIVE
    return waits and code_waits(server, now=services.clock())


def _dialog(services: Services, server: Server, site: str, said: Mapping[str, str]) -> native.JSON:
    team_id, user_id = said.get("team_id", ""), said.get("user_id", "")
    token = said.get("token", "")[:LONGEST_TOKEN]
    memory = {
        "site": site,
        "team": team_id,
        "token": services.vault.seal(token, about=sealed.command_token(server.id, team_id)),
        "answer": services.vault.seal(said.get("response_url", ""), about=f"{server.id}|answer"),
    }
    ends_at = services.clock() + FORM_LIFE
    return {
        "callback_id": "setup",
        "title": "Finish the set-up",
        "introduction_text": "The install code is on the bot's set-up page. The bot account's token was shown when "
        "you made the account in Integrations > Bot Accounts.",
        "submit_label": "Finish",
        "state": services.sealer(server.id).seal(PURPOSE, memory, user_id=user_id, ends_at=ends_at),
        "elements": [
            _element("code", "Install code", "XXXXX-XXXXX-XX", optional=False),
            _element("bot_token", "Token of the bot", "", optional=bool(server.sealed_lasting_token)),
        ],
    }


def _element(name: str, label: str, hint: str, *, optional: bool) -> native.JSON:
    return {
        "display_name": label,
        "name": name,
        "type": "text",
        "subtype": "password",
        "placeholder": hint,
        "optional": optional,
        "max_length": 100,
    }


class NativeByHand(Endpoint):
    """POST JSON: the submitted form."""

    route = "native-by-hand"

    def write_error(self, status_code: int, **more: Any) -> None:
        problem = more.get("exc_info", (None, None))[1]
        self.answer({"error": (NO_DATABASE if isinstance(problem, Unavailable) else OUR_FAULT).english})

    async def post(self, server_id: str) -> None:
        server = await self.services.stores.servers.by_id(server_id)
        if server is None or not _expected(self.services, server):
            return self.refuse_proof()
        body = self.read_json()
        user_id = str(body.get("user_id") or "")
        try:
            memory = self.services.sealer(server.id).unseal(PURPOSE, body.get("state"), user_id=user_id)
        except BadToken:
            return self.answer({"error": "This is out of date or was made for somebody else. Type it again."})
        if body.get("cancelled"):
            return self.answer({})
        given = object_of(body.get("submission"))
        made = MadeByHand(
            site_url=memory["site"],
            user_id=user_id,
            team_id=memory["team"],
            sealed_command_token=memory["token"],
            code=str(given.get("code") or "").strip(),
            bot_token=Secret(str(given.get("bot_token") or "").strip()),
            source=home(self.services, self.request),
        )
        self.answer(await self._finish(server, made, memory["answer"]))

    async def _finish(self, server: Server, made: MadeByHand, envelope: str) -> native.JSON:
        try:
            done = await self.services.installing_natively.by_hand(server, made)
        except UserError as refused:
            return {"error": self._in_words(refused.text)}
        except Upstream as refused:
            return {"error": self._in_words(say("Mattermost did not do that: {reason}", reason=refused.said))}
        place = self.services.vault.open(envelope, about=f"{server.id}|answer")
        try:
            await answer_later(self.services.outgoing, place, native.say_privately(self._in_words(done)))
        except BotError as problem:
            log.warning("outcome not confirmed", server=server.id, reason=str(problem))
        return {}

    def _in_words(self, text: Text) -> str:
        return words(text, Reader(now=self.services.clock()))
