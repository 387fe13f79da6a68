"""What the plugin remembers: listings, installed Apps and what Apps stored."""

from dataclasses import dataclass, field
from typing import Any

from bot.simulator.apps.errors import forbidden, not_found
from bot.simulator.apps.manifest import Manifest

Json = dict[str, Any]

BUILTIN = "builtin"
HTTP = "http"


@dataclass(slots=True, kw_only=True)
class App:
    """An installed App."""

    manifest: Manifest
    deploy_type: str = HTTP
    disabled: bool = False
    secret: str = ""
    """The key of its JWTs; empty if the admin left the field blank."""
    webhook_secret: str = ""
    bot_user_id: str = ""
    bot_username: str = ""
    oauth_app_id: str = ""
    """Its OAuth app in Mattermost, made by every installation and never used by the App."""
    trusted: bool = False
    remote_oauth2: Json = field(default_factory=dict)
    permissions: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()

    @property
    def app_id(self) -> str:
        return self.manifest.app_id

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def as_json(self, *, secrets: bool) -> Json:
        found: Json = {
            **self.manifest.content,
            "deploy_type": self.deploy_type,
            "disabled": self.disabled,
            "bot_user_id": self.bot_user_id,
            "bot_username": self.bot_username,
            "remote_oauth2": self.remote_oauth2 if secrets else {},
            "granted_permissions": list(self.permissions),
            "granted_locations": list(self.locations),
        }
        if secrets:
            found["secret"] = self.secret
            found["webhook_secret"] = self.webhook_secret
            found["mattermost_oauth2"] = {"id": self.oauth_app_id, "is_trusted": self.trusted}
        return {key: value for key, value in found.items() if value or key == "remote_oauth2"}


class AppsStore:
    """The plugin's key-value store."""

    def __init__(self) -> None:
        self.listings: dict[str, Manifest] = {}
        self.apps: dict[str, App] = {}
        self.kv: dict[tuple[str, str, str, str], bytes] = {}
        """By App, user, prefix and key."""
        self.oauth2_users: dict[tuple[str, str], bytes] = {}
        self.oauth2_states: dict[str, float] = {}
        """State to the Unix second at which it expires."""
        self.subscriptions: dict[tuple[str, str, str, str, str], Json] = {}
        """By subject, team, channel, App and owner: the Call."""
        self.icons: dict[str, bytes] = {}
        """Profile images of the bots, by user."""

    def listed(self, app_id: str) -> Manifest:
        found = self.listings.get(app_id)
        if found is None:
            raise not_found(app_id)
        return found

    def installed(self, app_id: str) -> App:
        found = self.apps.get(app_id)
        if found is None:
            raise not_found(f"app {app_id} is not installed")
        return found

    def enabled(self, app_id: str) -> App:
        app = self.installed(app_id)
        if app.disabled:
            raise forbidden(f"app is disabled by the administrator: {app_id}")
        return app

    def enabled_apps(self) -> list[App]:
        return [app for app in self.apps.values() if not app.disabled]

    def oauth2_user(self, app_id: str, user_id: str) -> bytes:
        return self.oauth2_users.get((app_id, user_id), b"")

    def forget(self, app_id: str) -> None:
        """Delete what the App stored and subscribed to."""
        self.kv = {key: value for key, value in self.kv.items() if key[0] != app_id}
        self.oauth2_users = {key: value for key, value in self.oauth2_users.items() if key[0] != app_id}
        self.subscriptions = {key: value for key, value in self.subscriptions.items() if key[3] != app_id}
