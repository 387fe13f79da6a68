"""What the plugin offers to Apps that call it: the key-value store and the OAuth2 records (Apps plugin v1.2.2)."""

from typing import Any

import orjson

from bot.simulator.apps import wire
from bot.simulator.apps.core import Core
from bot.simulator.apps.errors import PluginError, invalid, unauthorized
from bot.simulator.apps.manifest import REMOTE_OAUTH2
from bot.simulator.apps.records import App
from bot.simulator.state import Token

Json = dict[str, Any]

VALUE_LIMIT = 8192
PREFIX_LIMIT = 2

_decode_oauth2_app = wire.struct(
    "OAuth2App",
    {"client_id": wire.text, "client_secret": wire.text, "remote_root_url": wire.text, "data": wire.anything},
)


class Services:
    """Every method takes the token of the request: it names the App and the user."""

    def __init__(self, core: Core) -> None:
        self._core = core

    # -- key-value store ----------------------------------------------------------------------

    def put(self, token: Token | None, prefix: str, key: str, body: bytes) -> None:
        _require_size(body)
        app_id, user_id = self.caller(token)
        _require_json(body, "payload is not valid json")
        self._core.store.kv[(app_id, user_id, _prefix(prefix), key)] = body

    def get(self, token: Token | None, prefix: str, key: str) -> bytes:
        app_id, user_id = self.caller(token)
        return self._core.store.kv.get((app_id, user_id, _prefix(prefix), key), b"{}")

    def delete(self, token: Token | None, prefix: str, key: str) -> None:
        app_id, user_id = self.caller(token)
        self._core.store.kv.pop((app_id, user_id, _prefix(prefix), key), None)

    # -- OAuth2 records -----------------------------------------------------------------------

    def store_oauth2_app(self, token: Token | None, body: bytes) -> None:
        """Only with the token of a system admin; the record is replaced whole."""
        _require_size(body)
        user_id = _require_user(token)
        if not self._core.state.is_system_admin(user_id):
            raise unauthorized("access to this operation is limited to users with permission: manage_system")
        app_id, _ = self.caller(token)
        _require_json(body, "OAuth2App is not valid JSON")
        try:
            record = _decode_oauth2_app(orjson.loads(body), "OAuth2App") or {}
        except wire.DecodeError as problem:
            raise invalid(f"OAuth2App is not valid JSON: {problem}") from None
        app = self._permitted(app_id)
        if record != app.remote_oauth2:
            app.remote_oauth2 = record
            self._core.refresh_bindings(self._core.state.users)

    def store_oauth2_user(self, token: Token | None, body: bytes) -> None:
        _require_size(body)
        app_id, user_id = self._person(token)
        _require_json(body, "payload is not valid JSON")
        self._permitted(app_id)
        if body != self._core.store.oauth2_user(app_id, user_id):
            self._core.store.oauth2_users[(app_id, user_id)] = body
            self._core.refresh_bindings([user_id])

    def oauth2_user(self, token: Token | None) -> bytes:
        """The stored bytes, none if nothing is stored."""
        app_id, user_id = self._person(token)
        self._permitted(app_id)
        return self._core.store.oauth2_user(app_id, user_id)

    # -- who calls ----------------------------------------------------------------------------

    def caller(self, token: Token | None) -> tuple[str, str]:
        """App and user of an app session; personal access tokens and browser sessions are refused."""
        user_id = _require_user(token)
        if token is None or token.kind != "app":
            raise unauthorized("not an app session")
        return token.app_id, user_id

    def _person(self, token: Token | None) -> tuple[str, str]:
        app_id, user_id = self.caller(token)
        user = self._core.state.user(user_id)
        if user.is_bot:
            raise unauthorized(f"@{user.username}: is a bot")
        return app_id, user_id

    def _permitted(self, app_id: str) -> App:
        app = self._core.store.installed(app_id)
        if not app.may(REMOTE_OAUTH2):
            raise unauthorized(f"{app_id} is not authorized to use remote OAuth2")
        return app


def _require_user(token: Token | None) -> str:
    if token is None:
        raise unauthorized("user ID is required")
    return token.user_id


def _require_size(body: bytes) -> None:
    if len(body) > VALUE_LIMIT:
        raise PluginError("size limit of 8Kb exceeded")


def _require_json(body: bytes, refusal: str) -> None:
    try:
        orjson.loads(body)
    except ValueError:
        raise invalid(refusal) from None


def _prefix(prefix: str) -> str:
    if len(prefix.encode()) > PREFIX_LIMIT:
        raise PluginError(f'prefix "{prefix}" is longer than the limit of {PREFIX_LIMIT} ASCII characters')
    return prefix
