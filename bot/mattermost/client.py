"""Mattermost's REST API v4, as one account: the calls we need and nothing else.

Every failure is `bot.errors.Upstream`. Tokens and messages are never logged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Protocol, cast
from urllib.parse import quote

from bot.errors import Upstream
from bot.gathering import Gathering
from bot.mattermost import wire
from bot.mattermost.refusals import NOT_FOUND, SUCCESS, TOO_MANY, UNAUTHORIZED, no_answer, not_understood, refusal
from bot.outgoing.client import Answer, Client
from bot.outgoing.errors import NotJson, OutgoingError
from bot.secret import Secret

PAGE = 200
LOOKS = 1000
NO_LABELS = "api.post.post_priority."
MAX_BYTES = 8 * 1024 * 1024  # a thousand posts of a busy channel


class Tokens(Protocol):
    """Where an account's token comes from, asked before every request."""

    async def current(self) -> Secret:
        """Raises Upstream where there is none at the moment."""
        ...

    async def refused(self, token: Secret) -> None:
        """Mattermost did not accept this one."""
        ...

    async def slow_down(self, seconds: float) -> None:
        """Mattermost wants to hear nothing of this account for so long."""
        ...


@dataclass(frozen=True, slots=True)
class _OneToken:
    token: Secret

    async def current(self) -> Secret:
        return self.token

    async def refused(self, token: Secret) -> None:
        return None

    async def slow_down(self, seconds: float) -> None:
        return None


@dataclass(slots=True)
class Acquaintance:
    """What an account has learned about itself and others and need not ask again."""

    me: wire.User | None = None
    direct_channels: dict[str, str] = field(default_factory=dict)
    looks: dict[str, Gathering[_Look, list[wire.Post]]] = field(default_factory=dict)
    labels: bool = True


