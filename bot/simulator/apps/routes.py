"""The plugin's HTTP surface below /plugins/com.mattermost.apps (Apps plugin v1.2.2)."""

import json
from typing import TYPE_CHECKING, Any

from bot.simulator.apps.core import PLUGIN_PATH, PLUGIN_VERSION
from bot.simulator.apps.errors import PluginError, invalid
from bot.simulator.apps.manifest import manifest_of
from bot.simulator.apps.oauth2 import COMPLETED_PAGE
from bot.simulator.apps.paths import clean_static
from bot.simulator.apps.records import BUILTIN
from bot.simulator.apps.webhook import WebhookRequest
from bot.simulator.rest.base import BaseHandler

if TYPE_CHECKING:
    from bot.simulator.apps.plugin import AppsPlugin

Rule = tuple[str, type[Any], dict[str, Any]]


class PluginHandler(BaseHandler):
    """A token is looked at but not required; errors are plain text."""

    def initialize(self, plugin: "AppsPlugin") -> None:
        self.plugin = plugin

    @property
    def user_id(self) -> str:
        return self.token.user_id if self.token is not None else ""

    def read_json(self) -> Any:
        try:
            return json.loads(self.request.body)
        except ValueError as problem:
            raise invalid(f"failed to unmarshal incoming request: {problem}") from None

    def read_app_id(self) -> str:
        body = self.read_json()
        return str(body.get("app_id", "")) if isinstance(body, dict) else ""

    def answer_bytes(self, body: bytes, media_type: str = "", status: int = 200) -> None:
        if self._fault is not None and self._fault.drop:
            self.detach().close()
            return
        self.set_status(status)
        if media_type:
            self.set_header("Content-Type", media_type)
        else:
            self.clear_header("Content-Type")
        self.finish(body)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs["exc_info"][1] if "exc_info" in kwargs else None
        if not isinstance(error, PluginError):
            super().write_error(status_code, **kwargs)
            return
        self.answer_bytes(f"{error.text}\n".encode(), "text/plain; charset=utf-8", error.status)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if not isinstance(value, PluginError):
            super().log_exception(typ, value, tb)


class Ping(PluginHandler):
    def post(self) -> None:
        self.answer({"version": PLUGIN_VERSION})


class Call(PluginHandler):
    async def post(self) -> None:
        self.answer(await self.plugin.call(self.user_id, self.read_json()))


class Bindings(PluginHandler):
    async def get(self) -> None:
        bindings, problems = await self._fetch() if self.user_id else (None, ["user ID is required: unauthorized"])
        if not self.get_query_argument("test", ""):
            self.answer(bindings or None)
            return
        self.answer({"bindings": bindings or None, **({"error": "\n".join(problems)} if problems else {})})

    async def _fetch(self) -> tuple[list[dict[str, Any]], list[str]]:
        return await self.plugin.bindings_and_problems(
            self.user_id,
            channel_id=self.get_query_argument("channel_id", ""),
            team_id=self.get_query_argument("team_id", ""),
            user_agent=self.get_query_argument("user_agent_type", ""),
        )


class BotIds(PluginHandler):
    def get(self) -> None:
        self.answer([app.bot_user_id for app in self.plugin.store.apps.values()])


class OAuthAppIds(PluginHandler):
    def get(self) -> None:
        self.answer([app.oauth_app_id for app in self.plugin.store.apps.values() if app.oauth_app_id])


class Marketplace(PluginHandler):
    def get(self) -> None:
        wanted, store = self.get_query_argument("filter", "").lower(), self.plugin.store
        self.answer(
            [
                {
                    "manifest": manifest.content,
                    "installed": app_id in store.apps,
                    "enabled": app_id in store.apps and not store.apps[app_id].disabled,
                }
                for app_id, manifest in store.listings.items()
                if wanted in app_id.lower() or wanted in manifest.display_name.lower()
            ]
        )


class UpdateListing(PluginHandler):
    def post(self) -> None:
        body = self.read_json()
        if not isinstance(body, dict):
            raise invalid("failed to unmarshal incoming request")
        added = tuple(body.get("add_deploys") or ())
        listed = self.plugin.lifecycle.update_listing(self.user_id, manifest_of(body), add_deploys=added)
        self.answer(listed.content)


class Install(PluginHandler):
    async def post(self) -> None:
        body = self.read_json()
        app_id, deploy_type = str(body.get("app_id", "")), str(body.get("deploy_type", ""))
        app, _ = await self.plugin.lifecycle.install(self.user_id, app_id, deploy_type, trusted=False)
        self.answer(app.as_json(secrets=True))


class Uninstall(PluginHandler):
    async def post(self) -> None:
        await self.plugin.lifecycle.uninstall(self.user_id, self.read_app_id())
        self.answer_bytes(b"")


class Enable(PluginHandler):
    async def post(self) -> None:
        text = await self.plugin.lifecycle.enable(self.user_id, self.read_app_id())
        self.answer_bytes(text.encode(), "text/plain; charset=utf-8")


class Disable(PluginHandler):
    async def post(self) -> None:
        text = await self.plugin.lifecycle.disable(self.user_id, self.read_app_id())
        self.answer_bytes(text.encode(), "text/plain; charset=utf-8")


