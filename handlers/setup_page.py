"""The operator's page in a browser: sign in with the admin token, create set-ups, confirm a second Mattermost.

Secrets and codes are in the answer to the form that made them and can never be read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from html import escape
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import urlsplit

from marshmallow import ValidationError
from tornado.web import StaticFileHandler

from bot.core.servers import State
from bot.core.text import NOTHING, Text, say
from bot.errors import UserError
from bot.web import TEMPLATES
from bot.web.languages import preferred, tag
from bot.web.prose import Markup, html
from bot.web.sessions import ADMIN_COOKIE, GUEST_COOKIE, LIFE, Session, Sessions
from bot.words import Reader, moment
from forms.message import Message
from forms.new_server import NewServer
from handlers.base import Endpoint
from handlers.operator import RETRY_AFTER, is_admin_token, may_try, proved_right, true_status

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
LARGEST_FORM = 16 * 1024
STATES: Mapping[State, Text] = MappingProxyType(
    {
        State.PENDING: say("pending"),
        State.INSTALLED: say("installed"),
        State.DISABLED: say("paused"),
        State.REMOVED: say("removed"),
    }
)
NAME = say("Name")
UNUSABLE = say("This cannot be used.")


class Page(Endpoint):
    """A page of ours: HTML in the browser's language, never kept, never framed, without scripts but our own file."""

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Frame-Options", "DENY")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")

    def get_template_path(self) -> str:
        return str(TEMPLATES)

    def get_template_namespace(self) -> dict[str, Any]:
        """In a template `say` is a sentence of its own, and `told` draws those it is given."""
        ours = {"base": self.base, "proof": "", "problems": (), "states": STATES, "lang": tag(self.reader.locale)}
        return super().get_template_namespace() | ours | {"say": self.say, "told": self.told, "when": self.when}

    @cached_property
    def reader(self) -> Reader:
        return Reader(now=self.services.clock(), locale=preferred(self.request.headers.get("Accept-Language", "")))

    def say(self, english: str, /, **values: object) -> str:
        return html(Text(english=english, values=values), self.reader)

    def told(self, *texts: Text) -> str:
        return " ".join(html(text, self.reader) for text in texts)

    def when(self, at: datetime) -> Markup:
        """In UTC, until the page's script draws it in the reader's zone."""
        return Markup(f'<time datetime="{at.isoformat()}">{escape(moment(at, self.reader))}</time>')

    @property
    def base(self) -> str:
        """The path of our public address: not empty where a proxy puts us below one."""
        return urlsplit(self.services.config.public_url).path

    @property
    def here(self) -> str:
        return f"{self.services.config.public_url}/setup"

    def write_error(self, status_code: int, **more: Any) -> None:
        self.render("error.html", status=true_status(self, status_code, more))


class SetupEndpoint(Page):
    """Knows the browser's session. Forms are taken only from pages we gave to the same browser."""

    needs_admin: ClassVar[bool] = True
    session: Session

    def prepare(self) -> None:
        now = self.services.clock()
        self.sessions = Sessions(self.services.vault, self.services.config.admin_token)
        cookies = [self.get_cookie(name) or "" for name in (ADMIN_COOKIE, GUEST_COOKIE)]
        known = [session for cookie in cookies if (session := self.sessions.read(cookie, now=now))]
        self.session = known[0] if known else self.sessions.begin(admin=False, now=now)
        if self.request.method == "POST":
            self._check_form(known)

    def _check_form(self, known: list[Session]) -> None:
        proof = self.get_body_argument("proof", "")
        ours = [session for session in known if self.sessions.form_is_ours(session, proof)]
        if len(self.request.body) > LARGEST_FORM:
            self.show_sign_in(say("That was too long."), status=413)
        elif not known:
            self.show_sign_in(
                say(
                    "Your session has ended, or the browser did not keep our cookie. Open {page} and sign in.",
                    page=self.here,
                )
            )
        elif not ours:
            self.show_sign_in(say("This form was not sent from our page. Please try again."))
        elif self.needs_admin and not ours[0].admin:
            self.show_sign_in(say("Please sign in first."))

    def keep(self, session: Session) -> None:
        self.session = session
        self.set_cookie(
            session.cookie,
            self.sessions.write(session),
            path=f"{self.base}/setup",
            max_age=int(LIFE.total_seconds()),
            httponly=True,
            samesite="Strict",
            secure=self.services.config.public_url.startswith("https:"),
        )

    def show_sign_in(self, *problems: Text, status: int = 403) -> None:
        self.set_status(status)
        guest = self.sessions.begin(admin=False, now=self.services.clock()) if self.session.admin else self.session
        self.keep(guest)
        self.render("sign_in.html", problems=problems, proof=self.proof)

    async def show_servers(self, *problems: Text, done: Text = NOTHING, status: int = 200, name: str = "") -> None:
        self.set_status(status)
        servers = await self.services.setup.listed()
        self.render(
            "servers.html",
            problems=problems,
            done=done,
            proof=self.proof,
            name=name,
            pending=[server for server in servers if server.state is State.PENDING],
            servers=[server for server in servers if server.state is not State.PENDING],
        )

    @property
    def proof(self) -> str:
        return self.sessions.form_proof(self.session)


