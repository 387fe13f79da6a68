"""Installing Apps and what follows: listing, installing, uninstalling, enabling, disabling (Apps plugin v1.2.2)."""

from typing import Any

from bot.simulator.apps.calls import Calls
from bot.simulator.apps.core import Core
from bot.simulator.apps.errors import PluginError, unauthorized
from bot.simulator.apps.manifest import Manifest
from bot.simulator.apps.records import BUILTIN, HTTP, App
from bot.simulator.apps.sessions import AppSessions
from bot.simulator.apps.upstream import Upstream
from bot.simulator.state import new_id

Json = dict[str, Any]

_DEPLOY_TYPES = ("aws_lambda", "http", "open_faas", "plugin")


class Lifecycle:
    def __init__(self, core: Core, calls: Calls, upstream: Upstream, sessions: AppSessions) -> None:
        self._core = core
        self._calls = calls
        self._upstream = upstream
        self._sessions = sessions

    def update_listing(self, user_id: str, manifest: Manifest, *, add_deploys: tuple[str, ...]) -> Manifest:
        """List the App; a way to deploy is taken over only if it was listed already or is among `add_deploys`."""
        self._require_admin(user_id)
        known = self._core.store.listings.get(manifest.app_id)
        before = known.content if known else {}
        content = {key: value for key, value in manifest.content.items() if key not in _DEPLOY_TYPES}
        for name in _DEPLOY_TYPES:
            if name in manifest.content and (name in before or name in add_deploys):
                content[name] = manifest.content[name]
            elif name in before:
                content[name] = before[name]
        listed = Manifest(content=content)
        self._core.store.listings[listed.app_id] = listed
        return listed

    def can_deploy(self, deploy_type: str) -> bool:
        settings = self._core.settings
        return deploy_type == HTTP and (settings.allow_http_apps or settings.developer_mode)

    # -- installing ---------------------------------------------------------------------------

    async def install(
        self, user_id: str, app_id: str, deploy_type: str, *, trusted: bool, secret: str = ""
    ) -> tuple[App, str]:
        """The saved record and the text for the admin; a failing `on_install` does not undo anything."""
        self._require_admin(user_id)
        app = self._prepare(app_id, deploy_type, secret)
        try:
            await self._calls.ping(app)
        except PluginError as error:
            raise error.within("failed to install, /ping path is not accessible") from error
        icon = await self._icon(app)
        self._ensure_bot(app, icon)
        if not app.oauth_app_id:
            app.oauth_app_id, app.trusted = new_id(), trusted
        self._core.store.apps[app_id] = app
        text = await self._after_install(app, user_id)
        self._core.refresh_bindings([user_id])
        return app, text

    def _prepare(self, app_id: str, deploy_type: str, secret: str) -> App:
        """The record to be saved; an earlier one keeps its secret, bot and OAuth data."""
        manifest = self._listed(app_id)
        if deploy_type not in manifest.content:
            raise PluginError(f"the app can not be deployed as {deploy_type}")
        if not self.can_deploy(deploy_type):
            raise PluginError(f'deployment type "{deploy_type}" is not configured on this Mattermost server')
        before = self._core.store.apps.get(app_id) or App(manifest=manifest)
        app = App(
            manifest=manifest,
            deploy_type=deploy_type,
            secret=secret or before.secret,
            webhook_secret=before.webhook_secret,
            bot_user_id=before.bot_user_id,
            bot_username=before.bot_username,
            oauth_app_id=before.oauth_app_id,
            trusted=before.trusted,
            remote_oauth2=before.remote_oauth2,
            permissions=manifest.permissions,
            locations=manifest.locations,
        )
        if _takes_webhook_secret(app):
            app.webhook_secret = new_id()
        return app

    def _listed(self, app_id: str) -> Manifest:
        try:
            return self._core.store.listed(app_id)
        except PluginError as error:
            raise error.within("failed to find manifest to install app") from error

    async def _icon(self, app: App) -> bytes:
        name = app.manifest.text("icon")
        if not name:
            return b""
        try:
            answer = await self._upstream.static(app, name)
        except PluginError as error:
            raise error.within(f"failed to get bot icon: failed to download icon: {name}") from error
        if answer.status != 200:
            raise PluginError(
                f"failed to get bot icon: failed to download icon: {name}: received status code {answer.status}"
            )
        return answer.body

    def _ensure_bot(self, app: App, icon: bytes) -> None:
        """Create the bot, or adopt the bot of that name; a name taken by a person gets a suffix."""
        username = app.app_id.lower()
        state = self._core.state
        taken = state.usernames.get(username)
        if taken is not None and not taken.is_bot:
            username += "-app"
            taken = state.usernames.get(username)
            if taken is not None and not taken.is_bot:
                raise PluginError(f"a user already owns the bot username {username}: already exists")
        if taken is None:
            name = app.manifest.display_name
            description = f"Bot account for `{name}` App."
            taken = state.users[
                state.add_bot(username, owner_id="", display_name=name, description=description).user_id
            ]
        app.bot_user_id, app.bot_username = taken.id, username
        self._set_active(taken.id, active=True)
        if icon:
            self._core.store.icons[taken.id] = icon

    def _set_active(self, bot_user_id: str, *, active: bool) -> None:
        state = self._core.state
        user, bot = state.users[bot_user_id], state.bots[bot_user_id]
        user.delete_at = bot.delete_at = 0 if active else state.now()
        user.update_at = bot.update_at = state.now()

    async def _after_install(self, app: App, user_id: str) -> str:
        text = f"Installed app `{app.app_id}`: {app.manifest.display_name}."
        on_install = app.manifest.call("on_install")
        if on_install is not None:
            response = await self._calls.call(app, on_install, acting_user_id=user_id)
            if response["type"] == "error":
                return f"{text}, despite on_install failure: {response.get('text', '')}"
            return f"{text}\n\n{response['text']}" if response.get("text") else text
        if not app.locations:
            return text
        response = await self._calls.call(app, app.manifest.call("bindings") or {}, acting_user_id=user_id)
        failed = response["type"] == "error"
        return f"{text}, despite bindings failure: {response.get('text', '')}" if failed else text

    # -- later --------------------------------------------------------------------------------

    async def uninstall(self, user_id: str, app_id: str, *, force: bool = False) -> str:
        """Everything of the App goes but its listing and its bot, which is deactivated."""
        self._require_admin(user_id)
        app = self._installed(app_id)
        text = await self._ask_to_leave(app, user_id, force=force)
        self._sessions.forget(app_id)
        self._sessions.revoke(app_id)
        self._set_active(app.bot_user_id, active=False)
        self._core.store.forget(app_id)
        del self._core.store.apps[app_id]
        self._core.refresh_bindings([user_id])
        return text

    async def _ask_to_leave(self, app: App, user_id: str, *, force: bool) -> str:
        name = app.manifest.display_name
        on_uninstall = app.manifest.call("on_uninstall")
        if on_uninstall is None:
            return f"Uninstalled {name}"
        response = await self._calls.call(app, on_uninstall, acting_user_id=user_id)
        said = response.get("text", "")
        if response["type"] == "error":
            if not force:
                raise PluginError(f"app canceled uninstall request: {said}")
            return f"Force-uninstalled {name}, despite error: {said}"
        return f"Uninstalled {name}, with message: {said}" if response["type"] == "ok" else f"Uninstalled {name}"

    async def enable(self, user_id: str, app_id: str) -> str:
        self._require_admin(user_id)
        app = self._installed(app_id)
        if not app.disabled:
            return f"{app.manifest.display_name} is already enabled"
        self._set_active(app.bot_user_id, active=True)
        app.disabled = False
        said = await self._tell(app, "on_enable", user_id)
        self._core.refresh_bindings([user_id])
        return said or f"Enabled {app.manifest.display_name}"

    async def disable(self, user_id: str, app_id: str) -> str:
        """Tokens already handed out live until they expire, as far as the deactivated bot allows."""
        self._require_admin(user_id)
        app = self._installed(app_id)
        if app.disabled:
            return "Already disabled"
        said = await self._tell(app, "on_disable", user_id)
        self._set_active(app.bot_user_id, active=False)
        self._sessions.forget(app_id)
        app.disabled = True
        self._core.refresh_bindings([user_id])
        return said or f"Disabled {app.manifest.display_name}"

    async def _tell(self, app: App, name: str, user_id: str) -> str:
        """What the App has to say about it; an error is ignored."""
        call = app.manifest.call(name)
        if call is None:
            return ""
        response = await self._calls.call(app, call, acting_user_id=user_id)
        return "" if response["type"] == "error" else str(response.get("text", ""))

    def _installed(self, app_id: str) -> App:
        try:
            app = self._core.store.installed(app_id)
        except PluginError as error:
            raise error.within(f"failed to get app, appID: {app_id}") from error
        if app.deploy_type == BUILTIN:
            raise PluginError(f"{app_id} is part of the Apps plugin")
        return app

    def _require_admin(self, user_id: str) -> None:
        if not user_id:
            raise unauthorized("user ID is required")
        if not self._core.state.is_system_admin(user_id):
            raise unauthorized("access to this operation is limited to system administrators, or plugins")


def _takes_webhook_secret(app: App) -> bool:
    """Without a declared kind of authentication the secret changes even if webhooks were not asked for."""
    kind = app.manifest.text("remote_webhook_auth_type")
    return kind == "" or (kind == "secret" and "remote_webhooks" in app.permissions)
