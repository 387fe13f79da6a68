"""The strict Mattermost stand-in as one object: memory, HTTP server, clock, faults and seeds."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from bot.simulator.events import Events
from bot.simulator.faults import Faults
from bot.simulator.native.triggers import TriggerKey
from bot.simulator.outgoing import Outgoing
from bot.simulator.profiles import profile_of
from bot.simulator.records import Channel, Team, Token, User
from bot.simulator.rest.base import UnknownPath
from bot.simulator.rest.routes import routes
from bot.simulator.state import State

Rule = tuple[str, type[Any]] | tuple[str, type[Any], dict[str, Any]]
_LIMITED_KINDS = ("bot", "app", "personal")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSeen:
    method: str
    path: str
    kind: str
    """Kind of the token, empty without a valid one."""
    user_id: str
    status: int


class Simulator:
    """``Simulator(version="9.5", apps=True)`` has the Apps plugin, ``apps=False`` only the native surfaces.

    ``clock`` gives Unix seconds and rules every lifetime. ``surprises`` collects what a strict server
    would not have expected; tests assert that it is empty.
    """

    def __init__(
        self, *, version: str = "9.5", apps: bool = False, clock: Callable[[], float] = time.time, port: int = 0
    ) -> None:
        self.profile = profile_of(version)
        self.clock = clock
        self.state = State(clock)
        self.events = Events(self.state)
        self.faults = Faults()
        self.outgoing = Outgoing(self.state, self.faults)
        self.trigger_key = TriggerKey()
        self.requests: list[RequestSeen] = []
        self.surprises: list[str] = []
        self.version_id = f"{self.profile.full_version}.{self.profile.full_version}.0.false"
        self._port = port
        self._server: HTTPServer | None = None
        self._rules: list[Rule] = []
        self._closers: list[Callable[[], Awaitable[None]]] = []
        self.apps = self._apps_plugin() if apps else None

    def _apps_plugin(self) -> Any:
        from bot.simulator.apps.plugin import AppsPlugin  # noqa: PLC0415 - to become a plain import once it exists

        return AppsPlugin(self)

    # -- life ---------------------------------------------------------------------------------

    @property
    def site_url(self) -> str:
        """The SiteURL setting, without a slash at the end; set by ``start``."""
        return str(self.state.config["ServiceSettings"]["SiteURL"])

    @property
    def url(self) -> str:
        """Where it listens; known after ``start``."""
        return f"http://127.0.0.1:{self._port}"

    def add_routes(self, rules: Sequence[Rule]) -> None:
        """More routes (Apps plugin, web page), before ``start``; they come before the unknown path."""
        self._rules.extend(rules)

    def on_stop(self, close: Callable[[], Awaitable[None]]) -> None:
        self._closers.append(close)

    async def start(self) -> None:
        self.up()
        self.state.config["ServiceSettings"]["SiteURL"] = self.url

    async def stop(self) -> None:
        await self.down()
        for close in reversed(self._closers):
            await close()
        await self.outgoing.close()

    def up(self) -> None:
        """Listen (again), on the same port as before."""
        sockets = bind_sockets(self._port, "127.0.0.1")
        self._port = sockets[0].getsockname()[1]
        application = Application(
            [*routes(self.profile), *self._rules],
            default_handler_class=UnknownPath,
            log_function=_no_access_log,
            simulator=self,
        )
        self._server = HTTPServer(application)
        self._server.add_sockets(sockets)

    async def down(self) -> None:
        """Refuse connections and cut the open ones; the memory stays."""
        if self._server is None:
            return
        self._server.stop()
        await self._server.close_all_connections()
        self._server = None

    # -- what went on -------------------------------------------------------------------------

    def surprise(self, text: str) -> None:
        self.surprises.append(text)

    def note_request(self, method: str, path: str, token: Token | None, status: int) -> None:
        kind = token.kind if token else ""
        user_id = token.user_id if token else ""
        self.requests.append(RequestSeen(method=method, path=path, kind=kind, user_id=user_id, status=status))
        if status == 403 and kind in _LIMITED_KINDS:
            self.surprise(f"403 to a {kind} token: {method} {path}")

    def count_requests(self, method: str, prefix: str, *, status: int | None = None) -> int:
        """How many requests came with this method to paths that start so."""
        return sum(
            1
            for seen in self.requests
            if seen.method == method and seen.path.startswith(prefix) and status in (None, seen.status)
        )

    # -- seeds --------------------------------------------------------------------------------

    def add_user(self, username: str, *, admin: bool = False, locale: str = "en", timezone: str = "") -> User:
        roles = "system_user system_admin" if admin else "system_user"
        return self.state.add_user(username, roles=roles, locale=locale, timezone=timezone)

    def add_team(self, name: str, *members: User) -> Team:
        """A team with its town-square; the first member is team admin."""
        team = self.state.add_team(name)
        for index, user in enumerate(members):
            self.state.join_team(team, user.id, admin=index == 0)
        return team

    def add_channel(self, team: Team, name: str, *, private: bool = False) -> Channel:
        return self.state.add_channel(team_id=team.id, type="P" if private else "O", name=name)

    def join(self, user: User, channel: Channel) -> None:
        """Into the channel, and into its team if need be."""
        if channel.team_id:
            self.state.join_team(self.state.teams[channel.team_id], user.id)
        channel.members.setdefault(user.id, "channel_user")

    def session(self, user: User) -> str:
        """A user session token, as a browser has."""
        return self.state.issue_token(user.id, "session").secret


def _no_access_log(handler: object) -> None:
    """The simulator keeps its own log of requests."""
