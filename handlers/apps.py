"""Calls of the Apps plugin: prove, read, dispatch, answer.

Everything but the manifest and the icon needs a JWT made with this server's install secret, without exception.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

import structlog
from tornado.web import HTTPError

from bot.call import Say
from bot.core.people import Role
from bot.core.replacing import replace
from bot.core.servers import Server, Surface
from bot.core.text import Text, say
from bot.errors import BotError, Unavailable, UserError
from bot.identity.app_tokens import HEADER, AppToken, BadToken, Caller, acting_user, read_app_token
from bot.surfaces import apps, apps_forms
from bot.surfaces.tokens import BadToken as BadMemory
from bot.surfaces.values import read_labels
from bot.words import ENGLISH, Reader, words
from handlers.base import NO_DATABASE, OUR_FAULT, Endpoint

log = structlog.get_logger()

MOVED = say(
    "OnCall works here without the Apps framework now: use the buttons of its newer posts, or type `/oncall`. "
    "An admin can take this app away with `/apps uninstall oncall`."
)
ASLEEP = say(
    "OnCall goes on without the app. This puts its bot account to sleep: the operator wakes it with "
    "`python -m bot move … --to native`."
)
NOBODY = say("Mattermost left out who you are. Reload the page and try again.")
NO_SIGNING_IN = say(
    "Nothing was connected: OnCall asks for no account elsewhere. Link yourself with `/oncall link` and the code "
    "you got."
)
ADMINS_ONLY = say("Only a Mattermost system admin can do that.")
BUTTONS_SENT = say("You have the same with buttons in a direct message from me.")
SEND_SECONDS = 3.0
OUT_OF_DATE = say("This is out of date or was made for somebody else. Please open it again.")


def root_url(public_url: str, server_id: str) -> str:
    return f"{public_url}/mattermost/{server_id}"


class AppManifest(Endpoint):
    """Public; nothing secret in it."""

    route = "apps-manifest"

    async def get(self, server_id: str) -> None:
        server = await self.services.stores.servers.recent(server_id)
        if server is None:
            raise HTTPError(404)
        public_url = self.services.config.public_url
        root = root_url(public_url, server_id)
        self.answer(apps.manifest(app_id=server.app_id, root_url=root, homepage_url=public_url))


class AppCall(Endpoint):
    """A signed call. Subclasses answer with a call response; every one of them is HTTP 200."""

    caller = Caller.PERSON
    serves_moved: ClassVar[bool] = False

    async def post(self, server_id: str, *names: str) -> None:
        try:
            server, token = await self._proven(server_id)
            body = self.read_json()
            context = _context(body)
            if not self.of_this_site(server, context):
                raise BadToken("another Mattermost than the one this secret belongs to")
            if not self.of_this_app(server, context):
                raise BadToken("another app or bot account than the one that was installed")
            if self._nobody_acts(token, context):
                return self.answer(self.problem(NOBODY))
            self._check_acting(server, token, context)
        except BadToken as problem:
            log.warning("call not proven", route=self.route, server=server_id, reason=problem.reason)
            return self.refuse_proof()
        if server.surface is not Surface.APPS:
            return self.answer(await self.call(server, body, *names) if self.serves_moved else self.problem(MOVED))
        if not self.of_waiting_site(server, context):
            await self.services.installing.secret_used(server, token.secret_id)
        if _site_url(context) == server.site_url:  # another Mattermost brings tokens of its own
            await self.services.installing.keep_token(server, context)
        self.answer(await self.call(server, body, *names))

    async def call(self, server: Server, body: dict[str, Any], *names: str) -> apps_forms.JSON:
        raise NotImplementedError

    def write_error(self, status_code: int, **more: Any) -> None:
        """Mattermost shows its people nothing of an answer with another status."""
        problem = more.get("exc_info", (None, None))[1]
        if isinstance(problem, HTTPError):
            return super().write_error(status_code, **more)
        self.answer(self.problem(NO_DATABASE if isinstance(problem, Unavailable) else OUR_FAULT))

    async def _proven(self, server_id: str) -> tuple[Server, AppToken]:
        """Unknown servers, removed ones and bad tokens are refused alike. Raises BadToken."""
        server = await self.services.stores.servers.recent(server_id)
        keys = self.services.setup.keys_in_force(server) if server is not None else ()
        token = read_app_token(self.request.headers.get_list(HEADER), keys, now=self.services.clock())
        if server is None:
            raise BadToken("no such server")
        return server, token

    def of_this_site(self, server: Server, context: Mapping[str, Any]) -> bool:
        """The body is not signed: a secret that leaked must not make us talk to another Mattermost."""
        return not server.site_url or _site_url(context) == server.site_url

    def of_this_app(self, server: Server, context: Mapping[str, Any]) -> bool:
        """Empty is no statement: the plugin leaves the app's id out of calls (Apps plugin v1.2.2)."""
        if _site_url(context) != server.site_url:
            return True
        app = context.get("app")
        said = (context, app if isinstance(app, dict) else {})
        known = {"app_id": server.app_id, "bot_user_id": server.bot_user_id}
        return all(one.get(name) in (None, "", mine) for one in said for name, mine in known.items() if mine)

    def of_waiting_site(self, server: Server, context: Mapping[str, Any]) -> bool:
        """A second Mattermost with the same secret may do nothing but present its install code."""
        return server.waiting_site is not None and _site_url(context) == server.waiting_site.url

    def _nobody_acts(self, token: AppToken, context: Mapping[str, Any]) -> bool:
        """The client can strip what a call asks for; that is no attack, but nobody can be served."""
        return self.caller is Caller.PERSON and not token.acting_user_id and not _user_id(context)

    def _check_acting(self, server: Server, token: AppToken, context: Mapping[str, Any]) -> None:
        acting_user(token, caller=self.caller, context_user_id=_user_id(context), bot_user_id=server.bot_user_id)

    def reader(self, locale: str, zone: str = "") -> Reader:
        return Reader(now=self.services.clock(), locale=locale or ENGLISH, zone=zone)

    def problem(self, text: Text) -> apps_forms.JSON:
        return apps.error(self.in_words(text))

    def in_words(self, text: Text) -> str:
        return words(text, self.reader(self.locale_asked))

    @property
    def locale_asked(self) -> str:
        """That of whoever acts, also before anything is proven: it chooses a language and nothing else."""
        try:
            context = _context(self.read_json())
        except HTTPError:
            return ENGLISH
        user = context.get("acting_user")
        locale = user.get("locale") if isinstance(user, dict) else ""
        return str(locale or context.get("locale") or ENGLISH)


