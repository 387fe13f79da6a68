"""The page's few routes: the document, its files, what people do, and the live picture of one person's screen."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tornado.netutil import is_valid_ip
from tornado.web import RequestHandler, StaticFileHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from bot.simulator.client.person import Person
from bot.simulator.errors import ApiError
from bot.simulator.page.intents import obey
from bot.simulator.page.seats import Seat, Seats
from bot.simulator.page.settings import PageSettings
from bot.simulator.page.snapshot import snapshot
from bot.simulator.server import Simulator

STATIC = Path(__file__).parent / "static"
Rule = tuple[str, type[Any], dict[str, Any]]


def routes(simulator: Simulator, site: PageSettings) -> list[Rule]:
    """Give these to `simulator.add_routes` before it starts; the page is then at its address."""
    seats = Seats(simulator, site)
    simulator.on_stop(seats.close)
    return [
        (r"/", Document, {"seats": seats}),
        (r"/sim/intent", IntentHandler, {"seats": seats}),
        (r"/sim/live", Live, {"seats": seats}),
        (r"/sim/static/(.*)", Files, {"path": str(STATIC)}),
    ]


def _guard(handler: RequestHandler) -> None:
    """Nothing but our own files may run or be loaded; nobody may frame the page."""
    host = handler.request.host
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self' ws://{host} wss://{host}; manifest-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    handler.set_header("Content-Security-Policy", policy)
    handler.set_header("X-Content-Type-Options", "nosniff")
    handler.set_header("Referrer-Policy", "no-referrer")
    handler.set_header("Cache-Control", "no-cache")


def _is_ours(handler: RequestHandler, simulator: Simulator) -> bool:
    """The address in Host is this machine's or the site's own: a foreign name may be a rebound one."""
    host = urlsplit(f"//{handler.request.host}").hostname or ""
    if host == "localhost" or host == urlsplit(simulator.site_url).hostname:
        return True
    return is_valid_ip(host)


class Files(StaticFileHandler):
    def set_extra_headers(self, path: str) -> None:
        _guard(self)


class Document(RequestHandler):
    def initialize(self, seats: Seats) -> None:
        self.seats = seats

    def get(self) -> None:
        _guard(self)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish((STATIC / "index.html").read_bytes())


class IntentHandler(RequestHandler):
    """`POST {"person", "intent", …}` from our own page only: other sites must not act as these people."""

    def initialize(self, seats: Seats) -> None:
        self.seats = seats

    def prepare(self) -> None:
        _guard(self)
        origin = self.request.headers.get("Origin")
        foreign = origin is not None and urlsplit(origin).netloc != self.request.host
        foreign = foreign or not _is_ours(self, self.seats.simulator)
        if foreign or not self.request.headers.get("Content-Type", "").startswith("application/json"):
            self.set_status(403)
            self.finish({"error": "Only this page itself may do that."})

    async def post(self) -> None:
        try:
            body = json.loads(self.request.body)
            answer = await obey(self.seats, body)
            if body["intent"] == "enter":
                self._give_session(str(body["person"]))
            self.finish(answer)
        except LookupError as problem:
            self.set_status(409)
            self.finish({"error": str(problem.args[0]) if problem.args else "That is not there any more."})
        except ApiError as problem:
            self.set_status(409)
            self.finish({"error": problem.message})
        except ValueError:
            self.set_status(400)
            self.finish({"error": "The request could not be read."})

    def _give_session(self, name: str) -> None:
        """What a browser has after the login; needed where it is sent to the server itself."""
        self.set_cookie("MMAUTHTOKEN", self.seats.take(name).session, httponly=True, samesite="Lax")


class Live(WebSocketHandler):
    """Sends one person's whole screen whenever something on it may have changed."""

    def initialize(self, seats: Seats) -> None:
        self.seats = seats
        self._wanted = asyncio.Event()
        self._seat: Seat | None = None
        self._sender: asyncio.Task[None] | None = None

    def check_origin(self, origin: str) -> bool:
        return super().check_origin(origin) and _is_ours(self, self.seats.simulator)

    def open(self, *args: str, **kwargs: str) -> None:
        name = self.get_query_argument("person", "") or self.seats.people()[0]
        try:
            seat = self.seats.take(name)
        except LookupError:
            seat = self.seats.take(self.seats.people()[0])
        self._seat = seat
        seat.listeners.add(self._wanted.set)
        self._wanted.set()
        self._sender = asyncio.get_running_loop().create_task(self._send(seat))

    def on_close(self) -> None:
        if self._seat:
            self._seat.listeners.discard(self._wanted.set)
        if self._sender:
            self._sender.cancel()

    def on_message(self, message: str | bytes) -> None:
        """The browser only listens here."""

    async def _send(self, seat: Seat) -> None:
        last = ""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            picture = json.dumps(snapshot(self.seats, seat))
            if picture != last:
                try:
                    await self.write_message(picture)
                except WebSocketClosedError:
                    return
            last = picture
            await self._fetch_bindings(seat.person)

    async def _fetch_bindings(self, person: Person) -> None:
        """As the client does on entering a channel; the picture did not wait for it."""
        if self.seats.simulator.apps is None or person.apps.known(person.channel.id):
            return
        await person.menu()
        self._wanted.set()