class AppRecord(PluginHandler):
    def get(self, app_id: str) -> None:
        app = self.plugin.require_app(self.user_id, app_id)
        self.answer(app.as_json(secrets=self.simulator.state.is_system_admin(self.user_id)))


class KeyValue(PluginHandler):
    def get(self, prefix: str | None, key: str) -> None:
        self.answer_bytes(self.plugin.services.get(self.token, prefix or "", key), "application/json")

    def put(self, prefix: str | None, key: str) -> None:
        self.plugin.services.put(self.token, prefix or "", key, self.request.body)
        self.answer({"changed": True})

    post = put

    def delete(self, prefix: str | None, key: str) -> None:
        self.plugin.services.delete(self.token, prefix or "", key)
        self.answer_bytes(b"")


class OAuth2App(PluginHandler):
    def put(self) -> None:
        self.plugin.services.store_oauth2_app(self.token, self.request.body)
        self.answer_bytes(b"")

    post = put


class OAuth2User(PluginHandler):
    def get(self) -> None:
        self.answer_bytes(self.plugin.services.oauth2_user(self.token))

    def put(self) -> None:
        self.plugin.services.store_oauth2_user(self.token, self.request.body)
        self.answer_bytes(b"")

    post = put


class Subscribe(PluginHandler):
    def get(self) -> None:
        self.answer(self.plugin.subscriptions.of_caller(self.token))

    def post(self) -> None:
        self.plugin.subscriptions.subscribe(self.token, self.read_json())
        self.answer_bytes(b"")


class Unsubscribe(PluginHandler):
    def post(self) -> None:
        self.plugin.subscriptions.unsubscribe(self.token, self.read_json())
        self.answer_bytes(b"")


class Static(PluginHandler):
    """Answers with the Content-Type of the request: the plugin forwards no other."""

    async def get(self, app_id: str, name: str) -> None:
        app = self.plugin.require_app(self.user_id, app_id)
        if app.deploy_type == BUILTIN:
            raise PluginError("static support is not implemented: not found", "not found")
        answer = await self.plugin.upstream.static(app, clean_static(name))
        self.answer_bytes(answer.body, self.request.headers.get("Content-Type", ""), answer.status)


class Webhook(PluginHandler):
    """No login: the secret in the query is all. The answer leaves before the App is called."""

    def post(self, app_id: str, segment: str | None) -> None:
        self.plugin.webhooks.deliver(app_id, self._webhook(segment))
        self.answer_bytes(b"")

    def head(self, app_id: str, segment: str | None) -> None:
        self.plugin.webhooks.check(app_id, self._webhook(segment))
        self.answer_bytes(b"")

    def _webhook(self, segment: str | None) -> WebhookRequest:
        headers = self.request.headers
        return WebhookRequest(
            method=self.request.method or "",
            segment=segment or "",
            query=self.request.query,
            headers={name: headers.get_list(name)[0] for name in headers if name != "Host"},
            body=self.request.body,
        )


class OAuth2Connect(PluginHandler):
    async def get(self, app_id: str) -> None:
        self.redirect(await self.plugin.oauth2.connect_url(self.user_id, app_id), status=307)


class OAuth2Complete(PluginHandler):
    async def get(self, app_id: str) -> None:
        query = {name: self.get_query_arguments(name)[0] for name in self.request.query_arguments}
        await self.plugin.oauth2.complete(self.user_id, app_id, query)
        self.answer_bytes(COMPLETED_PAGE.encode(), "text/html")


def routes(plugin: "AppsPlugin") -> list[Rule]:
    """Rules for the server; a path that is not among them is unknown."""
    api, app = f"{PLUGIN_PATH}/api/v1", f"{PLUGIN_PATH}/apps/([A-Za-z0-9-_.]+)"
    handlers: dict[str, type[PluginHandler]] = {
        f"{api}/call": Call,
        f"{api}/bindings": Bindings,
        f"{api}/ping": Ping,
        f"{api}/bot-ids": BotIds,
        f"{api}/oauth-app-ids": OAuthAppIds,
        f"{api}/marketplace": Marketplace,
        f"{api}/update-app-listing": UpdateListing,
        f"{api}/install-app": Install,
        f"{api}/uninstall-app": Uninstall,
        f"{api}/enable-app": Enable,
        f"{api}/disable-app": Disable,
        f"{api}/apps/([A-Za-z0-9-_.]+)": AppRecord,
        f"{api}/kv/(?:([^/]+)/)?([^/]+)": KeyValue,
        f"{api}/oauth2/app": OAuth2App,
        f"{api}/oauth2/user": OAuth2User,
        f"{api}/subscribe": Subscribe,
        f"{api}/unsubscribe": Unsubscribe,
        f"{app}/static/([^/]+)": Static,
        f"{app}/webhook(?:/([^/]+))?": Webhook,
        f"{app}/oauth2/remote/connect": OAuth2Connect,
        f"{app}/oauth2/remote/complete": OAuth2Complete,
    }
    return [(path, handler, {"plugin": plugin}) for path, handler in handlers.items()]
