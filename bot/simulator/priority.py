"""Message priority, acknowledgement requests and persistent notifications: who may ask for what."""

import re
from collections.abc import Callable

from bot.simulator.errors import ApiError
from bot.simulator.profiles import Profile
from bot.simulator.records import Json
from bot.simulator.state import State

_PREFIX = "api.post.post_priority"
_MENTION = re.compile(r"@([a-z0-9][a-z0-9._-]*)")
_SPECIAL = ("channel", "all", "here")


def check_priority(
    state: State, profile: Profile, user_id: str, body: Json, surprise: Callable[[str], None]
) -> Json | None:
    """The priority asked for in ``metadata``, None if none; raises what the server answers if a rule is broken."""
    metadata = body.get("metadata")
    priority = metadata.get("priority") if isinstance(metadata, dict) else None
    if not isinstance(priority, dict):
        return None
    settings = state.config["ServiceSettings"]
    if not settings["PostPriority"]:
        raise _refusal(403, "priority_post_not_allowed_for_user")
    if body.get("root_id"):
        raise _refusal(400, "priority_post_only_allowed_for_root_post")
    persistent = bool(priority.get("persistent_notifications"))
    if (priority.get("requested_ack") or persistent) and not state.licensed:
        raise ApiError(501, "license_error.feature_unavailable", "Your license does not support this feature.")
    if not persistent:
        return priority
    if not settings["AllowPersistentNotifications"]:
        raise _refusal(403, "persistent_notification_not_allowed")
    if priority.get("priority") != "urgent":
        raise _refusal(400, "urgent_persistent_notification_post")
    _check_mentions(state, body, int(settings["PersistentNotificationMaxRecipients"]))
    if state.users[user_id].is_bot and not profile.persistent_notifications_safe:
        surprise(f"a bot's persistent notification can crash a server of version {profile.version}")
    return priority


def _check_mentions(state: State, body: Json, most: int) -> None:
    channel = state.channels.get(str(body.get("channel_id")))
    if channel is None or channel.type == "D":
        return
    names = {name.rstrip(".-_") for name in _MENTION.findall(str(body.get("message") or "").lower())}
    people = [name for name in names if name in state.usernames]
    if not people or len(people) > most or names & set(_SPECIAL):
        raise _refusal(500, "persistent_notification_validation_error")


def _refusal(status: int, reason: str) -> ApiError:
    return ApiError(status, f"{_PREFIX}.{reason}.request_error", "This priority is not allowed here.")
