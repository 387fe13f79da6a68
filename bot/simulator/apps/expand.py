"""The context of an outgoing call, filled as far as the call's `expand` asks (Apps plugin v1.2.2, strict)."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.simulator.apps import shapes
from bot.simulator.apps.core import Core
from bot.simulator.apps.errors import PluginError, forbidden, unauthorized
from bot.simulator.apps.manifest import ACT_AS_BOT, ACT_AS_USER, REMOTE_OAUTH2
from bot.simulator.apps.records import BUILTIN, App
from bot.simulator.apps.sessions import AppSessions
from bot.simulator.state import ApiError

Json = dict[str, Any]
Step = Callable[["Expansion", str], None]

_LEVELS = ("", "id", "summary", "all")
_ALL_LEVELS = ("id", "summary", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What the client said about where it is; none of it is passed on as it came."""

    channel_id: str = ""
    team_id: str = ""
    post_id: str = ""
    root_post_id: str = ""
    user_id: str = ""
    subject: str = ""

    @staticmethod
    def of(context: Json) -> "Sender":
        known = ("channel_id", "team_id", "post_id", "root_post_id", "user_id", "subject")
        return Sender(**{key: context.get(key, "") for key in known})


class Expander:
    def __init__(self, core: Core, sessions: AppSessions) -> None:
        self._core = core
        self._sessions = sessions

    def expand(self, app: App, expand: Json, *, acting_user_id: str, sender: Sender) -> Json:
        """The context for the App; raises `PluginError` where the plugin fails the call."""
        expansion = Expansion(
            core=self._core, sessions=self._sessions, app=app, acting_user_id=acting_user_id, sender=sender
        )
        return expansion.run(expand)


