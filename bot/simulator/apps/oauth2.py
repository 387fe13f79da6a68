"""Connecting a person's account in a remote system: the two pages a browser visits (Apps plugin v1.2.2)."""

import base64
import os
from typing import Any

from bot.simulator.apps.calls import Calls
from bot.simulator.apps.core import Core
from bot.simulator.apps.errors import FORBIDDEN, PluginError, forbidden, unauthorized
from bot.simulator.apps.manifest import REMOTE_OAUTH2

Json = dict[str, Any]

STATE_SECONDS = 15 * 60
COMPLETED_PAGE = (
    "<!DOCTYPE html><html><head><script>window.close();</script></head>"
    "<body><p>Your account is connected. You can close this window.</p></body></html>"
)


class RemoteOAuth2:
    def __init__(self, core: Core, calls: Calls) -> None:
        self._core = core
        self._calls = calls

    async def connect_url(self, user_id: str, app_id: str) -> str:
        """Where the App sends the browser; `user_id` is empty without a session."""
        app = self._core.store.enabled(app_id)
        if not app.may(REMOTE_OAUTH2):
            raise PluginError(f"{app_id} is not authorized to use OAuth2")
        call = app.manifest.call("get_oauth2_connect_url") or {}
        state = self._new_state(user_id)
        response = await self._calls.call(app, call, acting_user_id=user_id, values={"state": state})
        _require_ok(response)
        if not isinstance(response.get("data"), str):
            raise PluginError("oauth2: unexpected data type from the app, expected string (connect URL)")
        return str(response["data"])

    async def complete(self, user_id: str, app_id: str, query: dict[str, str]) -> None:
        """The provider sent the browser back; the App gets the query, whatever it says."""
        app = self._core.store.enabled(app_id)
        if not app.may(REMOTE_OAUTH2):
            raise unauthorized(f"{app_id} is not authorized to use remote OAuth2")
        if not query.get("state"):
            raise unauthorized("no state arg in the URL")
        self._use_state(query["state"], user_id)
        call = app.manifest.call("on_oauth2_complete") or {}
        _require_ok(await self._calls.call(app, call, acting_user_id=user_id, values=dict(query)))

    def _new_state(self, user_id: str) -> str:
        random = base64.urlsafe_b64encode(os.urandom(15)).decode("ascii")
        state = f"{random}.{user_id}"
        self._core.store.oauth2_states[state] = self._core.server.clock() + STATE_SECONDS
        return state

    def _use_state(self, state: str, user_id: str) -> None:
        parts = state.split(".")
        if len(parts) != 2 or parts[1] != user_id:
            raise PluginError(FORBIDDEN, FORBIDDEN)
        if self._core.store.oauth2_states.pop(state, 0.0) <= self._core.server.clock():
            raise forbidden("state mismatch")


def _require_ok(response: Json) -> None:
    if response["type"] == "error":
        raise PluginError(str(response.get("text", "")))
    if response["type"] != "ok":
        raise PluginError(f'oauth2: unexpected response type from the app: "{response["type"]}"')
