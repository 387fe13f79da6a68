"""A Mattermost in a process of its own: the strict stand-in to install and to act in, then a bare one that is fast.

`python -m bench.app.fake_mattermost SURFACE BOT_URL ADMIN_TOKEN PEOPLE` prints the address of its control, which takes
one JSON array a request: `["install"]`, `["fast"]`, … (see `Control`). The strict stand-in answers too slowly to
measure a bot by it, so after the installation `fast` puts a server in its place, on the same port, that knows the few
requests which deliveries make and writes down when each came. Clocks of processes agree: all read CLOCK_MONOTONIC.
"""

import asyncio
import json
import re
import signal
import sys
import time
from typing import Any

import aiohttp
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler, url

from bench.app.people import Players
from bot.simulator.client.person import Person
from bot.simulator.server import Simulator

CREATED = 201
TITLE = re.compile(rb"HighErrorRate(\d+)")
PROPS = re.compile(rb'"oncall":\{"group":"([^"]*)","post":"([^"]*)"')
MARK = re.compile(rb'"oncall":\{[^{}]*\}')
ALERT_URL = re.compile(r"http://\S+/integrations/v1/alertmanager/[^/\s]+/")


class Fast(asyncio.Protocol):
    """The deliveries' side of Mattermost as cheap as it can be; keep-alive, one request at a time per connection."""

    def __init__(self, mattermost: "FakeMattermost") -> None:
        self._mattermost = mattermost
        self._buffer = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        length = int(found.group(1)) if found else 0
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        method, path, _ = head.split(b" ", 2)
        status, body = self._mattermost.fast_answer(method.decode(), path.decode(), rest[:length])
        answer = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(answer.encode() + body)


