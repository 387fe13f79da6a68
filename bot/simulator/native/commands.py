"""Custom slash commands: creating, changing, listing; one team each, triggers unique in it."""

from dataclasses import asdict
from typing import Any

from bot.simulator.errors import ApiError, forbidden, invalid_parameter, missing
from bot.simulator.native.attachments import is_web_url
from bot.simulator.records import Command, Json, new_id
from bot.simulator.state import State

RESERVED = frozenset(
    (
        *("away", "offline", "online", "dnd", "status", "join", "open", "leave", "mute", "kick", "remove", "invite"),
        *("invite_people", "msg", "groupmsg", "me", "shrug", "echo", "code", "collapse", "expand", "header", "purpose"),
        *("rename", "search", "settings", "shortcuts", "help", "logout", "marketplace", "exportlink", "share-channel"),
        *("secure-connection", "mobile-logs", "test", "loadtest"),
    )
)
_SECRETS = ("token", "url", "method", "creator_id", "username", "icon_url")
_FIELDS = (
    *("method", "url", "username", "icon_url", "display_name", "description"),
    *("auto_complete", "auto_complete_desc", "auto_complete_hint"),
)


class Commands:
    def __init__(self, state: State) -> None:
        self._state = state

    def create(self, user_id: str, body: Json) -> Command:
        team_id = str(body.get("team_id") or "")
        self._require_enabled()
        self._require_manager(user_id, team_id)
        now = self._state.now()
        command = Command(
            id=new_id(),
            token=new_id(),
            create_at=now,
            update_at=now,
            creator_id=user_id,
            team_id=team_id,
            trigger=str(body.get("trigger") or "").lower(),
            **_fields(body),
        )
        _check(command)
        if command.trigger in RESERVED or (team_id, command.trigger) in self._state.triggers:
            raise _duplicate()
        self._state.commands[command.id] = command
        self._state.triggers[(team_id, command.trigger)] = command
        return command

    def update(self, user_id: str, command_id: str, body: Json) -> Command:
        """The complete object is needed; token and creator stay."""
        self._require_enabled()
        if body.get("id") != command_id:
            raise invalid_parameter("command")
        command = self.get(user_id, command_id)
        if body.get("team_id") != command.team_id:
            raise ApiError(400, "api.command.team_mismatch.app_error", "The team cannot be changed.")
        changed = Command(
            **{
                **asdict(command),
                **_fields(body),
                "trigger": str(body.get("trigger") or "").lower(),
                "update_at": self._state.now(),
            }
        )
        _check(changed)
        other = self._state.triggers.get((changed.team_id, changed.trigger))
        if changed.trigger in RESERVED or (other is not None and other.id != command_id):
            raise _duplicate()
        self._forget(command)
        self._state.commands[command_id] = changed
        self._state.triggers[(changed.team_id, changed.trigger)] = changed
        return changed

    def get(self, user_id: str, command_id: str) -> Command:
        """Outsiders get 404, not 403."""
        command = self._state.commands.get(command_id)
        if command is None or not self._sees(user_id, command.team_id):
            raise missing("store.sql_command.get.missing.app_error", "The command does not exist.")
        self._require_manager(user_id, command.team_id)
        return command

    def listed(self, user_id: str, team_id: str, *, custom_only: bool) -> list[Json]:
        self._state.require_team_member(user_id, team_id)
        found = [one for one in self._state.commands.values() if one.team_id == team_id]
        if custom_only:
            self._require_manager(user_id, team_id)
            return [shown(one) for one in found]
        return [sanitized(one) for one in found]

    def autocompleted(self, user_id: str, team_id: str) -> list[Json]:
        self._state.require_team_member(user_id, team_id)
        return [sanitized(one) for one in self._state.commands.values() if one.team_id == team_id and one.auto_complete]

    def regenerate_token(self, user_id: str, command_id: str) -> str:
        command = self.get(user_id, command_id)
        command.token = new_id()
        command.update_at = self._state.now()
        return command.token

    def move(self, user_id: str, command_id: str, team_id: str) -> None:
        command = self.get(user_id, command_id)
        self._require_manager(user_id, team_id)
        if (team_id, command.trigger) in self._state.triggers:
            raise _duplicate()
        self._forget(command)
        command.team_id = team_id
        self._state.commands[command.id] = command
        self._state.triggers[(team_id, command.trigger)] = command

    def delete(self, user_id: str, command_id: str) -> None:
        self._forget(self.get(user_id, command_id))

    def _sees(self, user_id: str, team_id: str) -> bool:
        return self._state.is_team_member(user_id, team_id) or self._state.is_system_admin(user_id)

    def _forget(self, command: Command) -> None:
        self._state.commands.pop(command.id, None)
        self._state.triggers.pop((command.team_id, command.trigger), None)

    def _require_enabled(self) -> None:
        if not self._state.config["ServiceSettings"]["EnableCommands"]:
            raise ApiError(501, "api.command.disabled.app_error", "Commands are disabled by the system admin.")

    def _require_manager(self, user_id: str, team_id: str) -> None:
        if not self._state.is_team_admin(user_id, team_id):
            raise forbidden("You do not have the permission manage_slash_commands.")


def shown(command: Command) -> Json:
    return asdict(command)


def sanitized(command: Command) -> Json:
    return {**asdict(command), **dict.fromkeys(_SECRETS, "")}


def _fields(body: Json) -> dict[str, Any]:
    return {key: bool(body.get(key)) if key == "auto_complete" else str(body.get(key) or "") for key in _FIELDS}


def _check(command: Command) -> None:
    trigger = command.trigger
    if not 1 <= len(trigger) <= 128 or trigger.startswith("/") or " " in trigger:
        raise _invalid("trigger")
    if not 1 <= len(command.url) <= 1024:
        raise _invalid("url")
    if not is_web_url(command.url):
        raise _invalid("url_http")
    if command.method not in ("P", "G"):
        raise _invalid("method")
    if len(command.display_name) > 64:
        raise _invalid("display_name")
    if len(command.description) > 128:
        raise _invalid("description")
    if max(len(command.auto_complete_desc), len(command.auto_complete_hint)) > 1024:
        raise ApiError(500, "app.command.createcommand.internal_error", "A column is too long.")


def _invalid(field: str) -> ApiError:
    return ApiError(400, f"model.command.is_valid.{field}.app_error", f"Invalid {field}.")


def _duplicate() -> ApiError:
    return ApiError(400, "api.command.duplicate_trigger.app_error", "This trigger word is already in use.")
