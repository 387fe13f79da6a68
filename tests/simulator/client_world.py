"""A small bot that plays an App or a native integration, and a server with people, for tests of client and page."""

import asyncio
import inspect
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from bot.simulator.client.person import Person
from bot.simulator.server import Simulator

Json = dict[str, Any]
ACTING = {"acting_user": "+summary"}


class TalkingBot:
    """Answers by path: a value, or a function (async allowed) of what was sent. Anything else is 404."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.seen: list[tuple[str, Json]] = []
        sockets = bind_sockets(0, "127.0.0.1")
        self.url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        self._server = HTTPServer(Application([("/.*", _Talk, {"bot": self})], log_function=lambda _: None))
        self._server.add_sockets(sockets)

    def sent_to(self, path: str) -> list[Json]:
        return [body for seen, body in self.seen if seen == path]

    async def close(self) -> None:
        self._server.stop()
        await self._server.close_all_connections()


class _Talk(RequestHandler):
    def initialize(self, bot: TalkingBot) -> None:
        self.bot = bot

    async def get(self) -> None:
        await self._answer({})

    async def post(self) -> None:
        if self.request.headers.get("Content-Type", "").startswith("application/json"):
            await self._answer(json.loads(self.request.body))
        else:
            form = parse_qs(self.request.body.decode(), keep_blank_values=True)
            await self._answer({key: values[0] for key, values in form.items()})

    async def _answer(self, body: Json) -> None:
        path = self.request.path
        self.bot.seen.append((path, body))
        if path not in self.bot.answers:
            self.send_error(404)
            return
        found = self.bot.answers[path]
        found = found(body) if callable(found) else found
        found = await found if inspect.isawaitable(found) else found
        if isinstance(found, int):
            self.set_status(found)
            self.finish("broken")
            return
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(found))

    def log_exception(self, *problem: Any) -> None:
        """Quiet: the test reads what the client made of it."""


class Town:
    """A server with ana, ben and an admin in the team "ops", and a bot account called oncall."""

    def __init__(self, simulator: Simulator, bot: TalkingBot) -> None:
        self.simulator = simulator
        self.bot = bot
        people = [simulator.add_user(name, admin=name == "admin") for name in ("ana", "ben", "admin")]
        self.ana, self.ben, self.admin = people
        self.team = simulator.add_team("ops", self.admin, self.ana, self.ben)
        self.incidents = simulator.add_channel(self.team, "incidents")
        for user in people:
            simulator.join(user, self.incidents)
        account = simulator.state.add_bot("oncall", owner_id=self.admin.id, display_name="On-call")
        self.account = simulator.state.users[account.user_id]
        simulator.state.join_team(self.team, self.account.id)
        simulator.join(self.account, self.incidents)

    def person(self, name: str) -> Person:
        return Person(self.simulator, name, channel="incidents")

    async def bot_posts(self, message: str = "", *, channel: str = "", **props: Any) -> str:
        body = {"channel_id": channel or self.incidents.id, "message": message, "props": props}
        return (await self.simulator.create_post(self.account.id, body)).id

    async def open_dialog(self, trigger_id: str, dialog: Json) -> None:
        body = {"trigger_id": trigger_id, "url": f"{self.bot.url}/dialog", "dialog": dialog}
        request = HTTPRequest(
            f"{self.simulator.url}/api/v4/actions/dialogs/open",
            method="POST",
            headers={"Content-Type": "application/json"},
            body=json.dumps(body),
        )
        await AsyncHTTPClient().fetch(request)

    async def make_command(self) -> None:
        self.bot.answers.setdefault("/command", {})
        token = self.simulator.session(self.admin)
        body = {
            "team_id": self.team.id,
            "trigger": "oncall",
            "method": "P",
            "url": f"{self.bot.url}/command",
            "auto_complete": True,
            "auto_complete_hint": "[ack|page|who|help]",
            "auto_complete_desc": "Page people, list shifts, acknowledge alerts",
        }
        request = HTTPRequest(
            f"{self.simulator.url}/api/v4/commands",
            method="POST",
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
            body=json.dumps(body),
        )
        await AsyncHTTPClient().fetch(request)

    def button(self, name: str = "Acknowledge", **more: Any) -> Json:
        integration = {"url": f"{self.bot.url}/action", "context": {"op": name}}
        return {"id": name.lower().replace(" ", ""), "type": "button", "name": name, "integration": integration, **more}

    async def install(self) -> None:
        """Install the App the way an admin does: the command, then the consent modal."""
        self.bot.answers |= {"/manifest.json": self.manifest(), "/ping": {}}
        self.bot.answers.setdefault("/bindings", bindings)
        admin = self.person("admin")
        await admin.types(f"/apps install http {self.bot.url}/manifest.json")
        assert admin.modal is not None, admin.sees
        await admin.submits(consent=True)
        assert admin.modal is None, admin.sees
        admin.leaves()

    def manifest(self) -> Json:
        return {
            "app_id": "oncall-app",
            "version": "v1",
            "display_name": "On-call",
            "homepage_url": "https://example.com",
            "requested_permissions": ["act_as_bot", "act_as_user"],
            "requested_locations": ["/command", "/post_menu", "/channel_header"],
            "http": {"root_url": self.bot.url, "use_jwt": False},
        }


def bindings(request: Json) -> Json:
    """What the App offers: two commands, a post menu entry with a form and a header button."""
    ack = {
        "submit": {"path": "/ack", "expand": ACTING},
        "fields": [
            {"name": "alert_id", "type": "text", "position": 1, "is_required": True, "hint": "[alert]"},
            {"name": "note", "type": "text", "position": -1},
        ],
    }
    commands = [
        {"location": "ack", "label": "ack", "hint": "[alert]", "description": "Take an alert", "form": ack},
        {"location": "who", "label": "who", "description": "Who is on call", "submit": {"path": "/who"}},
        {"location": "page", "label": "page", "description": "Page somebody", "submit": {"path": "/page"}},
        {
            "location": "tell",
            "label": "tell",
            "form": {
                "submit": {"path": "/tell"},
                "fields": [
                    {"name": "whom", "type": "user", "position": 1},
                    {"name": "where", "type": "channel"},
                    {"name": "service", "type": "dynamic_select", "lookup": {"path": "/services"}},
                ],
            },
        },
        {"location": "docs", "label": "docs", "submit": {"path": "/docs"}},
        {"location": "odd", "label": "odd", "submit": {"path": "/odd"}},
    ]
    return {
        "type": "ok",
        "data": [
            {"location": "/command", "bindings": [{"location": "oncall", "label": "oncall", "bindings": commands}]},
            {
                "location": "/post_menu",
                "bindings": [{"location": "esc", "label": "Page on-call", "form": {"source": {"path": "/page"}}}],
            },
            {
                "location": "/channel_header",
                "bindings": [
                    {
                        "location": "who",
                        "label": "Who is on call",
                        "icon": "https://example.com/bell.png",
                        "submit": {"path": "/who"},
                    }
                ],
            },
        ],
    }


def run(work: Any) -> Any:
    """One loop per test, bounded."""

    async def bounded() -> Any:
        async with asyncio.timeout(120):
            return await work

    return asyncio.run(bounded())


def story(version: str = "9.5", *, apps: bool = False) -> Callable[[Callable[[Town], Any]], Callable[[], None]]:
    """Run a test with a fresh town; afterwards nothing may have surprised the server."""

    def wrap(test: Callable[[Town], Any]) -> Callable[[], None]:
        def told() -> None:
            run(_tell(test, version, apps))

        told.__name__, told.__doc__ = test.__name__, test.__doc__
        return told

    return wrap


async def _tell(test: Callable[[Town], Any], version: str, apps: bool) -> None:
    bot = TalkingBot()
    simulator = Simulator(version=version, apps=apps)
    await simulator.start()
    town = Town(simulator, bot)
    try:
        await (town.install() if apps else town.make_command())
        await test(town)
        assert simulator.surprises == []
    finally:
        await bot.close()
        await simulator.stop()