@dataclass(slots=True, kw_only=True)
class Expansion:
    """One context in the making."""

    core: Core
    sessions: AppSessions
    app: App
    acting_user_id: str
    sender: Sender
    context: Json = field(default_factory=dict)
    reader_id: str | None = None
    """Whose rights are used to read; empty for the plugin's own rights."""

    def run(self, expand: Json) -> Json:
        self.context = self._base()
        for name, (levels, step) in _STEPS.items():
            required, level = parse_level(expand.get(name, ""))
            if level not in levels:
                continue
            self._choose_reader()
            try:
                step(self, level)
            except (PluginError, ApiError) as error:
                if required:
                    raise _as_plugin_error(error).within(f"failed to expand required {name}") from error
        self._check_consistency()
        return self.context

    def _base(self) -> Json:
        app_id = self.app.app_id
        base: Json = {
            "app_id": "",
            "mattermost_site_url": self.core.server.site_url,
            "app_path": self.core.app_path(app_id),
            "bot_user_id": self.app.bot_user_id,
            "oauth2": {},
        }
        if self.sender.subject:
            base["subject"] = self.sender.subject
        if self.core.settings.developer_mode:
            base["developer_mode"] = True
        if self.app.may(ACT_AS_BOT) and self.app.bot_user_id:
            base["bot_access_token"] = self.sessions.token(app_id, self.app.bot_user_id)
        return base

    def _choose_reader(self) -> None:
        if self.reader_id is not None:
            return
        if self.app.disabled:
            raise forbidden(f"app is disabled by the administrator: {self.app.app_id}")
        if self.app.deploy_type == BUILTIN:
            self.reader_id = ""
        elif self.app.may(ACT_AS_USER) and self.acting_user_id:
            self.reader_id = self.acting_user_id
        elif self.app.may(ACT_AS_BOT):
            self.reader_id = self.app.bot_user_id
        else:
            raise unauthorized("apps without any ActAs* permission can't expand")

    def _may_read(self, channel_id: str) -> bool:
        return not self.reader_id or self.core.state.can_read_channel(self.reader_id, channel_id)

    # -- the fields, in the plugin's order ----------------------------------------------------

    def acting_user_access_token(self, level: str) -> None:
        if not self.app.may(ACT_AS_USER):
            raise forbidden(f"{self.app.app_id} does not have permission to {ACT_AS_USER}")
        if not self.acting_user_id:
            raise PluginError("failed to get session: no user ID")
        self.context["acting_user_access_token"] = self.sessions.token(self.app.app_id, self.acting_user_id)

    def acting_user(self, level: str) -> None:
        self._user("acting_user", self.acting_user_id, level)

    def user(self, level: str) -> None:
        self._user("user", self.sender.user_id, level)

    def _user(self, key: str, user_id: str, level: str) -> None:
        if not user_id:
            raise PluginError("no user ID to expand")
        self.context[key] = shapes.user_shape(self.core.state.user(user_id), level)

    def app_record(self, level: str) -> None:
        app = self.app
        record: Json = {
            "app_id": app.app_id,
            "version": app.manifest.text("version"),
            "bot_user_id": app.bot_user_id,
            "bot_username": app.bot_username,
            "remote_oauth2": {},
        }
        if level == "all":
            record["deploy_type"] = app.deploy_type
            if app.webhook_secret and self.core.state.is_system_admin(self.acting_user_id):
                record["webhook_secret"] = app.webhook_secret
        self.context["app"] = record

    def channel_member(self, level: str) -> None:
        channel_id, user_id = self.sender.channel_id, self.sender.user_id or self.acting_user_id
        if not user_id or not channel_id:
            raise PluginError("no user ID or channel ID to expand")
        channel = self.core.state.channels.get(channel_id)
        if channel is None or not self._may_read(channel_id) or user_id not in channel.members:
            raise PluginError("failed to get channel membership")
        self.context["channel_member"] = shapes.channel_member_shape(channel, user_id, level)

    def channel(self, level: str) -> None:
        channel_id = self.sender.channel_id
        if not channel_id:
            raise PluginError("no channel ID to expand")
        channel = self.core.state.channels.get(channel_id)
        if channel is not None and self._may_read(channel_id):
            self.context["channel"] = shapes.channel_shape(channel, level)
        elif level == "id":
            self.context["channel"] = shapes.unread_channel(channel_id, self.sender.team_id)
        else:
            raise PluginError(f"id: {channel_id}: channel can not be read")

    def locale(self, level: str) -> None:
        expanded = self.context.get("acting_user")
        if expanded is not None:
            locale = expanded["locale"]
        else:
            user = self.core.state.users.get(self.acting_user_id)
            locale = user.locale if user else ""
        self.context["locale"] = locale or self._default_locale()

    def _default_locale(self) -> str:
        settings = self.core.state.config.get("LocalizationSettings", {})
        return str(settings.get("DefaultClientLocale") or settings.get("DefaultServerLocale") or "en")

    def oauth2_app(self, level: str) -> None:
        self._require_oauth2()
        url = self.core.app_url(self.app.app_id)
        remote = f"{url}/oauth2/remote"
        urls = {"connect_url": f"{remote}/connect", "complete_url": f"{remote}/complete"}
        self.context["oauth2"].update({**self.app.remote_oauth2, **urls})

    def oauth2_user(self, level: str) -> None:
        if not self.acting_user_id:
            raise PluginError("no acting user id to expand")
        self._require_oauth2()
        if self.core.state.user(self.acting_user_id).is_bot:
            raise unauthorized("is a bot")
        data = self.core.store.oauth2_user(self.app.app_id, self.acting_user_id)
        # Nothing stored is no failure, even if required: the plugin wraps an error that is not there.
        if data and data != b"{}" and (stored := json.loads(data)) is not None:
            self.context["oauth2"]["user"] = stored

    def _require_oauth2(self) -> None:
        if not self.app.may(REMOTE_OAUTH2):
            raise forbidden(f"{self.app.app_id} does not have permission to {REMOTE_OAUTH2}")

    def post(self, level: str) -> None:
        self._post("post", self.sender.post_id, level)

    def root_post(self, level: str) -> None:
        self._post("root_post", self.sender.root_post_id, level)

    def _post(self, key: str, post_id: str, level: str) -> None:
        if not post_id:
            raise PluginError("no post ID to expand")
        post = self.core.state.post(post_id)
        if not self._may_read(post.channel_id):
            raise PluginError(f"failed to get post {post_id}")
        self.context[key] = shapes.post_shape(post, level)

    def team_member(self, level: str) -> None:
        team_id, user_id = self.sender.team_id, self.sender.user_id or self.acting_user_id
        if not user_id or not team_id:
            raise PluginError("no user ID or channel ID to expand")
        team = self.core.state.teams.get(team_id)
        if team is None or not self._may_view(team_id) or user_id not in team.members:
            raise PluginError("failed to get team membership")
        self.context["team_member"] = shapes.team_member_shape(team, user_id, level)

    def team(self, level: str) -> None:
        team_id = self.sender.team_id
        if not team_id:
            raise PluginError("no team ID to expand")
        team = self.core.state.teams.get(team_id)
        if team is not None and self._may_view(team_id):
            self.context["team"] = shapes.team_shape(team, level)
        elif level == "id":
            self.context["team"] = shapes.unread_team(team_id)
        else:
            raise PluginError(f"failed to get team {team_id}")

    def _may_view(self, team_id: str) -> bool:
        state, reader = self.core.state, self.reader_id
        return not reader or state.is_team_member(reader, team_id) or state.is_system_admin(reader)

    def _check_consistency(self) -> None:
        """Compare what was read with what the client claimed; done after stripping, hence some false alarms."""
        prefix, sender = "failed post-expand consistency check", self.sender
        post, channel = self.context.get("post"), self.context.get("channel")
        if post and sender.channel_id and post["channel_id"] != sender.channel_id:
            raise PluginError(
                f"{prefix}: expanded post's channel ID {post['channel_id']} "
                f"is different from user agent context {sender.channel_id}"
            )
        if channel and sender.team_id and channel["type"] != "D" and channel["team_id"] != sender.team_id:
            raise PluginError(
                f"{prefix}: expanded channel's team ID {channel['team_id']} "
                f"is different from user agent context {sender.team_id}"
            )


_STEPS: dict[str, tuple[tuple[str, ...], Step]] = {
    "acting_user_access_token": (("all",), Expansion.acting_user_access_token),
    "acting_user": (_ALL_LEVELS, Expansion.acting_user),
    "app": (("summary", "all"), Expansion.app_record),
    "channel_member": (_ALL_LEVELS, Expansion.channel_member),
    "channel": (_ALL_LEVELS, Expansion.channel),
    # After acting_user, whose expanded locale it takes.
    "locale": (_ALL_LEVELS, Expansion.locale),
    "oauth2_app": (("all",), Expansion.oauth2_app),
    "oauth2_user": (("all",), Expansion.oauth2_user),
    "post": (_ALL_LEVELS, Expansion.post),
    "root_post": (_ALL_LEVELS, Expansion.root_post),
    "team_member": (_ALL_LEVELS, Expansion.team_member),
    "team": (_ALL_LEVELS, Expansion.team),
    "user": (_ALL_LEVELS, Expansion.user),
}


def parse_level(raw: str) -> tuple[bool, str]:
    """Whether the field is required, and its level."""
    level = raw.removeprefix("+")
    if level not in _LEVELS:
        raise PluginError(f'"{level}" is not a known expand level')
    return raw.startswith("+"), level


def _as_plugin_error(error: PluginError | ApiError) -> PluginError:
    return error if isinstance(error, PluginError) else PluginError(error.message)
