"""Slash commands, presses and dialogs of a Mattermost without the Apps framework: prove, read, dispatch, answer.

Nothing but the slash command's token is signed by Mattermost, so presses and dialogs prove themselves by our own signed
memory, and where the server published its key, by the signature of their trigger.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from tornado.web import HTTPError

from bot import sealed
from bot.call import Ask, Call, Reply, Say
from bot.core.replacing import replace
from bot.core.servers import LANGUAGE, Server, Surface, with_key
from bot.core.text import Text, say
from bot.errors import BotError, Unavailable, Upstream
from bot.identity.triggers import LONGEST, BadTrigger, WrongSignature, verify_trigger
from bot.mattermost.answering import answer_later
from bot.surfaces import native, native_dialogs
from bot.surfaces.capabilities import capabilities
from bot.surfaces.drawn import Drawn
from bot.surfaces.tokens import FORM_LIFE, BadToken
from bot.words import ENGLISH, Reader, words
from handlers.base import NO_DATABASE, OUR_FAULT, Endpoint
from handlers.native_by_hand import open_by_hand

log = structlog.get_logger()

ALREADY = say("This was received already.")
OUT_OF_DATE = say("This is out of date or was made for somebody else. Please open it again.")
MOVED = say(
    "OnCall works here with the Apps framework now: reload Mattermost, then use its newer posts or type `/oncall`."
)
TOO_SLOW = say("The form could not be opened in time. Please try again.")
CONFIRM_SECONDS = 3.0
ANSWER = "answer"  # in a dialog's memory: where its outcome is said


class NativeEndpoint(Endpoint):
    """Every answer is HTTP 200 with words in it; only a failed proof is 401 and what is no call at all 400."""

    def in_words(self, text: str) -> native.JSON:
        """The answer that shows this text to whoever acted."""
        raise NotImplementedError

    def write_error(self, status_code: int, **more: Any) -> None:
        """Any other status would close a dialog of an older client as if all were well."""
        problem = more.get("exc_info", (None, None))[1]
        if isinstance(problem, HTTPError):
            return super().write_error(status_code, **more)
        text = NO_DATABASE if isinstance(problem, Unavailable) else OUR_FAULT
        self.answer(self.in_words(text.english))

    async def tell(self, server: Server, user_id: str, text: Text) -> None:
        self.answer(self.in_words(words(text, await self.reader(server, user_id))))

    async def first_time(self, server: Server, memory: str, life: timedelta) -> str:
        """Reserves what arrived, for as long as it could arrive again. The key, or an empty text for a repetition."""
        key = f"{server.id}|{hashlib.sha256(memory.encode()).hexdigest()}"
        free = await self.services.stores.once.reserve(key, until=self.services.clock() + life)
        return key if free else ""

    async def server(self, server_id: str) -> Server | None:
        """Also one that moved to the Apps framework: what was made before has to say so."""
        server = await self.services.stores.servers.recent(server_id)
        if server is None or not server.installed or not (server.commands or server.surface is Surface.NATIVE):
            return None
        return server

    def moved(self, server: Server) -> bool:
        return server.surface is not Surface.NATIVE

    async def reader(self, server: Server, user_id: str) -> Reader:
        known = await self.services.stores.people.recent_by_user(server.id, user_id)
        now = self.services.clock()
        if known is None:
            return Reader(now=now, locale=server.settings.get(LANGUAGE, ENGLISH))
        return Reader(now=now, locale=known.locale or ENGLISH, zone=known.zone)

    def said(self, server: Server, reply: Say, reader: Reader) -> Drawn:
        """What only this person sees, with its buttons."""
        url = f"{self.services.config.public_url}/native/{server.id}/action"
        return native.draw_said(reply, sealer=self.services.sealer(server.id), reader=reader, action_url=url)

    def drawing(
        self, server: Server, reader: Reader, user_id: str, ids: Mapping[str, str] | None = None
    ) -> native_dialogs.Drawing:
        return native_dialogs.Drawing(
            sealer=self.services.sealer(server.id),
            reader=reader,
            capabilities=capabilities(server.version),
            dialog_url=f"{self.services.config.public_url}/native/{server.id}/dialog",
            lookup_url=f"{self.services.config.public_url}/native/{server.id}/lookup",
            refresh_url=f"{self.services.config.public_url}/native/{server.id}/refresh",
            action_url=f"{self.services.config.public_url}/native/{server.id}/action",
            user_id=user_id,
            ids=ids or {},
        )

    async def open_dialog(self, server: Server, ask: Ask, drawing: native_dialogs.Drawing, trigger_id: str) -> bool:
        dialog = native_dialogs.draw_dialog(ask, drawing)
        try:
            chat = self.services.access.for_server(server)
            await chat.open_dialog(trigger_id, drawing.dialog_url, dialog)
        except Upstream as refused:
            log.warning("dialog not opened", server=server.id, command=ask.command, reason=refused.reason)
            return False
        return True

    async def proven_trigger(self, server: Server, trigger_id: str, user_id: str) -> str | None:
        """Proves that this Mattermost served a request of this person just now; None if it did not.

        Else what it signed, which is the same for every spelling of the trigger; empty where nothing is signed.
        """
        if not server.signing_key:
            return ""
        try:
            return await self._verify(server, trigger_id, user_id)
        except BadTrigger as problem:
            log.warning("trigger refused", server=server.id, reason=str(problem))
            return None

    async def _verify(self, server: Server, trigger_id: str, user_id: str) -> str:
        """Against the key we know; against the one of now where Mattermost has another. Raises BadTrigger."""
        now = self.services.clock()
        try:
            return verify_trigger(trigger_id, user_id=user_id, public_key=server.signing_key, now=now)
        except WrongSignature:
            key = await self.services.access.fresh_key(server)
            if key in ("", server.signing_key):
                raise
            signed = verify_trigger(trigger_id, user_id=user_id, public_key=key, now=now)
            keep = partial(with_key, key=key)
            await self.services.stores.servers.change(server.id, server.id, keep)
            return signed


class NativeCommand(NativeEndpoint):
    """POST form: a slash command."""

    route = "native-command"

    def in_words(self, text: str) -> native.JSON:
        return native.say_privately(text)

    async def post(self, server_id: str) -> None:
        server = await self.server(server_id)
        form = {
            name: [value.decode("utf-8", "replace") for value in values]
            for name, values in self.request.body_arguments.items()
        }
        if server is None or not self._knows_token(server, form):
            answer = await open_by_hand(self.services, server_id, form, self.request)
            return self.refuse_proof() if answer is None else self.answer(answer)
        call = native.read_command(form, server_id=server.id, registry=self.services.registry)
        trigger_id = _one(form, "trigger_id")
        signed = await self.proven_trigger(server, trigger_id, call.actor.user_id)
        if signed is None:
            return self.refuse_proof()
        if self.moved(server):
            return await self.tell(server, call.actor.user_id, MOVED)
        if signed and not await self.first_time(server, signed, 2 * LONGEST):
            return await self.tell(server, call.actor.user_id, ALREADY)
        answer_url = _one(form, "response_url")
        reply = await self.services.dispatch(call)
        reader = await self.reader(server, call.actor.user_id)
        if isinstance(reply, Ask):
            ask = self._with_answer_url(reply, server, answer_url)
            drawing = self.drawing(server, reader, call.actor.user_id, native.read_ids(form))
            opened = await self.open_dialog(server, ask, drawing, trigger_id)
            return self.answer({} if opened else self.in_words(words(TOO_SLOW, reader)))
        if isinstance(reply, Say) and reply.buttons:
            return self.answer(native.post_privately(self.said(server, reply, reader)))
        self.answer(native.say_privately(native.text_of(reply, reader)))

    def _knows_token(self, server: Server, form: Mapping[str, list[str]]) -> bool:
        """Each team's command has a token of its own; the token must be that of the team the call names."""
        given = _one(form, "token").encode()
        for command in server.commands:
            if command.team_id == _one(form, "team_id"):
                about = sealed.command_token(server.id, command.team_id)
                return hmac.compare_digest(self.services.vault.open(command.sealed_token, about=about).encode(), given)
        return False

    def _with_answer_url(self, ask: Ask, server: Server, answer_url: str) -> Ask:
        """The place to confirm at travels through the browser sealed: it is a capability."""
        if not answer_url.startswith(f"{server.site_url}/hooks/"):
            return ask
        envelope = self.services.vault.seal(answer_url, about=f"{server.id}|answer")
        return replace(ask, memory={**ask.memory, ANSWER: envelope})


