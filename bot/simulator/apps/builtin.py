"""The App inside the plugin: the `/apps` command as bindings and calls like those of any App."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.simulator.apps.calls import error_response
from bot.simulator.apps.consent import SOURCE_PATH, SUBMIT_PATH, consent_form, selected, user_call
from bot.simulator.apps.core import PLUGIN_VERSION, Core
from bot.simulator.apps.errors import PluginError, invalid, not_found, unauthorized
from bot.simulator.apps.lifecycle import Lifecycle
from bot.simulator.apps.manifest import Manifest, decode_manifest
from bot.simulator.apps.records import BUILTIN, App
from bot.simulator.apps.upstream import Upstream

Json = dict[str, Any]
Handler = Callable[[str, Json], Awaitable[Json]]

APP_ID = "apps"
_INCLUDES: dict[str, Callable[[App | None], bool]] = {
    "": lambda app: True,
    "disabled": lambda app: app is not None and app.disabled,
    "enabled": lambda app: app is not None and not app.disabled,
    "installed": lambda app: app is not None,
    "not_installed": lambda app: app is None,
}


def builtin_app(bot_user_id: str, bot_username: str) -> App:
    content = {
        "app_id": APP_ID,
        "version": PLUGIN_VERSION,
        "display_name": "Mattermost Apps plugin",
        "homepage_url": "",
        "requested_locations": ["/command"],
        "bindings": {"path": "/bindings", "expand": {"acting_user": "summary", "locale": "all"}},
    }
    return App(
        manifest=Manifest(content=content),
        deploy_type=BUILTIN,
        bot_user_id=bot_user_id,
        bot_username=bot_username,
        locations=("/command",),
    )


class Builtin:
    """Answers the calls of the `/apps` command."""

    def __init__(self, core: Core, lifecycle: Lifecycle, upstream: Upstream) -> None:
        self._core = core
        self._lifecycle = lifecycle
        self._upstream = upstream
        self._handlers: dict[str, Handler] = {
            "/install-http": self._install_http,
            "/install-listed": self._install_listed,
            SOURCE_PATH: self._consent_form,
            SUBMIT_PATH: self._install,
            "/uninstall": self._uninstall,
            "/enable": self._enable,
            "/disable": self._disable,
            "/list": self._list,
            "/q/app_id": self._look_up,
        }

    async def answer(self, request: Json) -> Json:
        """Like an HTTP App: a request with an expanded context in, a response out."""
        user = request["context"].get("acting_user")
        path = request["path"]
        if path == "/bindings":
            return {"type": "ok", "data": self._bindings(user)}
        try:
            if not self._core.state.config["ServiceSettings"]["EnableOAuthServiceProvider"]:
                raise PluginError("The Apps plugin needs the system setting `Enable OAuth 2.0 Service Provider`.")
            if path == "/info":
                return _ok(f"Mattermost Apps plugin {PLUGIN_VERSION}")
            if path not in self._handlers:
                raise not_found(path).within("upstream call failed")
            return await self._handlers[path](_require_admin(user, path), request)
        except PluginError as error:
            return error_response(error.text)

    # -- calls --------------------------------------------------------------------------------

    async def _install_http(self, user_id: str, request: Json) -> Json:
        manifest = decode_manifest(await self._upstream.manifest(selected(_values(request).get("url"))))
        listed = self._lifecycle.update_listing(user_id, manifest, add_deploys=("http",))
        return self._form(listed, request, deploy_type="http")

    async def _install_listed(self, user_id: str, request: Json) -> Json:
        return self._form(self._core.store.listed(_app_id(request)), request, deploy_type="")

    async def _consent_form(self, user_id: str, request: Json) -> Json:
        return self._form(self._manifest_in_state(request), request, deploy_type="")

    async def _install(self, user_id: str, request: Json) -> Json:
        manifest, values = self._manifest_in_state(request), _values(request)
        asks = manifest.locations or manifest.permissions
        if asks and values.get("consent") is not True:
            raise PluginError("consent to use APIs and locations is required to install")
        deploy_type, secret = selected(values.get("deploy_type")), selected(values.get("secret"))
        try:
            _, text = await self._lifecycle.install(user_id, manifest.app_id, deploy_type, trusted=True, secret=secret)
        except PluginError as error:
            raise error.within("failed to install App") from error
        return _ok(text)

    async def _uninstall(self, user_id: str, request: Json) -> Json:
        force = _values(request).get("force") is True
        return _ok(await self._lifecycle.uninstall(user_id, _app_id(request), force=force))

    async def _enable(self, user_id: str, request: Json) -> Json:
        return _ok(await self._lifecycle.enable(user_id, _app_id(request)))

    async def _disable(self, user_id: str, request: Json) -> Json:
        return _ok(await self._lifecycle.disable(user_id, _app_id(request)))

    async def _list(self, user_id: str, request: Json) -> Json:
        rows = [f"| {manifest.display_name} | {self._status(app_id)} |" for app_id, manifest in self._listings()]
        return _ok("\n".join(["| Name | Status |", "| :-- | :-- |", *rows]))

    async def _look_up(self, user_id: str, request: Json) -> Json:
        includes = _INCLUDES.get(str(request.get("state", "")))
        items = [
            {"label": manifest.display_name, "value": app_id}
            for app_id, manifest in self._listings()
            if includes is not None and includes(self._core.store.apps.get(app_id))
        ]
        return {"type": "ok", "data": {"items": items}}

    def _listings(self) -> list[tuple[str, Manifest]]:
        return sorted(self._core.store.listings.items())

    def _status(self, app_id: str) -> str:
        app = self._core.store.apps.get(app_id)
        if app is None:
            return "Listed"
        return "Installed, Disabled" if app.disabled else "**Installed**"

    def _manifest_in_state(self, request: Json) -> Manifest:
        state = request.get("state")
        if not isinstance(state, str):
            raise PluginError("failed to find a valid manifest in State: no app ID in State")
        try:
            return self._core.store.listed(state)
        except PluginError as error:
            raise error.within("failed to find a valid manifest in State") from error

    def _form(self, manifest: Manifest, request: Json, *, deploy_type: str) -> Json:
        usable = [name for name in manifest.deploy_types if self._lifecycle.can_deploy(name)]
        form = consent_form(manifest, _values(request), usable_types=usable, deploy_type=deploy_type)
        return {"type": "form", "form": form}

    # -- bindings -----------------------------------------------------------------------------

    def _bindings(self, user: Json | None) -> list[Json]:
        commands = [_leaf("info", "/info")]
        if user is not None and _is_admin(user):
            commands += [
                _on_app("disable", "/disable", "enabled"),
                _on_app("enable", "/enable", "disabled"),
                self._install_binding(),
                _leaf("list", "/list"),
                _on_app("uninstall", "/uninstall", "installed", {"name": "force", "type": "bool"}),
            ]
        root = {"label": "apps", "location": "apps", "description": "Mattermost Apps", "bindings": commands}
        return [{"location": "/command", "bindings": [root]}]

    def _install_binding(self) -> Json:
        children = [_on_app("listed", "/install-listed", "not_installed")]
        if self._lifecycle.can_deploy("http"):
            url = {"name": "url", "label": "url", "type": "text", "position": 1, "is_required": True, "hint": "URL"}
            form = {"fields": [url], "submit": user_call("/install-http")}
            children.append({"label": "http", "location": "http", "hint": "[URL to manifest.json]", "form": form})
        return {"label": "install", "location": "install", "hint": "[ listed | http ]", "bindings": children}


def _leaf(word: str, path: str) -> Json:
    return {"label": word, "location": word, "submit": user_call(path)}


def _on_app(word: str, path: str, which: str, *more: Json) -> Json:
    """A command whose first argument is one of the Apps in that state."""
    field = {
        "name": "app",
        "label": "app",
        "type": "dynamic_select",
        "position": 1,
        "is_required": True,
        "lookup": user_call("/q/app_id", state=which),
    }
    form = {"fields": [field, *more], "submit": user_call(path)}
    return {"label": word, "location": word, "hint": "[ App ID ]", "form": form}


def _ok(text: str) -> Json:
    return {"type": "ok", "text": text}


def _values(request: Json) -> Json:
    found: Json = request.get("values") or {}
    return found


def _app_id(request: Json) -> str:
    return selected(_values(request).get("app"))


def _is_admin(user: Json) -> bool:
    return "system_admin" in str(user["roles"]).split()


def _require_admin(user: Json | None, path: str) -> str:
    if user is None:
        raise invalid(f"no or invalid ActingUser in the context for {path}, please make sure Expand.ActingUser is set")
    if not _is_admin(user):
        raise unauthorized(f"user {user['username']} ({user['id']}) is not a sysadmin")
    return str(user["id"])
