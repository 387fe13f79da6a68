"""The strict Mattermost stand-in as one object: memory, HTTP server, clock, faults and seeds."""

import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from bot.simulator.apps.plugin import AppsPlugin
from bot.simulator.errors import ApiError
from bot.simulator.events import Events
from bot.simulator.faults import Faults
from bot.simulator.native.actions import Actions
from bot.simulator.native.commands import Commands
from bot.simulator.native.cookies import CookieJar
from bot.simulator.native.dialogs import Dialogs
from bot.simulator.native.execute import CommandRunner
from bot.simulator.native.replies import Replies
from bot.simulator.native.triggers import TriggerKey
from bot.simulator.outgoing import LOG_LENGTH, Outgoing
from bot.simulator.posting import Posting
from bot.simulator.profiles import profile_of
from bot.simulator.records import Channel, Json, Post, Team, Token, User
from bot.simulator.rest.base import UnknownPath
from bot.simulator.rest.routes import routes
from bot.simulator.state import State

Rule = tuple[str, type[Any]] | tuple[str, type[Any], dict[str, Any]]


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
        self.cookies = CookieJar()
        self.posting = Posting(self.state, self.events, self.profile, self.cookies, self.surprise)
        self.commands = Commands(self.state)
        self.replies = Replies(self.state, self.posting)
        self._runner = CommandRunner(self.state, self.outgoing, self.replies, self.trigger_key)
        self._actions = Actions(self.state, self.outgoing, self.posting, self.trigger_key, self.cookies, self.profile)
        self.dialogs = Dialogs(self.state, self.events, self.outgoing, self.trigger_key, self.profile, self.surprise)
        self.requests: deque[RequestSeen] = deque(maxlen=LOG_LENGTH)
        self.surprises: list[str] = []
        self.version_id = f"{self.profile.full_version}.{self.profile.full_version}.0.false"
        self._port = port
        self._server: HTTPServer | None = None
        self._rules: list[Rule] = []
        self._closers: list[Callable[[], Awaitable[None]]] = []
        self.apps = self._apps_plugin() if apps else None

    def _apps_plugin(self) -> AppsPlugin:
        if not self.profile.apps_allowed:
            raise ValueError(f"Mattermost {self.profile.version} keeps the Apps plugin switched off")
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

    # -- what people do; the REST handlers come here, too ---------------------------------------

    async def create_post(self, user_id: str, body: Json) -> Post:
        """As POST /posts; raises ``ApiError``."""
        return self.posting.create(user_id, body)

    async def execute_command(
        self, user_id: str, *, command: str, channel_id: str, team_id: str, root_id: str = ""
    ) -> Json:
        """As POST /commands/execute: the reply with the client's trigger id."""
        return await self._runner.execute(
            user_id, command=command, channel_id=channel_id, team_id=team_id, root_id=root_id
        )

    async def click_action(
        self, user_id: str, post_id: str, action_id: str, *, selected_option: str = "", cookie: str = ""
    ) -> Json:
        """As POST /posts/{id}/actions/{id}: status and the client's trigger id."""
        # The real route does not match other characters; callers in this process must not get further.
        if not re.fullmatch(self.profile.action_id_pattern, action_id):
            self.surprise(f"action id {action_id!r} has characters its route does not match")
            raise ApiError(404, "api.context.404.app_error", "Sorry, we could not find the page.")
        return await self._actions.click(user_id, post_id, action_id, selected_option=selected_option, cookie=cookie)

    async def submit_dialog(self, user_id: str, body: Json) -> Json:
        """As POST /actions/dialogs/submit."""
        return await self.dialogs.submit(user_id, body)

    async def lookup_dialog(self, user_id: str, body: Json) -> Json:
        """As POST /actions/dialogs/lookup (11.0 and later)."""
        if not self.profile.dynamic_select:
            raise ApiError(404, "api.context.404.app_error", "Sorry, we could not find the page.")
        return await self.dialogs.lookup(user_id, body)

    async def press_dialog_button(self, user_id: str, body: Json) -> Json:
        """As POST /actions/dialogs/execute (11.10 and later)."""
        if "action_button" not in self.profile.element_types:
            raise ApiError(404, "api.context.404.app_error", "Sorry, we could not find the page.")
        return await self.dialogs.press(user_id, body)

    # -- what went on -------------------------------------------------------------------------

    def surprise(self, text: str) -> None:
        self.surprises.append(text)

    def note_request(self, method: str, path: str, token: Token | None, status: int) -> None:
        kind = token.kind if token else ""
        user_id = token.user_id if token else ""
        self.requests.append(RequestSeen(method=method, path=path, kind=kind, user_id=user_id, status=status))

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
        self.state.join_channel(channel, user.id)

    def session(self, user: User) -> str:
        """A user session token, as a browser has."""
        return self.state.issue_token(user.id, "session").secret


def _no_access_log(handler: object) -> None:
    """The simulator keeps its own log of requests."""
