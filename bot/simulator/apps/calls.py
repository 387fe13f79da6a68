"""Calls to Apps: what a client may ask for, what goes out and how the answer comes back (Apps plugin v1.2.2)."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.simulator.apps import wire
from bot.simulator.apps.core import Core
from bot.simulator.apps.errors import Panic, PluginError, invalid, unauthorized
from bot.simulator.apps.expand import Expander, Sender
from bot.simulator.apps.forms_cleaning import clean_form
from bot.simulator.apps.manifest import DEFAULT_CALLS, LIFECYCLE_CALLS, PING_PATH
from bot.simulator.apps.paths import clean_path
from bot.simulator.apps.records import BUILTIN, App
from bot.simulator.apps.sessions import AppSessions
from bot.simulator.apps.upstream import Upstream

Json = dict[str, Any]
BuiltinApp = Callable[[Json], Awaitable[Json]]

_PASSED_ON = ("path", "expand", "state", "values", "raw_command", "selected_field", "query")
_FORBIDDEN_DEFAULTS = ("get_oauth2_connect_url", "on_oauth2_complete", "on_remote_webhook")


def error_response(text: str) -> Json:
    return {"type": "error", "text": text}


class Calls:
    def __init__(self, core: Core, upstream: Upstream, sessions: AppSessions) -> None:
        self._core = core
        self._upstream = upstream
        self._expander = Expander(core, sessions)
        self.builtin_apps: dict[str, BuiltinApp] = {}
        """Apps that are part of the plugin, by id."""

    async def from_client(self, user_id: str, body: Any) -> Json:
        """POST /api/v1/call: a response with `app_metadata`; raises `PluginError` only for what is no call."""
        try:
            request = wire.call_request(body)
        except wire.DecodeError as problem:
            raise invalid(f"failed to unmarshal Call request: {problem}") from None
        app_id = request["context"].get("app_id", "")
        if not app_id:
            raise invalid("app ID is not set in Call request")
        metadata: Json = {}
        try:
            app = self._destination(user_id, app_id)
            metadata = {"bot_user_id": app.bot_user_id, "bot_username": app.bot_username}
            _check_path(app, request)
            response = await self.call_app(app, request, acting_user_id=user_id)
        except Panic:
            raise
        except PluginError as error:
            response = error_response(error.text)
        return {**response, "app_metadata": metadata}

    async def call(
        self, app: App, call: Json, *, acting_user_id: str, context: Json | None = None, values: Json | None = None
    ) -> Json:
        """A call the plugin makes on its own account."""
        request = {"path": "", **call, "context": context or {}, "values": values or {}}
        return await self.call_app(app, request, acting_user_id=acting_user_id)

    async def call_app(self, app: App, request: Json, *, acting_user_id: str) -> Json:
        """The cleaned response of the App; whatever fails becomes a response of type error."""
        try:
            outgoing = self.outgoing_request(app, request, acting_user_id=acting_user_id)
            response = await self._exchange(app, outgoing)
        except PluginError as error:
            return error_response(error.text)
        if "form" in response:
            response["form"], problems = clean_form(response["form"], icon_url=self._core.icon_url(app.app_id))
            self._core.surprise(app.app_id, f"form from {request['path']}", problems)
        if self._refreshes(app, request, response):
            self._core.refresh_bindings([acting_user_id])
        return response

    def outgoing_request(self, app: App, request: Json, *, acting_user_id: str) -> Json:
        """The request as the App gets it, with an expanded context that holds nothing of the client's."""
        sender = Sender.of(request["context"])
        try:
            context = self._expander.expand(
                app, request.get("expand", {}), acting_user_id=acting_user_id, sender=sender
            )
        except PluginError as error:
            raise error.within("failed to expand context") from error
        sent = {key: request[key] for key in _PASSED_ON if key in request and request[key] not in (None, "")}
        if not sent.get("values"):
            sent.pop("values", None)
        return {"path": request["path"], **sent, "context": context}

    async def ping(self, app: App) -> None:
        """Accepted are 404 and 200 with JSON; anything else raises `PluginError`."""
        empty = {"app_id": "", "mattermost_site_url": "", "app_path": "", "bot_user_id": "", "oauth2": {}}
        request = {"path": PING_PATH, "context": empty}
        try:
            seconds = self._core.settings.ping_seconds
            body = await self._upstream.invoke(app, request, acting_user_id="", seconds=seconds)
            wire.call_response(body)
        except wire.DecodeError as problem:
            raise PluginError(f"failed to call {PING_PATH} endpoint: {problem}") from None
        except PluginError as error:
            if error.status != 404:
                raise error.within("failed to invoke via HTTP").within(
                    f"failed to call {PING_PATH} endpoint"
                ) from error

    async def _exchange(self, app: App, outgoing: Json) -> Json:
        if app.deploy_type == BUILTIN:
            return await self.builtin_apps[app.app_id](outgoing)
        acting_user_id = outgoing["context"].get("acting_user", {}).get("id", "")
        seconds = self._core.settings.call_seconds
        try:
            body = await self._upstream.invoke(app, outgoing, acting_user_id=acting_user_id, seconds=seconds)
        except PluginError as error:
            raise error.within("failed to invoke via HTTP").within("upstream call failed") from error
        try:
            return wire.call_response(body)
        except wire.DecodeError as problem:
            self._core.surprise(app.app_id, f"answer from {outgoing['path']}", [str(problem)])
            raise PluginError(f"upstream call failed: {problem}") from None

    def _destination(self, user_id: str, app_id: str) -> App:
        if not user_id:
            raise unauthorized("user ID is required")
        return self._core.store.enabled(app_id)

    def _refreshes(self, app: App, request: Json, response: Json) -> bool:
        bindings = app.manifest.call("bindings")
        on_bindings_path = bindings is not None and request["path"] == bindings["path"]
        return bool(response.get("refresh_bindings")) and response["type"] != "error" and not on_bindings_path


def _check_path(app: App, request: Json) -> None:
    """Clean the path in place; refuse the paths only the plugin itself may call."""
    path = request["path"]
    if not path:
        raise Panic("Panicked while handling the request. Please check the server logs for more details.")
    if not path.startswith("/"):
        raise invalid(f'call path must start with a "/": "{path}"')
    request["path"] = path = clean_path(path)
    if path == PING_PATH:
        raise PluginError(f"forbidden call path: path {path} defined as {PING_PATH}")
    for name in (*LIFECYCLE_CALLS, *_FORBIDDEN_DEFAULTS):
        declared = app.manifest.content.get(name) or DEFAULT_CALLS.get(name)
        if declared is not None and declared.get("path") == path:
            raise PluginError(f"forbidden call path: path {path} defined as {name}.path")