class NativeAction(NativeEndpoint):
    """POST JSON: a press of a button on a post of ours."""

    route = "native-action"

    def in_words(self, text: str) -> native.JSON:
        return native.say_at_button(text)

    async def post(self, server_id: str) -> None:
        server = await self.server(server_id)
        if server is None:
            return self.refuse_proof()
        body = self.read_json()
        user_id = str(body.get("user_id") or "")
        if await self.proven_trigger(server, str(body.get("trigger_id") or ""), user_id) is None:
            return self.refuse_proof()
        try:
            call = native.read_action(body, server_id=server.id, sealer=self.services.sealer(server.id))
        except BadToken:
            return await self.tell(server, user_id, OUT_OF_DATE)
        if self.moved(server):
            return await self.tell(server, user_id, MOVED)
        reply = await self.services.dispatch(call)
        reader = await self.reader(server, user_id)
        if isinstance(reply, Ask):
            drawing = self.drawing(server, reader, user_id)
            opened = await self.open_dialog(server, reply, drawing, str(body.get("trigger_id") or ""))
            return self.answer({} if opened else self.in_words(words(TOO_SLOW, reader)))
        self.answer(native.say_at_button(native.text_of(reply, reader)))


class NativeForm(NativeEndpoint):
    """What comes from an open dialog: POST JSON."""

    def in_words(self, text: str) -> native.JSON:
        return {"error": text}

    async def read_form(self, server_id: str) -> tuple[Server, native.JSON, Call] | None:
        """What was sent, once its state is proven; None where that failed and has been answered."""
        server = await self.server(server_id)
        if server is None:
            self.refuse_proof()
            return None
        body = self.read_json()
        try:
            return server, body, native.read_dialog(body, server_id=server.id, sealer=self.services.sealer(server.id))
        except BadToken:
            await self.tell(server, str(body.get("user_id") or ""), OUT_OF_DATE)
            return None


