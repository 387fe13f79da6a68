"""The server's memory with its look-ups and permission checks; nothing here awaits or answers HTTP."""

import time
from collections.abc import Callable
from typing import Any

from bot.simulator.errors import ApiError, forbidden, missing
from bot.simulator.happenings import Happening
from bot.simulator.records import (
    Bot,
    Channel,
    Command,
    CommandHook,
    Json,
    Post,
    Reaction,
    Team,
    Token,
    TokenKind,
    User,
    new_id,
)

__all__ = [
    "ApiError",
    "Bot",
    "Channel",
    "Command",
    "CommandHook",
    "Json",
    "Post",
    "Reaction",
    "State",
    "Team",
    "Token",
    "TokenKind",
    "User",
    "new_id",
]

DEFAULT_CONFIG: dict[str, dict[str, Any]] = {
    "ServiceSettings": {
        "SiteURL": "",
        "EnableCommands": True,
        "EnablePostUsernameOverride": False,
        "EnablePostIconOverride": False,
        "EnableBotAccountCreation": True,
        "EnableUserAccessTokens": False,
        "AllowedUntrustedInternalConnections": "127.0.0.1 localhost",
        "EnableOAuthServiceProvider": True,
        "OutgoingIntegrationRequestsTimeout": 30,
        "EnableOutgoingOAuthConnections": False,
        "EnableInsecureOutgoingConnections": False,
        "PostPriority": True,
        "AllowPersistentNotifications": True,
        "PersistentNotificationMaxRecipients": 5,
        "PostEditTimeLimit": -1,
    },
    "PluginSettings": {"Enable": True, "EnableUploads": False, "RequirePluginSignature": False},
    "RateLimitSettings": {"Enable": False},
    "EmailSettings": {"RequireEmailVerification": False},
}