class SetupPage(SetupEndpoint):
    """`GET /setup`."""

    route = "setup-page"

    async def get(self) -> None:
        if not self.session.admin:
            return self.show_sign_in(status=200)
        await self.show_servers()


class SetupSignIn(SetupEndpoint):
    route = "setup-sign-in"
    needs_admin = False

    async def get(self) -> None:
        self.redirect(f"{self.base}/setup")

    async def post(self) -> None:
        if not may_try(self.services, self.request):
            self.set_header("Retry-After", str(RETRY_AFTER))
            return self.show_sign_in(say("Too many wrong tokens from your address. Wait ten minutes."), status=429)
        if not is_admin_token(self.services, self.get_body_argument("token", "")):
            return self.show_sign_in(say("That is not the admin token. Below it says where to find it."))
        proved_right(self.services, self.request)
        self.keep(self.sessions.begin(admin=True, now=self.services.clock()))
        self.redirect(f"{self.base}/setup", status=303)


class SetupSignOut(SetupEndpoint):
    route = "setup-sign-out"
    needs_admin = False

    async def post(self) -> None:
        self.clear_cookie(ADMIN_COOKIE, path=f"{self.base}/setup")
        self.redirect(f"{self.base}/setup", status=303)


class SetupCreate(SetupEndpoint):
    """A new set-up, shown once."""

    route = "setup-create"

    async def get(self) -> None:
        self.redirect(f"{self.base}/setup")

    async def post(self) -> None:
        name = self.get_body_argument("name", "")
        try:
            wanted = NewServer().load({"name": name})
        except ValidationError as problem:
            return await self.show_servers(at_field(NAME, problem.messages_dict.get("name")), status=400, name=name)
        created = await self.services.setup.create(wanted["name"])
        self.render("created.html", created=created)


class SetupServer(SetupEndpoint):
    """What the operator does to one server: confirm or refuse a second site, a new code, a new secret."""

    route = "setup-server"

    async def get(self, _server_id: str, _verb: str) -> None:
        self.redirect(f"{self.base}/setup")

    async def post(self, server_id: str, verb: str) -> None:
        try:
            await self._do(server_id, verb)
        except UserError as refused:
            await self.show_servers(refused.text, status=409)

    async def _do(self, server_id: str, verb: str) -> None:
        setup = self.services.setup
        if verb == "code":
            code = await setup.renew_install_code(server_id)
            self.render("code.html", code=code)
        elif verb == "secret":
            secret = await setup.rotate_secret(server_id)
            self.render("secret.html", secret=secret, command=setup.install_command(server_id))
        elif verb == "confirm":
            site = self.get_body_argument("site", "")
            server = (await setup.confirm_site(server_id, site_url=site, by="operator")).doc
            done = say("{name} is now served at {site}.", name=server.name, site=server.site_url)
            await self.show_servers(done=done)
        else:
            server = (await setup.refuse_site(server_id)).doc
            done = say(
                "Refused. {name} stays at {site}. Somebody else knows its install secret: make a new one.",
                name=server.name,
                site=server.site_url,
            )
            await self.show_servers(done=done)


def at_field(label: Text, messages: Any) -> Text:
    """The first thing that is wrong with what was given there."""
    return say("{label}: {text}", label=label, text=_first(messages) if messages else UNUSABLE)


def _first(messages: Any) -> Text:
    while isinstance(messages, (list, dict)):
        messages = next(iter(messages.values() if isinstance(messages, dict) else messages))
    if isinstance(messages, Message):
        return Text(english=messages.template, values=dict(messages.values))
    return Text(english=str(messages))


class SetupStatic(StaticFileHandler):
    """The page's own style, script and pictures."""

    route = "setup-static"

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Cache-Control", "public, max-age=300")
