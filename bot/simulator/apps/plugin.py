"""The Apps plugin v1.2.2 as one object: its parts put together, and what the browser model calls directly."""

import asyncio
from typing import Any

from bot.simulator.apps import wire
from bot.simulator.apps.bindings import BindingsCleaner, merge, sort_top
from bot.simulator.apps.builtin import APP_ID, Builtin, builtin_app
from bot.simulator.apps.calls import Calls
from bot.simulator.apps.core import AppsSettings, Core, Server
from bot.simulator.apps.errors import PluginError
from bot.simulator.apps.lifecycle import Lifecycle
from bot.simulator.apps.oauth2 import RemoteOAuth2
from bot.simulator.apps.records import App, AppsStore
from bot.simulator.apps.routes import routes
from bot.simulator.apps.services import Services
from bot.simulator.apps.sessions import AppSessions
from bot.simulator.apps.subscriptions import Subscriptions
from bot.simulator.apps.upstream import Upstream
from bot.simulator.apps.webhook import Webhooks

Json = dict[str, Any]


class AppsPlugin:
    """Mounts its routes on the server and ends with it."""

    def __init__(self, server: Server, settings: AppsSettings | None = None) -> None:
        self.settings = settings or AppsSettings()
        self.core = Core(server, self.settings)
        self.upstream = Upstream(self.core)
        self.sessions = sessions = AppSessions(self.core)
        self.calls = Calls(self.core, self.upstream, sessions)
        self.lifecycle = Lifecycle(self.core, self.calls, self.upstream, sessions)
        self.oauth2 = RemoteOAuth2(self.core, self.calls)
        self.webhooks = Webhooks(self.core, self.calls, self.upstream)
        self.services = Services(self.core)
        self.subscriptions = Subscriptions(self.core, self.services, self.calls, self.upstream)
        self._add_builtin()
        server.add_routes(routes(self))
        server.on_stop(self.close)

    def _add_builtin(self) -> None:
        bot = self.core.state.add_bot("appsbot", owner_id="com.mattermost.apps", display_name="Mattermost Apps")
        self.store.apps[APP_ID] = builtin_app(bot.user_id, bot.username)
        self.calls.builtin_apps[APP_ID] = Builtin(self.core, self.lifecycle, self.upstream).answer

    @property
    def store(self) -> AppsStore:
        return self.core.store

    async def call(self, user_id: str, call_request: Any) -> Json:
        """Exactly POST /api/v1/call; `PluginError` is raised only for what is no call at all."""
        return await self.calls.from_client(user_id, call_request)

    async def bindings(self, user_id: str, *, channel_id: str, team_id: str) -> list[Json]:
        """Exactly GET /api/v1/bindings."""
        found, _ = await self.bindings_and_problems(user_id, channel_id=channel_id, team_id=team_id)
        return found

    async def bindings_and_problems(
        self, user_id: str, *, channel_id: str, team_id: str, user_agent: str = ""
    ) -> tuple[list[Json], list[str]]:
        """Ask all enabled Apps at once and wait for the slowest."""
        context = {"channel_id": channel_id, "team_id": team_id}
        apps = [app for app in self.store.enabled_apps() if app.locations]
        answers = await asyncio.gather(*(self._bindings_of(app, user_id, context, user_agent) for app in apps))
        merged: list[Json] = []
        for bindings, _ in answers:
            merged = merge(merged, bindings)
        return sort_top(merged), [problem for _, problems in answers for problem in problems]

    async def _bindings_of(
        self, app: App, user_id: str, context: Json, user_agent: str
    ) -> tuple[list[Json], list[str]]:
        call = app.manifest.call("bindings") or {}
        response = await self.calls.call(app, call, acting_user_id=user_id, context=context)
        if response["type"] == "error":
            return [], [f"the app answered with an error: {response.get('text', '')}"]
        try:
            bindings = self._decoded(response)
        except wire.DecodeError as problem:
            self.core.surprise(app.app_id, "bindings", [str(problem)])
            return [], [f"no list of bindings: {problem}"]
        cleaner = BindingsCleaner(
            app_id=app.app_id,
            granted_locations=app.locations,
            icon_url=self.core.icon_url(app.app_id),
            user_agent=user_agent,
        )
        cleaned = cleaner.clean(bindings)
        self.core.surprise(app.app_id, "bindings", cleaner.problems)
        return cleaned, cleaner.problems

    def _decoded(self, response: Json) -> list[Json]:
        if response["type"] != "ok":
            raise wire.DecodeError(f'unexpected response type "{response["type"]}"')
        return wire.bindings(response.get("data")) or []

    async def settle(self) -> None:
        """Wait until Apps have been told of all webhooks received so far."""
        await self.upstream.settle()

    async def close(self) -> None:
        await self.upstream.close()

    def app(self, app_id: str) -> App:
        """The installed App; raises `PluginError`."""
        return self.store.installed(app_id)

    def require_app(self, user_id: str, app_id: str) -> App:
        """The App as somebody logged in may see it, disabled or not."""
        if not user_id:
            raise PluginError("user ID is required: unauthorized", "unauthorized")
        return self.store.installed(app_id)