class State:
    """Everything stored, by id; ``clock`` gives Unix seconds and may be moved by tests."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.config = {section: dict(keys) for section, keys in DEFAULT_CONFIG.items()}
        self.licensed = False
        self.users: dict[str, User] = {}
        self.usernames: dict[str, User] = {}
        self.emails: dict[str, User] = {}
        self.teams: dict[str, Team] = {}
        self.channels: dict[str, Channel] = {}
        self.channel_names: dict[tuple[str, str], Channel] = {}
        self.posts: dict[str, Post] = {}
        self.pending_posts: dict[str, tuple[str, int]] = {}
        self.tokens: dict[str, Token] = {}
        self.token_ids: dict[str, Token] = {}
        self.bots: dict[str, Bot] = {}
        self.commands: dict[str, Command] = {}
        self.triggers: dict[tuple[str, str], Command] = {}
        self.command_hooks: dict[str, CommandHook] = {}
        self.watchers: list[Callable[[Happening], None]] = []

    def now(self) -> int:
        """Unix milliseconds."""
        return int(self.clock() * 1000)

    def tell(self, subject: str, *, user_id: str = "", channel_id: str = "", team_id: str = "") -> None:
        """Plugins hear of it."""
        for watcher in self.watchers:
            watcher(Happening(subject=subject, user_id=user_id, channel_id=channel_id, team_id=team_id))

    # -- look-ups that refuse -----------------------------------------------------------------

    def user(self, user_id: str) -> User:
        found = self.users.get(user_id)
        if found is None:
            raise missing("app.user.missing_account.const", "Unable to find the user.")
        return found

    def team(self, team_id: str) -> Team:
        found = self.teams.get(team_id)
        if found is None:
            raise missing("app.team.get.find.app_error", "Unable to find the existing team.")
        return found

    def channel(self, channel_id: str) -> Channel:
        found = self.channels.get(channel_id)
        if found is None:
            raise missing("app.channel.get.existing.app_error", "Unable to find the existing channel.")
        return found

    def post(self, post_id: str) -> Post:
        found = self.posts.get(post_id)
        if found is None or found.delete_at:
            raise missing("app.post.get.app_error", "Unable to get the post.")
        return found

    def team_named(self, name: str) -> Team:
        found = next((team for team in self.teams.values() if team.name == name), None)
        if found is None:
            raise missing("app.team.get_by_name.missing.app_error", "Unable to find the existing team.")
        return found

    # -- permissions --------------------------------------------------------------------------

    def is_system_admin(self, user_id: str) -> bool:
        user = self.users.get(user_id)
        return user is not None and user.has_role("system_admin")

    def is_team_member(self, user_id: str, team_id: str) -> bool:
        team = self.teams.get(team_id)
        return team is not None and user_id in team.members

    def is_team_admin(self, user_id: str, team_id: str) -> bool:
        team = self.teams.get(team_id)
        return self.is_system_admin(user_id) or (team is not None and "team_admin" in team.members.get(user_id, ""))

    def is_member(self, user_id: str, channel_id: str) -> bool:
        channel = self.channels.get(channel_id)
        return channel is not None and user_id in channel.members

    def can_read_channel(self, user_id: str, channel_id: str) -> bool:
        """Members, members of the team for public channels, and system admins."""
        channel = self.channels.get(channel_id)
        if channel is None:
            return False
        if user_id in channel.members or self.is_system_admin(user_id):
            return True
        return channel.type == "O" and self.is_team_member(user_id, channel.team_id)

    def can_post(self, user_id: str, channel_id: str) -> bool:
        """Members, system admins, and holders of ``system_post_all`` or, in public channels, its public twin."""
        channel = self.channels.get(channel_id)
        if channel is None:
            return False
        if user_id in channel.members or self.is_system_admin(user_id):
            return True
        user = self.users.get(user_id)
        if user is None:
            return False
        return user.has_role("system_post_all") or (channel.type == "O" and user.has_role("system_post_all_public"))

    def require_system_admin(self, user_id: str) -> None:
        if not self.is_system_admin(user_id):
            raise forbidden()

    def require_read_channel(self, user_id: str, channel_id: str) -> Channel:
        channel = self.channel(channel_id)
        if not self.can_read_channel(user_id, channel_id):
            raise forbidden()
        return channel

    def require_team_member(self, user_id: str, team_id: str) -> Team:
        team = self.team(team_id)
        if user_id not in team.members and not self.is_system_admin(user_id):
            raise forbidden()
        return team

    # -- tokens -------------------------------------------------------------------------------

    def issue_token(
        self, user_id: str, kind: TokenKind, *, expires_at: int = 0, app_id: str = "", description: str = ""
    ) -> Token:
        """``expires_at`` in Unix milliseconds, 0 for never; app sessions name their ``app_id``."""
        token = Token(
            id=new_id(),
            secret=new_id(),
            user_id=user_id,
            kind=kind,
            create_at=self.now(),
            expires_at=expires_at,
            app_id=app_id,
            description=description,
        )
        self.tokens[token.secret] = token
        self.token_ids[token.id] = token
        return token

    def valid_token(self, secret: str) -> Token | None:
        """The token if it is known, active, not expired and its user is active."""
        token = self.tokens.get(secret)
        if token is None or not token.is_active:
            return None
        if token.expires_at and token.expires_at <= self.now():
            return None
        user = self.users.get(token.user_id)
        return None if user is None or user.delete_at else token

    def revoke(self, token: Token) -> None:
        self.tokens.pop(token.secret, None)
        self.token_ids.pop(token.id, None)

    # -- making things ------------------------------------------------------------------------

    def add_user(self, username: str, *, email: str = "", **fields: Any) -> User:
        now = self.now()
        address = email or f"{username}@example.com"
        user = User(id=new_id(), username=username, email=address, create_at=now, update_at=now, **fields)
        self.users[user.id] = user
        self.usernames[user.username] = user
        self.emails[user.email] = user
        if not user.is_bot:
            self.tell("user_created", user_id=user.id)
        return user

    def rename_user(self, user: User, username: str) -> None:
        self.usernames.pop(user.username, None)
        user.username = username
        self.usernames[username] = user

    def switch_bot(self, bot: Bot, *, active: bool) -> None:
        """Enable or disable the account; its tokens live and die with it."""
        now = self.now()
        bot.delete_at = self.users[bot.user_id].delete_at = 0 if active else now
        bot.update_at = now

    def add_bot(self, username: str, *, owner_id: str, display_name: str = "", description: str = "") -> Bot:
        user = self.add_user(
            username, email=f"{username}@localhost", is_bot=True, first_name=display_name, roles="system_user"
        )
        bot = Bot(
            user_id=user.id,
            username=username,
            owner_id=owner_id,
            create_at=user.create_at,
            update_at=user.create_at,
            display_name=display_name,
            description=description,
        )
        self.bots[user.id] = bot
        return bot

    def add_team(self, name: str) -> Team:
        """A team with its town-square, which every member is in."""
        team = Team(id=new_id(), name=name, display_name=name, create_at=self.now())
        self.teams[team.id] = team
        self.add_channel(team_id=team.id, type="O", name="town-square", display_name="Town Square")
        return team

    def join_team(self, team: Team, user_id: str, *, admin: bool = False) -> None:
        """Into the team and its town-square; a member stays what it was."""
        if user_id not in team.members:
            team.members[user_id] = "team_user team_admin" if admin else "team_user"
            self._tell_of(user_id, "joined_team", team_id=team.id)
        self.join_channel(self.channel_names[(team.id, "town-square")], user_id)

    def leave_team(self, team: Team, user_id: str) -> None:
        if team.members.pop(user_id, None) is None:
            return
        for channel in self.channels.values():
            if channel.team_id == team.id:
                self.leave_channel(channel, user_id)
        self._tell_of(user_id, "left_team", team_id=team.id)

    def join_channel(self, channel: Channel, user_id: str, *, roles: str = "channel_user") -> None:
        if user_id not in channel.members:
            channel.members[user_id] = roles
            self._tell_of(user_id, "joined_channel", team_id=channel.team_id, channel_id=channel.id)

    def leave_channel(self, channel: Channel, user_id: str) -> None:
        if channel.members.pop(user_id, None) is not None:
            self._tell_of(user_id, "left_channel", team_id=channel.team_id, channel_id=channel.id)

    def _tell_of(self, user_id: str, what: str, *, team_id: str, channel_id: str = "") -> None:
        """A bot is a user, too, and has subjects of its own besides."""
        for who in ("user", "bot") if user_id in self.bots else ("user",):
            self.tell(f"{who}_{what}", user_id=user_id, team_id=team_id, channel_id=channel_id)

    def add_channel(
        self, *, team_id: str, type: str, name: str, display_name: str = "", creator_id: str = ""
    ) -> Channel:
        now = self.now()
        channel = Channel(
            id=new_id(),
            team_id=team_id,
            type=type,
            name=name,
            display_name=display_name or name,
            create_at=now,
            update_at=now,
            creator_id=creator_id,
        )
        self.channels[channel.id] = channel
        self.channel_names[(team_id, name)] = channel
        if team_id:
            self.tell("channel_created", channel_id=channel.id, team_id=team_id)
        return channel

    def direct_channel(self, first: str, second: str) -> Channel:
        """The one channel of two users; its name is both ids in order."""
        name = "__".join(sorted((first, second)))
        found = self.channel_names.get(("", name))
        if found is not None:
            return found
        channel = self.add_channel(team_id="", type="D", name=name, creator_id=first)
        channel.display_name = ""
        channel.members = {first: "channel_user", second: "channel_user"}
        return channel