class AppPing(AppCall):
    """Mattermost asks this before it installs: a wrong secret stops the installation here."""

    route = "apps-ping"
    caller = Caller.ANYBODY
    serves_moved = True

    def of_this_site(self, server: Server, context: Mapping[str, Any]) -> bool:
        """A ping says nothing about where it comes from."""
        return True

    async def call(self, server: Server, body: dict[str, Any], *names: str) -> apps_forms.JSON:
        return {"type": "ok"}


class AppLifecycle(AppCall):
    """Installed, uninstalled, enabled, disabled: only for admins, because anyone can make Mattermost call any path."""

    route = "apps-lifecycle"
    serves_moved = True

    def of_this_site(self, server: Server, context: Mapping[str, Any]) -> bool:
        """A second site is not served, but its installation is remembered until somebody confirms it."""
        return self.path_args[-1:] == ["installed"] or super().of_this_site(server, context)

    def of_this_app(self, server: Server, context: Mapping[str, Any]) -> bool:
        """Installing again may bring another bot account."""
        return self.path_args[-1:] == ["installed"] or super().of_this_app(server, context)

    async def call(self, server: Server, body: dict[str, Any], *names: str) -> apps_forms.JSON:
        context = _context(body)
        actor = apps.read_actor(context)
        if actor is None or not actor.admin:
            return self.problem(ADMINS_ONLY)
        if server.surface is not Surface.APPS and names[0] != "installed":
            return {"type": "ok", "text": self.in_words(ASLEEP if names[0] == "uninstalled" else MOVED)}
        try:
            text = await self._steps(server, context)[names[0]]()
        except UserError as refused:
            return self.problem(refused.text)
        return {"type": "ok", "text": self.in_words(text)}

    def _steps(self, server: Server, context: Mapping[str, Any]) -> dict[str, Callable[[], Awaitable[Text]]]:
        installing = self.services.installing
        return {
            "installed": lambda: installing.installed(server, context),
            "uninstalled": lambda: installing.uninstalled(server),
            "enabled": lambda: installing.enabled(server),
            "disabled": lambda: installing.disabled(server),
        }


