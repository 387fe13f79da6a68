"""What an integration answers to a slash command, the posts that come of it, and later use of ``response_url``."""

import re
from typing import Any

import orjson

from bot.simulator.errors import ApiError, missing
from bot.simulator.posting import Posting
from bot.simulator.records import Channel, Command, CommandHook, Json, new_id
from bot.simulator.state import State

_HOOK_USES = 5
_HOOK_LIFE_MS = 30 * 60 * 1000
_RESERVED_PROPS = ("attachments", "webhook_display_name")
_KINDS: dict[str, type | tuple[type, ...]] = {
    "response_type": str,
    "text": str,
    "username": str,
    "icon_url": str,
    "channel_id": str,
    "type": str,
    "goto_location": str,
    "trigger_id": str,
    "skip_slack_parsing": bool,
    "props": dict,
    "attachments": list,
    "extra_responses": list,
}
_LINK = re.compile(r"<((?:https?|mailto|ftp):[^|>\s]+)(?:\|([^>]*))?>")
_SHOUT = re.compile(r"<!(here|channel|all|everyone)(?:\|[^>]*)?>")


class Replies:
    def __init__(self, state: State, posting: Posting) -> None:
        self._state = state
        self._posting = posting

    def new_hook(self, command: Command, *, user_id: str, channel_id: str, root_id: str) -> CommandHook:
        hook = CommandHook(
            id=new_id(),
            command_id=command.id,
            user_id=user_id,
            channel_id=channel_id,
            root_id=root_id,
            create_at=self._state.now(),
        )
        self._state.command_hooks[hook.id] = hook
        return hook

    def use_hook(self, hook_id: str, media_type: str, body: bytes) -> None:
        """One use of a ``response_url``; the posts are the invoking user's."""
        hook = self._state.command_hooks.get(hook_id)
        if hook is None or self._state.now() - hook.create_at > _HOOK_LIFE_MS:
            raise missing("app.command_webhook.get.missing", "The response URL does not exist or is too old.")
        command = self._state.commands.get(hook.command_id)
        if command is None:
            raise missing("store.sql_command.get.missing.app_error", "The command does not exist.")
        reply = parse_reply(media_type, body)
        if reply is None:
            raise ApiError(400, "web.command_webhook.parse.app_error", "Unable to parse the incoming data.")
        if hook.uses >= _HOOK_USES:
            raise ApiError(400, "app.command_webhook.try_use.invalid", "The response URL is used up.")
        hook.uses += 1
        self.publish(reply, command, user_id=hook.user_id, channel_id=hook.channel_id, root_id=hook.root_id)

    def publish(self, reply: Json, command: Command, *, user_id: str, channel_id: str, root_id: str) -> None:
        """The reply and its extra replies, each one post; all are tried, then the first failure is told."""
        failed: ApiError | None = None
        for one in (reply, *(reply.get("extra_responses") or [])):
            try:
                self._publish_one(one, command, user_id=user_id, channel_id=channel_id, root_id=root_id)
            except ApiError as error:
                failed = failed or error
        if failed is not None:
            raise ApiError(500, "api.command.execute_command.create_post_failed.app_error", str(failed)) from failed

    def _publish_one(self, reply: Json, command: Command, *, user_id: str, channel_id: str, root_id: str) -> None:
        text = reply.get("text") or ""
        attachments = reply.get("attachments") or []
        if not text and not attachments:
            return
        channel = self._channel(reply, user_id, channel_id)
        kind = reply.get("type") or ""
        if kind and not kind.startswith("custom_"):
            raise ApiError(400, "model.post.is_valid.type.app_error", "The type must start with custom_.")
        body = {
            "channel_id": channel.id,
            "message": text if reply.get("skip_slack_parsing") else slack_text(text),
            "root_id": root_id if channel.id == channel_id else "",
            "type": kind,
            "props": self._props(reply, command, slack_attachments(attachments)),
        }
        if reply.get("response_type") == "in_channel":
            self._posting.publish(user_id, channel, body)
        else:
            self._posting.ephemeral(user_id, user_id, body)

    def _channel(self, reply: Json, user_id: str, channel_id: str) -> Channel:
        other = reply.get("channel_id") or ""
        if other and not self._state.is_member(user_id, other):
            raise ApiError(403, "api.command.command_post.forbidden.app_error", "The user is not in that channel.")
        return self._state.channel(other or channel_id)

    def _props(self, reply: Json, command: Command, attachments: list[Any]) -> Json:
        settings = self._state.config["ServiceSettings"]
        props = {
            key: value
            for key, value in (reply.get("props") or {}).items()
            if key not in _RESERVED_PROPS and not key.startswith(("from_", "override_"))
        }
        props["from_webhook"] = "true"
        name = command.username or reply.get("username") or ""
        icon = command.icon_url or reply.get("icon_url") or ""
        if name and settings["EnablePostUsernameOverride"]:
            props["override_username"] = name
        if icon and settings["EnablePostIconOverride"]:
            props["override_icon_url"] = icon
        if attachments:
            props["attachments"] = attachments
        return props


def parse_reply(media_type: str, body: bytes) -> Json | None:
    """The reply as an object, None if it says JSON and is none; any other media type is the text itself."""
    if media_type != "application/json":
        return {"text": body.decode("utf-8", "replace")}
    try:
        reply = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return reply if _is_reply(reply) else None


def _is_reply(reply: object) -> bool:
    if not isinstance(reply, dict):
        return False
    for key, kind in _KINDS.items():
        if reply.get(key) is not None and not isinstance(reply[key], kind):
            return False
    return all(_is_reply(one) for one in reply.get("extra_responses") or [])


def slack_text(text: str) -> str:
    """Angle-bracket links and calls become Markdown, as for Slack-compatible integrations."""
    linked = _LINK.sub(lambda found: f"[{found[2]}]({found[1]})" if found[2] else found[1], text)
    return _SHOUT.sub(lambda found: "@all" if found[1] == "everyone" else f"@{found[1]}", linked)


def slack_attachments(attachments: list[Any]) -> list[Any]:
    return [_slack_attachment(one) if isinstance(one, dict) else one for one in attachments]


def _slack_attachment(attachment: Json) -> Json:
    found = dict(attachment)
    for key in ("text", "pretext"):
        if isinstance(found.get(key), str):
            found[key] = slack_text(found[key])
    if isinstance(found.get("fields"), list):
        found["fields"] = [_slack_field(field) for field in found["fields"]]
    return found


def _slack_field(field: Any) -> Any:
    if isinstance(field, dict) and isinstance(field.get("value"), str):
        return {**field, "value": slack_text(field["value"])}
    return field