class NativeDialog(NativeForm):
    """A submitted or cancelled dialog."""

    route = "native-dialog"

    async def post(self, server_id: str) -> None:
        sent = await self.read_form(server_id)
        if sent is None:
            return None
        server, body, call = sent
        if body.get("cancelled"):
            return self.answer({})
        if self.moved(server):
            return await self.tell(server, call.actor.user_id, MOVED)
        key = await self.first_time(server, str(body.get("state")), FORM_LIFE)
        if not key:
            return await self.tell(server, call.actor.user_id, ALREADY)
        reply = await self.services.dispatch(call)
        answer = await self._answer(server, call, reply)
        if answer.get("error") or answer.get("errors"):
            await self.services.stores.once.release(key)
        self.answer(answer)

    async def _answer(self, server: Server, call: Call, reply: Reply) -> native.JSON:
        reader = await self.reader(server, call.actor.user_id)
        if isinstance(reply, Ask) and not reply.errors:
            return await self._next_step(server, call, reply, reader)
        if isinstance(reply, Say):
            await self._confirm(server, call, reply, reader)
        return native.write_dialog_answer(reply, reader)

    async def _next_step(self, server: Server, call: Call, ask: Ask, reader: Reader) -> native.JSON:
        """Another form after this one: in its place where the server can, else behind a button that only they see."""
        begun_at = {name: value for name, value in call.memory.items() if name == ANSWER}
        ask = replace(ask, memory={**ask.memory, **begun_at})
        drawing = self.drawing(server, reader, call.actor.user_id)
        if drawing.capabilities.multi_step:
            return native_dialogs.write_next_dialog(ask, drawing)
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                await self._say(server, call, native_dialogs.draw_next_button(ask, drawing))
        except (BotError, TimeoutError) as problem:
            log.warning("next step not offered", server=server.id, command=call.command, reason=str(problem))
            return {"error": words(TOO_SLOW, reader)}
        return {}

    async def _confirm(self, server: Server, call: Call, reply: Say, reader: Reader) -> None:
        """Older clients close a dialog that failed as if it were saved, so success is also said where it began."""
        said = self.said(server, reply, reader)
        if not said.message:
            return
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                await self._say(server, call, said)
        except (BotError, TimeoutError) as problem:
            log.warning("outcome not confirmed", server=server.id, command=call.command, reason=str(problem))

    async def _say(self, server: Server, call: Call, drawn: Drawn) -> None:
        """Where the slash command was typed; by direct message where it began with a button, or that place is spent."""
        envelope = call.memory.get(ANSWER, "")
        if envelope and await self._said_where_typed(server, envelope, drawn):
            return
        chat = self.services.access.for_server(server)
        channel_id = await chat.direct_channel(call.actor.user_id)
        await chat.create_post(channel_id, drawn.message, drawn.props)

    async def _said_where_typed(self, server: Server, envelope: str, drawn: Drawn) -> bool:
        """That place is good for five answers within thirty minutes; a dialog may be open for longer."""
        url = self.services.vault.open(envelope, about=f"{server.id}|answer")
        try:
            await answer_later(self.services.outgoing, url, native.post_privately(drawn))
        except Upstream as refused:
            log.info("the place of the command is spent", server=server.id, status=refused.status)
            return False
        return True


class NativeLookup(NativeEndpoint):
    """POST JSON: what a select in an open dialog offers."""

    route = "native-lookup"

    def in_words(self, text: str) -> native.JSON:
        return {"items": []}

    async def post(self, server_id: str) -> None:
        server = await self.server(server_id)
        if server is None:
            return self.refuse_proof()
        body = self.read_json()
        try:
            call = native.read_dialog(body, server_id=server.id, sealer=self.services.sealer(server.id))
        except BadToken:
            return self.answer({"items": []})
        field, query = native.read_lookup(body)
        self.answer(native.write_options(await self.services.dispatch.options(call, field, query)))


def _one(form: Mapping[str, list[str]], name: str) -> str:
    values = form.get(name) or [""]
    return values[0]