class FakeMattermost:
    """The strict stand-in, people in it, and the fast one."""

    def __init__(self, surface: str, bot_url: str, admin_token: str, people: int) -> None:
        kind, _, version = surface.partition("-")
        self.apps = kind == "apps"
        self.bot_url = bot_url
        self.simulator = Simulator(version=version, apps=self.apps)
        self.players = Players(self.simulator)
        self._admin_token = admin_token
        self._people = people
        self._fast: asyncio.Server | None = None
        self.posts: list[tuple[float, bytes]] = []
        self.edits = self.first = 0
        self.unknown: list[str] = []
        self.server_id = ""

    async def open(self) -> None:
        simulator = self.simulator
        await simulator.start()
        root = simulator.add_user("root", admin=True)
        users = [simulator.add_user(f"person{number}") for number in range(self._people)]
        team = simulator.add_team("ops", root, *users)
        channel = simulator.add_channel(team, "alerts")
        for user in (root, *users):
            simulator.join(user, channel)
        self.users = {user.id: {"id": user.id, "username": user.username, "delete_at": 0} for user in (root, *users)}
        self.root = Person(simulator, root, channel="alerts")
        self.players.take([Person(simulator, user, channel="alerts") for user in users])

    # ---- what the control asks ----

    async def install(self, integrations: int = 1) -> dict[str, str]:
        """With a running bot: as an operator and an admin do it. The URL to send alerts to, and the server."""
        await (self._as_app() if self.apps else self._natively())
        await self.root.types("/oncall configure channel alerts", channel="alerts")
        assert "~alerts" in self.root.sees, self.root.notices
        for number in range(integrations):
            await self.root.types(f'/oncall integration add "Source {number}" @person0 @person1', channel="alerts")
            assert "is added" in self.root.sees, self.root.sees
        found = ALERT_URL.search(self.root.sees)
        assert found, self.root.notices
        return {"alert_url": found.group(), "server_id": self.server_id}

    async def _as_app(self) -> None:
        created = await self._set_up({"name": "Bench"})
        await self.root.types(created["install_command"])
        await self.root.submits(consent=True, secret=created["install_secret"])
        assert "OnCall is installed" in self.root.sees, self.root.notices

    async def _natively(self) -> None:
        token = self.simulator.session(self.root.user)
        await self._set_up({"name": "Bench", "native": True, "url": self.simulator.site_url, "token": token})

    async def _set_up(self, wanted: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._admin_token}"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.bot_url}/mattermost/setup", json=wanted, headers=headers) as answer,
        ):
            assert answer.status == CREATED, await answer.text()
            created: dict[str, Any] = await answer.json()
        self.server_id = created["server_id"]
        return created

    async def fast(self) -> str:
        """From now on nothing is checked; posts are written down."""
        self._bot = next(one for one in self.simulator.state.users.values() if one.is_bot)
        await self.simulator.down()
        _, _, port = self.simulator.url.rpartition(":")
        loop = asyncio.get_running_loop()
        self._fast = await loop.create_server(lambda: Fast(self), "127.0.0.1", int(port))
        return self.simulator.url

    def fast_answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        place = path.removeprefix("/api/v4")
        if method == "POST" and place == "/posts":
            self.posts.append((time.perf_counter(), body))
            self.first += b'"post":"tell' not in body
            mark = MARK.search(body)  # a post comes back with its props; what was posted as it is now is known by them
            return CREATED, b'{"id":"%026d","delete_at":0,"props":{%s}}' % (
                len(self.posts),
                mark.group() if mark else b"",
            )
        if method == "PUT" and place.endswith("/patch"):
            self.edits += 1
            return 200, b'{"id":"x"}'
        if method == "POST" and place == "/channels/direct":
            _, other = json.loads(body)
            return CREATED, json.dumps({"id": f"{other[:20]}direct"}).encode()
        if method == "POST" and place == "/users/ids":
            return 200, json.dumps([self.users[one] for one in json.loads(body) if one in self.users]).encode()
        if place == "/users/me":
            return 200, json.dumps({"id": self._bot.id, "username": self._bot.username}).encode()
        self.unknown.append(f"{method} {place}")
        return 404, b"{}"

    async def count(self) -> dict[str, int]:
        """How many posts came so far, and how many of them were cards and pages."""
        return {"posts": len(self.posts), "first": self.first, "edits": self.edits, "unknown": len(self.unknown)}

    async def seen(self) -> dict[str, Any]:
        """Every post so far: when, of which alert (by the number in its title), of which group, and what it is."""
        found = []
        for at, body in self.posts:
            title, mark = TITLE.search(body), PROPS.search(body)
            number = int(title.group(1)) if title else -1
            group, post = (mark.group(1).decode(), mark.group(2).decode()) if mark else ("", "")
            found.append((at, number, group, post))
        return {"posts": found, "edits": self.edits, "unknown": self.unknown[:5]}

    async def forget(self) -> None:
        self.posts.clear()
        self.edits = self.first = 0

    async def play(self, per_second: float, seconds: float) -> dict[str, list[float]]:
        """Let people act; milliseconds that the bot took for each request of Mattermost, by kind."""
        return await self.players.play(per_second, seconds)

    async def repeat(self, kind: str, count: int) -> dict[str, Any]:
        """Let people do one thing after the other, all of one kind."""
        return await self.players.repeat(kind, count)

    async def bindings(self, times: int) -> list[float]:
        return await self.players.bindings(times)


class Control(RequestHandler):
    def initialize(self, mattermost: FakeMattermost) -> None:
        self.mattermost = mattermost

    async def post(self) -> None:
        name, *arguments = json.loads(self.request.body)
        answer = await getattr(self.mattermost, name)(*arguments)
        self.finish(json.dumps(answer))


async def main(surface: str, bot_url: str, admin_token: str, people: int) -> None:
    mattermost = FakeMattermost(surface, bot_url, admin_token, people)
    await mattermost.open()
    sockets = bind_sockets(0, "127.0.0.1")
    control = HTTPServer(Application([url("/", Control, {"mattermost": mattermost})], log_function=lambda _: None))
    control.add_sockets(sockets)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    print(f"http://127.0.0.1:{sockets[0].getsockname()[1]}/", flush=True)
    await stopped.wait()
    control.stop()
    await mattermost.simulator.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
