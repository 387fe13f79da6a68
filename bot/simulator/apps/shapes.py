"""Users, channels, teams, posts and members as they appear in a call's context, stripped to a level.

The plugin serialises whole server structs: keys that were not asked for are there with their zero value.
"""

from typing import Any

from bot.simulator.state import Channel, Post, Team, User

Json = dict[str, Any]

_USER: Json = {
    "id": "",
    "delete_at": 0,
    "username": "",
    "auth_service": "",
    "email": "",
    "nickname": "",
    "first_name": "",
    "last_name": "",
    "position": "",
    "roles": "",
    "locale": "",
    "timezone": None,
    "disable_welcome_email": False,
}
_USER_SUMMARY = (
    "id",
    "delete_at",
    "username",
    "email",
    "nickname",
    "first_name",
    "last_name",
    "position",
    "roles",
    "locale",
    "timezone",
    "is_bot",
    "bot_description",
)
_USER_SECRETS = ("auth_data", "auth_service", "last_password_update", "mfa_secret", "password")

_CHANNEL: Json = {
    "id": "",
    "create_at": 0,
    "update_at": 0,
    "delete_at": 0,
    "team_id": "",
    "type": "",
    "display_name": "",
    "name": "",
    "header": "",
    "purpose": "",
    "last_post_at": 0,
    "total_msg_count": 0,
    "extra_update_at": 0,
    "creator_id": "",
    "scheme_id": None,
    "props": None,
    "group_constrained": None,
    "shared": None,
    "total_msg_count_root": 0,
    "policy_id": None,
    "last_root_post_at": 0,
}
_CHANNEL_SUMMARY = ("id", "team_id", "delete_at", "type", "display_name", "name")

_TEAM: Json = {
    "id": "",
    "create_at": 0,
    "update_at": 0,
    "delete_at": 0,
    "display_name": "",
    "name": "",
    "description": "",
    "email": "",
    "type": "",
    "company_name": "",
    "allowed_domains": "",
    "invite_id": "",
    "allow_open_invite": False,
    "scheme_id": None,
    "group_constrained": None,
    "policy_id": None,
    "cloud_limits_archived": False,
}
_TEAM_SUMMARY = ("id", "display_name", "name", "description", "email", "type")

_POST: Json = {
    "id": "",
    "create_at": 0,
    "update_at": 0,
    "edit_at": 0,
    "delete_at": 0,
    "is_pinned": False,
    "user_id": "",
    "channel_id": "",
    "root_id": "",
    "original_id": "",
    "message": "",
    "type": "",
    "props": None,
    "hashtags": "",
    "pending_post_id": "",
    "reply_count": 0,
    "last_reply_at": 0,
    "participants": None,
}
_POST_SUMMARY = ("id", "type", "user_id", "channel_id", "root_id", "message")

_MEMBER: Json = {"user_id": "", "roles": "", "scheme_guest": False, "scheme_user": False, "scheme_admin": False}
_CHANNEL_MEMBER: Json = {
    "channel_id": "",
    **_MEMBER,
    "last_viewed_at": 0,
    "msg_count": 0,
    "mention_count": 0,
    "mention_count_root": 0,
    "msg_count_root": 0,
    "notify_props": None,
    "last_update_at": 0,
    "explicit_roles": "",
}
_TEAM_MEMBER: Json = {"team_id": "", **_MEMBER, "delete_at": 0, "explicit_roles": ""}


def user_shape(user: User, level: str) -> Json:
    full = user.as_json()
    if level == "all":
        return {**_USER, **{key: value for key, value in full.items() if key not in _USER_SECRETS}}
    return _pick(_USER, full, ("id",) if level == "id" else _USER_SUMMARY)


def channel_shape(channel: Channel, level: str) -> Json:
    full = channel.as_json()
    if level == "all":
        return {**_CHANNEL, **full}
    return _pick(_CHANNEL, full, ("id", "team_id") if level == "id" else _CHANNEL_SUMMARY)


def unread_channel(channel_id: str, team_id: str) -> Json:
    """The ids a client sent, passed through because the channel could not be read."""
    return {**_CHANNEL, "id": channel_id, "team_id": team_id}


def team_shape(team: Team, level: str) -> Json:
    full = team.as_json()
    if level == "all":
        return {**_TEAM, **full, "email": ""}
    # A team always has the address of whoever made it; the simulated one keeps none.
    full["email"] = full["email"] or f"{team.name}@example.com"
    return _pick(_TEAM, full, ("id",) if level == "id" else _TEAM_SUMMARY)


def unread_team(team_id: str) -> Json:
    return {**_TEAM, "id": team_id}


def post_shape(post: Post, level: str) -> Json:
    full = post.as_json()
    if level == "all":
        return {**_POST, **full}
    return _pick(_POST, full, ("id",) if level == "id" else _POST_SUMMARY)


def channel_member_shape(channel: Channel, user_id: str, level: str) -> Json:
    ids = {"channel_id": channel.id, "user_id": user_id}
    return {**_CHANNEL_MEMBER, **ids, **_roles(channel.members[user_id], level)}


def team_member_shape(team: Team, user_id: str, level: str) -> Json:
    ids = {"team_id": team.id, "user_id": user_id}
    return {**_TEAM_MEMBER, **ids, **_roles(team.members[user_id], level)}


def _roles(roles: str, level: str) -> Json:
    if level == "id":
        return {}
    return {"roles": roles, "scheme_user": True, "scheme_admin": "_admin" in roles}


def _pick(zero: Json, full: Json, keys: tuple[str, ...]) -> Json:
    return {**zero, **{key: full[key] for key in keys if key in full}}
