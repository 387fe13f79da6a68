"""What the server remembers: users, teams, channels, posts, tokens, bots, commands; all times in Unix milliseconds."""

import base64
import os
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
TokenKind = Literal["session", "personal", "bot", "app", "oauth"]

_STANDARD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_MATTERMOST = b"ybndrfg8ejkmcpqxot1uwisza345h769"
_ALPHABET = bytes.maketrans(_STANDARD, _MATTERMOST)


def new_id() -> str:
    """26 lower-case characters, as every id and token of the server."""
    return base64.b32encode(os.urandom(20)).translate(_ALPHABET)[:26].decode("ascii")


@dataclass(slots=True, kw_only=True)
class User:
    id: str
    username: str
    email: str
    create_at: int
    update_at: int
    delete_at: int = 0
    first_name: str = ""
    last_name: str = ""
    nickname: str = ""
    position: str = ""
    locale: str = "en"
    timezone: str = ""
    roles: str = "system_user"
    is_bot: bool = False
    email_verified: bool = False
    status: str = "offline"
    props: dict[str, str] = field(default_factory=dict)

    def has_role(self, role: str) -> bool:
        return role in self.roles.split()

    def as_json(self, *, private: bool = False) -> Json:
        """``private`` adds what only the user and system admins see."""
        found: Json = {
            "id": self.id,
            "create_at": self.create_at,
            "update_at": self.update_at,
            "delete_at": self.delete_at,
            "username": self.username,
            "auth_data": "",
            "auth_service": "",
            "email": self.email,
            "nickname": self.nickname,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "position": self.position,
            "roles": self.roles,
            "locale": self.locale,
            "timezone": {
                "automaticTimezone": self.timezone,
                "manualTimezone": "",
                "useAutomaticTimezone": "true",
            },
            "disable_welcome_email": False,
        }
        if self.is_bot:
            found["is_bot"] = True
        if private:
            found["notify_props"] = {"channel": "true", "desktop": "mention", "email": "true", "push": "mention"}
            found["props"] = self.props
            if self.email_verified:
                found["email_verified"] = True
        return found


@dataclass(slots=True, kw_only=True)
class Team:
    id: str
    name: str
    display_name: str
    create_at: int
    type: str = "O"
    delete_at: int = 0
    members: dict[str, str] = field(default_factory=dict)
    """User id to roles, ``team_user`` or ``team_user team_admin``."""

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "create_at": self.create_at,
            "update_at": self.create_at,
            "delete_at": self.delete_at,
            "display_name": self.display_name,
            "name": self.name,
            "description": "",
            "email": "",
            "type": self.type,
            "allow_open_invite": self.type == "O",
        }


@dataclass(slots=True, kw_only=True)
class Channel:
    id: str
    team_id: str
    type: str
    """``O`` public, ``P`` private, ``D`` direct, ``G`` group."""
    name: str
    display_name: str
    create_at: int
    update_at: int
    creator_id: str = ""
    header: str = ""
    purpose: str = ""
    delete_at: int = 0
    last_post_at: int = 0
    members: dict[str, str] = field(default_factory=dict)
    """User id to roles, ``channel_user`` or ``channel_user channel_admin``."""
    posts: list["Post"] = field(default_factory=list)

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "create_at": self.create_at,
            "update_at": self.update_at,
            "delete_at": self.delete_at,
            "team_id": self.team_id,
            "type": self.type,
            "display_name": self.display_name,
            "name": self.name,
            "header": self.header,
            "purpose": self.purpose,
            "last_post_at": self.last_post_at,
            "total_msg_count": len(self.posts),
            "creator_id": self.creator_id,
        }


@dataclass(slots=True, kw_only=True)
class Post:
    id: str
    channel_id: str
    user_id: str
    message: str
    create_at: int
    update_at: int
    root_id: str = ""
    props: Json = field(default_factory=dict)
    """The private props, integrations included; ``public_props`` is what clients get."""
    public_props: Json = field(default_factory=dict)
    edit_at: int = 0
    delete_at: int = 0
    type: str = ""
    pending_post_id: str = ""
    file_ids: list[str] = field(default_factory=list)
    metadata: Json = field(default_factory=dict)
    is_pinned: bool = False
    replies: list["Post"] = field(default_factory=list)
    """Answers in the thread, kept at the root."""
    reactions: list["Reaction"] = field(default_factory=list)

    def as_json(self) -> Json:
        metadata = self.metadata
        if self.reactions:
            metadata = {**metadata, "reactions": [one.as_json() for one in self.reactions]}
        return {
            "id": self.id,
            "create_at": self.create_at,
            "update_at": self.update_at,
            "edit_at": self.edit_at,
            "delete_at": self.delete_at,
            "is_pinned": self.is_pinned,
            "user_id": self.user_id,
            "channel_id": self.channel_id,
            "root_id": self.root_id,
            "original_id": "",
            "message": self.message,
            "type": self.type,
            "props": self.public_props,
            "hashtags": "",
            "file_ids": self.file_ids,
            "pending_post_id": self.pending_post_id,
            "reply_count": len(self.replies),
            "metadata": metadata,
            "has_reactions": bool(self.reactions),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    user_id: str
    post_id: str
    emoji_name: str
    create_at: int

    def as_json(self) -> Json:
        return {
            "user_id": self.user_id,
            "post_id": self.post_id,
            "emoji_name": self.emoji_name,
            "create_at": self.create_at,
        }


@dataclass(slots=True, kw_only=True)
class Token:
    """A way in: browser session, personal access token, bot token, app session or OAuth session."""

    id: str
    secret: str
    user_id: str
    kind: TokenKind
    create_at: int
    expires_at: int = 0
    """Unix milliseconds; 0 means never."""
    app_id: str = ""
    description: str = ""
    is_active: bool = True

    def as_json(self, *, secret: bool = False) -> Json:
        found: Json = {
            "id": self.id,
            "user_id": self.user_id,
            "description": self.description,
            "is_active": self.is_active,
        }
        return {**found, "token": self.secret} if secret else found


@dataclass(slots=True, kw_only=True)
class Bot:
    user_id: str
    username: str
    owner_id: str
    create_at: int
    update_at: int
    display_name: str = ""
    description: str = ""
    delete_at: int = 0

    def as_json(self) -> Json:
        return {
            "user_id": self.user_id,
            "username": self.username,
            "display_name": self.display_name,
            "description": self.description,
            "owner_id": self.owner_id,
            "create_at": self.create_at,
            "update_at": self.update_at,
            "delete_at": self.delete_at,
        }


@dataclass(slots=True, kw_only=True)
class Command:
    id: str
    token: str
    create_at: int
    update_at: int
    creator_id: str
    team_id: str
    trigger: str
    method: str
    url: str
    username: str = ""
    icon_url: str = ""
    auto_complete: bool = False
    auto_complete_desc: str = ""
    auto_complete_hint: str = ""
    display_name: str = ""
    description: str = ""
    plugin_id: str = ""
    delete_at: int = 0


@dataclass(slots=True, kw_only=True)
class CommandHook:
    """One ``response_url``: five uses within thirty minutes of the command."""

    id: str
    command_id: str
    user_id: str
    channel_id: str
    root_id: str
    create_at: int
    uses: int = 0