class AppBindings(AppCall):
    """What the slash command, the menus and the header offer to this person."""

    route = "apps-bindings"
    caller = Caller.ANYBODY
    serves_moved = True

    def of_this_site(self, server: Server, context: Mapping[str, Any]) -> bool:
        return super().of_this_site(server, context) or self.of_waiting_site(server, context)

    async def call(self, server: Server, body: dict[str, Any], *names: str) -> apps_forms.JSON:
        if server.surface is not Surface.APPS:
            return {"type": "ok", "data": []}  # so that the typed command goes to the slash command
        actor = apps.read_actor(_context(body))
        installed = server.installed and not self.of_waiting_site(server, _context(body))
        known = await self.services.stores.people.recent_by_user(server.id, actor.user_id) if actor else None
        role = known.role if known else Role.ADMIN if actor and actor.admin else Role.RESPONDER
        return apps.bindings(self.services.registry, role=role, installed=installed, locale=self.locale_asked)


class AppCommand(AppCall):
    """A command, a form, a menu item, a button, a lookup or a form drawn anew: the first name says which."""

    route = "apps-command"

    def of_this_site(self, server: Server, context: Mapping[str, Any]) -> bool:
        setting_up = self.path_args[1:] in (["command", "setup"], ["form", "setup"])
        return super().of_this_site(server, context) or (setting_up and self.of_waiting_site(server, context))

    async def call(self, server: Server, body: dict[str, Any], *names: str) -> apps_forms.JSON:
        context = _context(body)
        actor = apps.read_actor(context)
        if actor is None:
            return self.problem(NOBODY)
        room, name = names[0], names[1] if len(names) > 1 else ""
        sealer = self.services.sealer(server.id)
        try:
            call = (
                apps.read_button(body, server_id=server.id, actor=actor, sealer=sealer)
                if room == "button"
                else apps.read_call(
                    body,
                    server_id=server.id,
                    room=room,
                    name=name,
                    actor=actor,
                    sealer=sealer,
                    registry=self.services.registry,
                )
            )
        except BadMemory:
            return self.problem(OUT_OF_DATE)
        call = replace(call, site=self.services.installing.site(server, context))
        if room == "lookup":
            found = await self.services.dispatch.options(
                call, str(body.get("selected_field") or ""), str(body.get("query") or "")
            )
            return apps.write_options(found)
        reply = await (self.services.dispatch.redraw(call) if room == "source" else self.services.dispatch(call))
        drawing = apps_forms.Drawing(
            sealer=sealer,
            reader=self.reader(actor.locale, actor.zone),
            user_id=actor.user_id,
            labels=read_labels(body.get("values")),
        )
        if isinstance(reply, Say) and reply.buttons:
            reply = await self._with_buttons(server, actor.user_id, reply, drawing)
        return apps.write_reply(reply, call, self.services.registry, drawing)

    async def _with_buttons(self, server: Server, user_id: str, reply: Say, drawing: apps_forms.Drawing) -> Say:
        """Private answers have none with the Apps framework, so the same comes as a direct message with them."""
        drawn = apps.draw_said(reply, sealer=drawing.sealer, reader=drawing.reader, app_id=server.app_id)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                chat = self.services.access.for_server(server)
                await chat.create_post(await chat.direct_channel(user_id), drawn.message, drawn.props)
        except (BotError, TimeoutError) as problem:
            log.warning("buttons not sent", server=server.id, reason=str(problem))
            return reply
        return replace(reply, lines=(*reply.lines, BUTTONS_SENT))


class AppOAuth2(AppCall):
    """Signing in elsewhere, for which Mattermost has pages that anybody can open: there is nothing to sign in to."""

    route = "apps-oauth2"

    async def call(self, server: Server, body: dict[str, Any], *names: str) -> apps_forms.JSON:
        return self.problem(NO_SIGNING_IN)


class AppWebhook(AppCall):
    """Our own webhook at Mattermost comes back here and brings a fresh bot token; the base class has kept it."""

    route = "apps-webhook"
    caller = Caller.WEBHOOK

    async def call(self, server: Server, body: dict[str, Any], *names: str) -> apps_forms.JSON:
        return {"type": "ok"}


def _context(body: Mapping[str, Any]) -> Mapping[str, Any]:
    context = body.get("context")
    return context if isinstance(context, dict) else {}


def _user_id(context: Mapping[str, Any]) -> str:
    user = context.get("acting_user")
    return str(user.get("id") or "") if isinstance(user, dict) else ""


def _site_url(context: Mapping[str, Any]) -> str:
    return str(context.get("mattermost_site_url") or "").rstrip("/")