class Mattermost:
    """One account (bot or person) at one Mattermost. With an empty token only what is open to everybody works."""

    def __init__(
        self, outgoing: Client, site_url: str, token: Secret | Tokens, known: Acquaintance | None = None
    ) -> None:
        self._outgoing = outgoing
        self.site_url = site_url.rstrip("/")
        self._tokens = _OneToken(token) if isinstance(token, Secret) else token
        self._known = known or Acquaintance()

    def __repr__(self) -> str:
        return f"<Mattermost {self.site_url}>"

    # ---- people ----

    async def me(self) -> wire.User:
        """Remembered: an account keeps its id."""
        if self._known.me is None:
            self._known.me = await self.check_me()
        return self._known.me

    async def check_me(self) -> wire.User:
        """Ask again: proves that the token still works."""
        return cast(wire.User, await self._get("users", "me"))

    async def user(self, user_id: str) -> wire.User:
        return cast(wire.User, await self._get("users", user_id))

    async def users_by_ids(self, ids: Sequence[str]) -> list[wire.User]:
        """Unknown ids are left out."""
        return cast(list[wire.User], await self._post("users", "ids", body=list(ids)))

    async def users_by_usernames(self, usernames: Sequence[str]) -> list[wire.User]:
        """Unknown names are left out."""
        return cast(list[wire.User], await self._post("users", "usernames", body=list(usernames)))

    async def statuses(self, ids: Sequence[str]) -> list[wire.Status]:
        """Whether they are there, as they or their clients say."""
        return cast(list[wire.Status], await self._post("users", "status", "ids", body=list(ids)))

    # ---- posts ----

    async def create_post(
        self,
        channel_id: str,
        message: str,
        props: Mapping[str, Any],
        root_id: str = "",
        pending_post_id: str = "",
        priority: str = "",
    ) -> wire.Post:
        """The same `pending_post_id` within 30 seconds gives the first post again instead of a second one.

        `priority` is a label, "urgent" or "important", for root posts; where the server has none, it is left out.
        """
        body: dict[str, Any] = {
            "channel_id": channel_id,
            "message": message,
            "props": dict(props),
            "root_id": root_id,
            "pending_post_id": pending_post_id,
        }
        if not priority or not self._known.labels:
            return cast(wire.Post, await self._post("posts", body=body))
        try:
            labelled = body | {"metadata": {"priority": {"priority": priority}}}
            return cast(wire.Post, await self._post("posts", body=labelled))
        except Upstream as refused:
            if not refused.code.startswith(NO_LABELS):
                raise
            self._known.labels = False
            return cast(wire.Post, await self._post("posts", body=body))

    async def patch_post(self, post_id: str, message: str, props: Mapping[str, Any]) -> wire.Post:
        """Always both, in full: `props` replaces the whole map."""
        body = {"message": message, "props": dict(props)}
        return cast(wire.Post, await self._put("posts", post_id, "patch", body=body))

    async def post(self, post_id: str) -> wire.Post:
        return cast(wire.Post, await self._get("posts", post_id))

    async def posts_by_ids(self, ids: Sequence[str]) -> list[wire.Post]:
        """At most a thousand, deleted ones too. Who may not be read is left out; 404 if there are none at all."""
        return cast(list[wire.Post], await self._post("posts", "ids", body=list(ids)))

    async def delete_post(self, post_id: str) -> None:
        await self._send("DELETE", _path("posts", post_id))

    async def posts_since(self, channel_id: str, since: datetime) -> list[wire.Post]:
        """Posts of a channel that were made or changed since then, deleted ones too; the server stops at 1000.

        Some may be older. Those who ask while an answer is on its way share the next one: after an outage everything
        that waits is looked for in the same channel.
        """
        looks = self._known.looks.get(channel_id)
        if looks is None:
            looks = self._known.looks[channel_id] = Gathering(partial(_look, channel_id), most=LOOKS)
        return await looks.submit(_Look(self, since))

    async def read_posts_since(self, channel_id: str, since: datetime) -> list[wire.Post]:
        millis = int(since.timestamp() * 1000)
        found = cast(wire.Posts, await self._get("channels", channel_id, "posts", query=f"since={millis}"))
        return list((found.get("posts") or {}).values())

    async def open_dialog(self, trigger_id: str, url: str, dialog: Mapping[str, Any]) -> None:
        """The trigger is the credential and short-lived, so nothing is waited for: no token, no rate limit."""
        body: wire.OpenDialog = {"trigger_id": trigger_id, "url": url, "dialog": dict(dialog)}
        await self._read("POST", "/actions/dialogs/open", Secret(""), body)

    # ---- channels and teams ----

    async def direct_channel(self, user_id: str) -> str:
        """The id of our conversation with a person; remembered."""
        known = self._known.direct_channels.get(user_id)
        if known is not None:
            return known
        ids = [(await self.me())["id"], user_id]
        channel = cast(wire.Channel, await self._post("channels", "direct", body=ids))
        self._known.direct_channels[user_id] = channel["id"]
        return channel["id"]

    async def channel(self, channel_id: str) -> wire.Channel:
        return cast(wire.Channel, await self._get("channels", channel_id))

    async def create_channel(self, team_id: str, name: str, display_name: str, *, private: bool) -> wire.Channel:
        """This account becomes its first member. The name is part of the address: small letters, digits, dashes."""
        kind = "P" if private else "O"
        body = {"team_id": team_id, "name": name, "display_name": display_name, "type": kind}
        return cast(wire.Channel, await self._post("channels", body=body))

    async def channel_by_name(self, team_id: str, name: str) -> wire.Channel:
        return cast(wire.Channel, await self._get("teams", team_id, "channels", "name", name))

    async def team_channels(self, team_id: str) -> list[wire.Channel]:
        """The channels of a team that this account is in."""
        return cast(list[wire.Channel], await self._get("users", "me", "teams", team_id, "channels"))

    async def channel_member(self, channel_id: str, user_id: str) -> wire.Member | None:
        try:
            return cast(wire.Member, await self._get("channels", channel_id, "members", user_id))
        except Upstream as refused:
            if refused.status == NOT_FOUND:
                return None
            raise

    async def add_channel_member(self, channel_id: str, user_id: str) -> wire.Member:
        return cast(wire.Member, await self._post("channels", channel_id, "members", body={"user_id": user_id}))

    async def my_teams(self) -> list[wire.Team]:
        return cast(list[wire.Team], await self._get("users", "me", "teams"))

    async def all_teams(self) -> list[wire.Team]:
        """Every team that this account may see; for a system admin all."""
        teams: list[wire.Team] = []
        for page in range(50):
            found = cast(list[wire.Team], await self._get("teams", query=f"page={page}&per_page={PAGE}"))
            teams += found
            if len(found) < PAGE:
                break
        return teams

    async def add_team_member(self, team_id: str, user_id: str) -> wire.Member:
        body = {"team_id": team_id, "user_id": user_id}
        return cast(wire.Member, await self._post("teams", team_id, "members", body=body))

    # ---- bots and tokens (of admins) ----

    async def create_bot(self, username: str, display_name: str, description: str) -> wire.Bot:
        body = {"username": username, "display_name": display_name, "description": description}
        return cast(wire.Bot, await self._post("bots", body=body))

    async def enable_bot(self, user_id: str) -> wire.Bot:
        return cast(wire.Bot, await self._post("bots", user_id, "enable"))

    async def disable_bot(self, user_id: str) -> wire.Bot:
        return cast(wire.Bot, await self._post("bots", user_id, "disable"))

    async def create_token(self, user_id: str, description: str) -> wire.AccessToken:
        """The token itself is shown only now."""
        return cast(wire.AccessToken, await self._post("users", user_id, "tokens", body={"description": description}))

    async def tokens(self, user_id: str) -> list[wire.AccessToken]:
        found = await self._get("users", user_id, "tokens", query=f"per_page={PAGE}")
        return cast(list[wire.AccessToken], found)

    async def revoke_token(self, token_id: str) -> None:
        await self._post("users", "tokens", "revoke", body={"token_id": token_id})

    # ---- slash commands (of admins) ----

    async def create_command(self, command: wire.Command) -> wire.Command:
        return cast(wire.Command, await self._post("commands", body=command))

    async def commands(self, team_id: str) -> list[wire.Command]:
        """With their tokens."""
        found = await self._get("commands", query=f"team_id={quote(team_id, safe='')}&custom_only=true")
        return cast(list[wire.Command], found)

    async def update_command(self, command: wire.Command) -> wire.Command:
        """The whole command: what is left out becomes empty. Its token stays."""
        return cast(wire.Command, await self._put("commands", command["id"], body=command))

    async def delete_command(self, command_id: str) -> None:
        await self._send("DELETE", _path("commands", command_id))

    async def execute_command(self, command: str, channel_id: str, team_id: str) -> wire.CommandAnswer:
        body = {"command": command, "channel_id": channel_id, "team_id": team_id}
        return cast(wire.CommandAnswer, await self._post("commands", "execute", body=body))

    # ---- the server itself ----

    async def client_config(self) -> wire.ClientConfig:
        return cast(wire.ClientConfig, await self._get("config", "client", query="format=old"))

    async def config(self) -> wire.Config:
        """The system console; for system admins only."""
        return cast(wire.Config, await self._get("config"))

    async def ping(self) -> wire.Ping:
        return cast(wire.Ping, await self._get("system", "ping"))

    # ---- one request ----

    async def _get(self, *parts: str, query: str = "") -> object:
        return await self._send("GET", _path(*parts) + (f"?{query}" if query else ""))

    async def _post(self, *parts: str, body: object = None) -> object:
        return await self._send("POST", _path(*parts), body)

    async def _put(self, *parts: str, body: object = None) -> object:
        return await self._send("PUT", _path(*parts), body)

    async def _send(self, method: str, path: str, body: object = None) -> object:
        token = await self._tokens.current()
        try:
            return await self._read(method, path, token, body)
        except Upstream as refused:
            if refused.status == UNAUTHORIZED:
                await self._tokens.refused(token)
            if refused.status == TOO_MANY:
                await self._tokens.slow_down(refused.retry_after)
            raise

    async def _read(self, method: str, path: str, token: Secret, body: object) -> object:
        answer = await self._request(method, f"{self.site_url}/api/v4{path}", token, body)
        if answer.status not in SUCCESS:
            raise refusal(answer)
        try:
            return answer.json()
        except NotJson:
            raise not_understood(answer) from None

    async def _request(self, method: str, url: str, token: Secret, body: object) -> Answer:
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token.reveal()}"
        try:
            return await self._outgoing.request(method, url, headers=headers, json=body, max_bytes=MAX_BYTES)
        except OutgoingError as failed:
            raise no_answer(failed) from failed


@dataclass(frozen=True, slots=True)
class _Look:
    """Somebody's wish to see what is in a channel. Whoever asks last has the newest token."""

    chat: Mattermost
    since: datetime


async def _look(channel_id: str, looks: list[_Look]) -> list[list[wire.Post] | Exception]:
    """One request for all of them."""
    try:
        found = await looks[-1].chat.read_posts_since(channel_id, min(look.since for look in looks))
    except Upstream as refused:
        return [refused for _ in looks]
    return [found for _ in looks]


def _path(*parts: str) -> str:
    return "".join(f"/{quote(part, safe='')}" for part in parts)
