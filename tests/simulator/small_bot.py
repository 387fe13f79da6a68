"""A bot of a few lines on loopback: remembers what the server sent and answers what the test wants."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import orjson
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from bot.simulator.server import Simulator


@dataclass
class Received:
    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, list[str]]
    body: bytes

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode(), keep_blank_values=True)

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.body)
        return found


@dataclass
class SmallBot:
    """Set ``status``, ``content_type`` and ``answer``; read ``received``."""

    url: str = ""
    status: int = 200
    content_type: str = "application/json"
    answer: Any = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    _server: HTTPServer | None = None

    def start(self) -> None:
        sockets = bind_sockets(0, "127.0.0.1")
        self.url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        self._server = HTTPServer(Application([("/.*", _Endpoint)], small_bot=self, log_function=lambda _: None))
        self._server.add_sockets(sockets)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.stop()
        await self._server.close_all_connections()

    @property
    def last(self) -> Received:
        return self.received[-1]


class _Endpoint(RequestHandler):
    def _serve(self) -> None:
        bot: SmallBot = self.settings["small_bot"]
        query = {key: [value.decode() for value in values] for key, values in self.request.query_arguments.items()}
        bot.received.append(
            Received(
                method=self.request.method or "",
                path=self.request.path,
                headers=dict(self.request.headers.items()),
                query=query,
                body=self.request.body,
            )
        )
        self.set_status(bot.status)
        self.set_header("Content-Type", bot.content_type)
        if bot.status != 204:
            self.finish(bot.answer if isinstance(bot.answer, str | bytes) else orjson.dumps(bot.answer))

    get = post = _serve


class Caller:
    """REST calls to the simulator with one token."""

    def __init__(self, simulator: Simulator, token: str) -> None:
        self._simulator = simulator
        self._token = token

    async def __call__(
        self, method: str, path: str, body: Any = None, *, data: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and parsed body (text if it is no JSON); ``path`` without /api/v4 unless it is a whole URL."""
        url = path if path.startswith("http") else f"{self._simulator.url}/api/v4{path}"
        sent = dict(headers or {})
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        async with (
            aiohttp.ClientSession() as client,
            client.request(method, url, json=body, data=data, headers=sent) as response,
        ):
            raw = await response.read()
            self.headers = response.headers
            try:
                return response.status, orjson.loads(raw)
            except orjson.JSONDecodeError:
                return response.status, raw.decode()


class World:
    """A team ``ops`` with people, a bot account and a small bot behind it."""

    def __init__(self, simulator: Simulator, bot: SmallBot) -> None:
        self.simulator = simulator
        self.bot = bot
        self.admin = simulator.add_user("admin", admin=True)
        self.mira = simulator.add_user("mira")
        self.tomas = simulator.add_user("tomas")
        self.outsider = simulator.add_user("outsider")
        self.team = simulator.add_team("ops", self.admin, self.mira, self.tomas)
        self.channel = simulator.add_channel(self.team, "incidents")
        self.private = simulator.add_channel(self.team, "secret", private=True)
        for user in (self.mira, self.tomas):
            simulator.join(user, self.channel)
        account = simulator.state.add_bot("oncall", owner_id=self.admin.id, display_name="On-call")
        self.bot_user = simulator.state.users[account.user_id]
        self.as_bot = Caller(simulator, simulator.state.issue_token(self.bot_user.id, "bot").secret)
        self.as_admin = Caller(simulator, simulator.session(self.admin))
        self.as_mira = Caller(simulator, simulator.session(self.mira))
        self.as_tomas = Caller(simulator, simulator.session(self.tomas))
        self.as_outsider = Caller(simulator, simulator.session(self.outsider))
        self.as_nobody = Caller(simulator, "")

    def command_body(self, **changes: Any) -> dict[str, Any]:
        return {
            "team_id": self.team.id,
            "trigger": "oncall",
            "method": "P",
            "url": f"{self.bot.url}/command",
            **changes,
        }

    async def make_command(self, **changes: Any) -> dict[str, Any]:
        status, body = await self.as_admin("POST", "/commands", self.command_body(**changes))
        assert status == 201, body
        found: dict[str, Any] = body
        return found

    async def run_command(self, text: str, *, caller: Caller | None = None, **changes: Any) -> tuple[int, Any]:
        body = {"command": text, "channel_id": self.channel.id, "team_id": self.team.id, **changes}
        return await (caller or self.as_mira)("POST", "/commands/execute", body)

    def button(self, id: str = "ack", **changes: Any) -> dict[str, Any]:
        integration = {"url": f"{self.bot.url}/action", "context": {"op": "ack"}}
        return {"id": id, "type": "button", "name": "Acknowledge", "integration": integration, **changes}

    async def post_card(self, *actions: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """A card of the bot, which is a member of the channel."""
        self.simulator.join(self.bot_user, self.channel)
        props = {"attachments": [{"fallback": "x", "title": "DB-412", "actions": list(actions) or [self.button()]}]}
        body = {"channel_id": self.channel.id, "message": "firing", "props": props, **changes}
        status, post = await self.as_bot("POST", "/posts", body)
        assert status == 201, post
        found: dict[str, Any] = post
        return found

    async def click(
        self, post_id: str, action_id: str = "ack", *, caller: Caller | None = None, **body: Any
    ) -> tuple[int, Any]:
        return await (caller or self.as_mira)("POST", f"/posts/{post_id}/actions/{action_id}", body)

    def messages(self) -> list[str]:
        return [post.message for post in self.channel.posts]

    def posts_in(self, queue: "asyncio.Queue[dict[str, Any]]", event: str) -> list[dict[str, Any]]:
        """The posts of all such events that wait in the queue."""
        found = []
        while not queue.empty():
            one = queue.get_nowait()
            if one["event"] == event:
                found.append(orjson.loads(one["data"]["post"]))
        return found

    def dialogs_in(self, queue: "asyncio.Queue[dict[str, Any]]") -> list[dict[str, Any]]:
        found = []
        while not queue.empty():
            one = queue.get_nowait()
            if one["event"] == "open_dialog":
                assert isinstance(one["data"]["dialog"], str)
                found.append(orjson.loads(one["data"]["dialog"]))
        return found
