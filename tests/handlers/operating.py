"""An operator's view of a running bot: the real handlers on a real port, and a browser with cookies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler, url

from bot.clock import Clock
from bot.config import Config, Role, read_config
from bot.installation.installing_natively import InstallingNatively
from bot.installation.setup import Setup
from bot.mattermost.access import Access
from bot.outgoing.client import Client
from bot.outgoing.guard import Guard
from bot.storage.stores import Stores
from bot.vault import Vault
from bot.web import STATIC
from handlers.setup import DoctorApi, SetupApi
from handlers.setup_natively import SetupByHand, SetupNatively
from handlers.setup_page import SetupCreate, SetupPage, SetupServer, SetupSignIn, SetupSignOut, SetupStatic
from tests.clock import HeldClock

TOKEN = "the-admin-token-of-this-test"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What these handlers use of `bot.services.Services`."""

    config: Config
    clock: Clock
    vault: Vault
    outgoing: Client
    stores: Stores
    access: Access
    setup: Setup
    installing_natively: InstallingNatively


@dataclass
class Bot:
    parts: Parts
    server: HTTPServer
    address: str

    async def stop(self) -> None:
        self.server.stop()
        await self.server.close_all_connections()
        await self.parts.outgoing.close()


def started(folder: Path, stores: Stores, clock: HeldClock, public_url: str = "", **settings: str) -> Bot:
    socket, port = bind_unused_port()
    address = f"http://127.0.0.1:{port}"
    environ = {"DATA_DIR": str(folder), "ADMIN_TOKEN": TOKEN, "PUBLIC_URL": public_url or address} | settings
    config = read_config(environ, Role.DEMO)
    vault = Vault(config.encryption_keys.reveal())
    outgoing = Client(Guard(config.allow_private_networks))
    setup = Setup(servers=stores.servers, vault=vault, clock=clock, public_url=config.public_url)
    parts = Parts(
        config=config,
        clock=clock,
        vault=vault,
        outgoing=outgoing,
        stores=stores,
        access=Access(outgoing=outgoing, vault=vault, clock=clock),
        setup=setup,
        installing_natively=InstallingNatively(
            servers=stores.servers,
            setup=setup,
            outgoing=outgoing,
            vault=vault,
            clock=clock,
            public_url=config.public_url,
        ),
    )
    server = HTTPServer(_application(parts))
    server.add_socket(socket)
    return Bot(parts=parts, server=server, address=address)


class Well(RequestHandler):
    def get(self) -> None:
        self.finish({"status": "ok"})


def _application(parts: Parts) -> Application:
    given = {"services": parts}
    return Application(
        [
            url(r"/healthz", Well),
            url(r"/readyz", Well),
            url(r"/mattermost/setup", SetupApi, given),
            url(r"/mattermost/doctor", DoctorApi, given),
            url(r"/setup", SetupPage, given),
            url(r"/setup/natively", SetupNatively, given),
            url(r"/setup/by-hand", SetupByHand, given),
            url(r"/setup/sign-in", SetupSignIn, given),
            url(r"/setup/sign-out", SetupSignOut, given),
            url(r"/setup/servers", SetupCreate, given),
            url(r"/setup/servers/([a-z0-9]{16,64})/(code|secret|confirm|refuse)", SetupServer, given),
            url(r"/setup/static/(.*)", SetupStatic, {"path": str(STATIC)}),
        ],
        log_function=lambda handler: None,
    )


@dataclass
class Browser:
    """Keeps cookies, follows redirects, fills in forms."""

    address: str
    languages: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    async def opens(self, path: str = "/setup") -> Shown:
        return await self._fetch("GET", path)

    async def sends(self, path: str, **fields: str) -> Shown:
        """As it stands, without the hidden fields of a form."""
        return await self._fetch("POST", path, urlencode(fields))

    async def submits(self, shown: Shown, path: str, **fields: str) -> Shown:
        return await self.sends(path, **{"proof": shown.proof} | fields)

    async def signs_in(self, token: str = TOKEN) -> Shown:
        return await self.submits(await self.opens(), "/setup/sign-in", token=token)

    async def _fetch(self, method: str, path: str, body: str | None = None) -> Shown:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        given = {"Cookie": cookie, "Accept-Language": self.languages}
        response = await AsyncHTTPClient().fetch(
            self.address + path,
            method=method,
            body=body,
            headers={name: value for name, value in given.items() if value},
            follow_redirects=False,
            raise_error=False,
        )
        for header in response.headers.get_list("Set-Cookie"):
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        if response.code in (302, 303):
            return await self._fetch("GET", response.headers["Location"])
        return Shown(response)


@dataclass
class Shown:
    """A page."""

    response: HTTPResponse

    @property
    def status(self) -> int:
        return self.response.code

    @property
    def text(self) -> str:
        return self.response.body.decode()

    @property
    def words(self) -> str:
        return " ".join(re.sub(r"<[^>]+>", " ", self.text).split())

    @property
    def pieces(self) -> list[str]:
        """Its texts, each whole: signs and links within a sentence are a part of it."""
        whole = re.sub(r"</?(?:code|b|i|a|time)\b[^>]*>", "", self.text)
        attributes = re.findall(r'(?:placeholder|data-label|data-copied|data-press)="([^"]+)"', whole)
        texts = [" ".join(text.split()) for text in re.split(r"<[^>]+>", whole)]
        return [unescape(text) for text in [*texts, *attributes] if text]

    @property
    def proof(self) -> str:
        found = re.search(r'name="proof" value="([^"]+)"', self.text)
        return found[1] if found else ""

    def copyable(self, name: str) -> str:
        found = re.search(rf'<code id="{name}">([^<]*)</code>', self.text)
        return found[1] if found else ""
