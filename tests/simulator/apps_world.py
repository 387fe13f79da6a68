"""A simulated server with the Apps plugin, an App on loopback, an admin and a user, for the tests of the plugin."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from bot.simulator.server import Simulator

Json = dict[str, Any]
PLUGIN = "/plugins/com.mattermost.apps"
PERMISSIONS = ["act_as_bot", "act_as_user", "remote_webhooks", "remote_oauth2"]
LOCATIONS = ["/command", "/post_menu", "/channel_header"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the App answers when JSON with status 200 is not wanted."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Json

    @property
    def context(self) -> Json:
        return dict(self.body["context"])


class AppServer:
    """The App: answers by path, from a value or from a function of the request's body."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {"/ping": {}, "/bindings": {"type": "ok", "data": []}}
        self.seen: list[Seen] = []
        sockets = bind_sockets(0, "127.0.0.1")
        self.url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        self._server = HTTPServer(Application([("/.*", _Everything, {"app": self})], log_function=lambda _: None))
        self._server.add_sockets(sockets)

    def answer(self, request: HTTPServerRequest) -> Reply:
        body = json.loads(request.body) if request.body else {}
        headers = dict(request.headers.items())
        method, path = request.method or "", request.path
        self.seen.append(Seen(method=method, path=path, query=request.query, headers=headers, body=body))
        if path not in self.answers:
            return Reply(status=404)
        found = self.answers[path]
        found = found(body) if callable(found) else found
        return found if isinstance(found, Reply) else Reply(body=json.dumps(found).encode())

    def calls(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path]

    async def close(self) -> None:
        self._server.stop()
        await self._server.close_all_connections()


class _Everything(RequestHandler):
    def initialize(self, app: AppServer) -> None:
        self._app = app

    def prepare(self) -> None:
        reply = self._app.answer(self.request)
        self.set_status(reply.status)
        for name, value in reply.headers.items():
            self.set_header(name, value)
        self.finish(reply.body or None)


class World:
    """Everything as plain calls; `run` takes coroutines to their end."""

    def __init__(self, simulator: Simulator, run: Callable[..., Any]) -> None:
        self.simulator = simulator
        self.plugin = simulator.apps
        self.run = run
        self.app: AppServer = run(self._start_app())
        self.admin = simulator.add_user("root", admin=True)
        self.user = simulator.add_user("amira")
        self.team = simulator.add_team("ops", self.admin, self.user)
        self.channel = simulator.add_channel(self.team, "alerts")
        simulator.join(self.user, self.channel)

    async def _start_app(self) -> AppServer:
        return AppServer()

    def close(self) -> None:
        self.run(self.app.close())

    # -- the App ------------------------------------------------------------------------------

    def manifest(self, **changes: Any) -> Json:
        """Changes of None take a key away."""
        http = {"root_url": self.app.url, **changes.pop("http", {})}
        content: Json = {
            "app_id": "oncall",
            "version": "v1",
            "display_name": "On-call",
            "homepage_url": "https://oncall.example.com",
            "requested_permissions": PERMISSIONS,
            "requested_locations": LOCATIONS,
            "http": http,
            **changes,
        }
        return {key: value for key, value in content.items() if value is not None}

    def fetch_manifest(self, **changes: Any) -> Json:
        """`/apps install http URL` up to the consent modal."""
        self.app.answers["/manifest.json"] = self.manifest(**changes)
        return self.builtin("/install-http", {"url": f"{self.app.url}/manifest.json"})

    def install(self, secret: str = "", **changes: Any) -> Json:
        """The whole dialogue of an installation; the last response."""
        form = self.fetch_manifest(**changes)["form"]
        return self.consent(form, {"consent": True, "secret": secret})

    def consent(self, form: Json, values: Json) -> Json:
        deploy = {"deploy_type": {"label": "HTTP", "value": "http"}}
        return self.submit("apps", form["submit"], {**deploy, **values}, user_id=self.admin.id)

    def builtin(self, path: str, values: Json | None = None, *, user_id: str = "", **more: Any) -> Json:
        """A call of the `/apps` command."""
        call = {"path": path, "expand": {"acting_user": "summary"}, **more}
        return self.submit("apps", call, values or {}, user_id=user_id or self.admin.id)

    def on_app(self, verb: str, **values: Any) -> Json:
        """`/apps VERB oncall`."""
        return self.builtin(f"/{verb}", {"app": {"label": "oncall", "value": "oncall"}, **values})

    def submit(self, app_id: str, call: Json, values: Json, *, user_id: str) -> Json:
        context = {"app_id": app_id, "location": "/command/x", "user_agent": "webapp", "track_as_submit": True}
        response: Json = self.run(self.plugin.call(user_id, {**call, "values": values, "context": context}))
        return response

    def call(self, path: str, *, user_id: str = "", expand: Json | None = None, **more: Any) -> Json:
        """A call of the App from a client in the channel."""
        context = {
            "app_id": "oncall",
            "location": "/command/oncall",
            "user_agent": "webapp",
            "channel_id": self.channel.id,
            "team_id": self.team.id,
            **more.pop("context", {}),
        }
        request = {"path": path, "expand": expand or {}, "context": context, **more}
        response: Json = self.run(self.plugin.call(user_id or self.user.id, request))
        return response

    def received(self, expand: Json, **more: Any) -> Json:
        """The context the App receives for a call with this `expand`."""
        self.app.answers["/do"] = {}
        response = self.call("/do", expand=expand, **more)
        assert response["type"] == "ok", response
        return self.app.calls("/do")[-1].context

    def bot_token(self) -> str:
        return str(self.received({})["bot_access_token"])

    def user_token(self, user_id: str = "") -> str:
        context = self.received({"acting_user_access_token": "all"}, user_id=user_id)
        return str(context["acting_user_access_token"])

    def bindings(self, user_id: str = "") -> list[Json]:
        found: list[Json] = self.run(
            self.plugin.bindings(user_id or self.user.id, channel_id=self.channel.id, team_id=self.team.id)
        )
        return found

    def bind(self, *top: Json) -> None:
        self.app.answers["/bindings"] = {"type": "ok", "data": list(top)}

    # -- over HTTP ----------------------------------------------------------------------------

    def http(
        self, method: str, path: str, *, token: str = "", cookie: str = "", body: Any = None, **options: Any
    ) -> tuple[int, str, dict[str, str]]:
        """Status, text and headers; redirects are not followed."""
        return self.run(self._http(method, path, token=token, cookie=cookie, body=body, **options))  # type: ignore[no-any-return]

    async def _http(
        self, method: str, path: str, *, token: str, cookie: str, body: Any, **options: Any
    ) -> tuple[int, str, dict[str, str]]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if cookie:
            headers["Cookie"] = f"MMAUTHTOKEN={cookie}"
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        address = path if path.startswith("http") else f"{self.simulator.url}{path}"
        async with (
            aiohttp.ClientSession() as client,
            client.request(
                method, address, data=data, headers={**headers, **options.get("headers", {})}, allow_redirects=False
            ) as response,
        ):
            return response.status, await response.text(), dict(response.headers.items())

    def session(self, user: Any) -> str:
        return self.simulator.session(user)

    def dropped(self, words: str) -> bool:
        """Whether the simulator was surprised by something that contains these words."""
        return any(words in surprise for surprise in self.simulator.surprises)
