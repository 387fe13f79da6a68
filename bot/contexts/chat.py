"""What commands need of the Mattermost they were called from."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from bot.call import Call
from bot.context import Room
from bot.contexts.parts import Parts
from bot.core.servers import Server
from bot.core.text import say
from bot.errors import Denied, NotFound, Upstream
from bot.mattermost.client import Mattermost
from bot.mattermost.wire import Channel

NAMES_TRIED = 5
# Also where an archived channel had the name.
TAKEN = ("store.sql_channel.save_channel.exists.app_error", "store.sql_channel.save_channel.previously.app_error")
_NO_ROOM = say("I may not make channels here. Make one yourself, and say so in the thread of the alert.")
_CHANNEL_ID = re.compile(r"[a-z0-9]{26}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOfServer:
    parts: Parts
    server: Server
    call: Call

    async def room(self, named: str, *, team_id: str) -> Room:
        name = named.strip().removeprefix("~")
        chat = self._person or self._bot
        if _CHANNEL_ID.fullmatch(name):
            found = await _unless_refused(chat.channel(name))
        else:
            found = await self._named(chat, name.lower(), team_id or self.server.team_id)
        if found is None:
            raise NotFound(
                say(
                    "I cannot find the channel ~{name}. Check the spelling; if it is private, invite me first.",
                    name=name,
                )
            )
        return Room(id=found["id"], name=found.get("name", name), team_id=found.get("team_id", ""))

    async def _named(self, chat: Mattermost, name: str, team_id: str) -> Channel | None:
        teams = [team_id] if team_id else [team["id"] for team in await chat.my_teams()]
        for team in teams:
            found = await _unless_refused(chat.channel_by_name(team, name))
            if found is not None:
                return found
        return None

    async def message(self, post_id: str) -> str:
        """The bot reads it, so it has to make sure that the person may, too."""
        try:
            post = await self._bot.post(post_id)
            member = await self._bot.channel_member(post["channel_id"], self.call.actor.user_id)
        except Upstream as refused:
            if not refused.permanent:
                raise
            return ""
        return post.get("message", "").strip() if member is not None else ""

    async def open_room(self, name: str, title: str, *, private: bool) -> Room:
        team_id = self.server.team_id or next((team["id"] for team in await self._bot.my_teams()), "")
        for tried in (name, *(f"{name}-{number}" for number in range(2, NAMES_TRIED))):
            try:
                made = await self._bot.create_channel(team_id, tried, title, private=private)
            except Upstream as refused:
                if not refused.permanent:
                    raise
                if refused.code not in TAKEN:
                    raise Denied(_NO_ROOM) from refused
            else:
                return Room(id=made["id"], name=made.get("name", tried), team_id=team_id)
        raise Denied(_NO_ROOM)

    async def invite(self, room: Room, user_ids: Sequence[str]) -> tuple[str, ...]:
        outside = []
        for user_id in user_ids:
            try:
                await self._bot.add_channel_member(room.id, user_id)
            except Upstream as refused:
                if not refused.permanent:
                    raise
                outside.append(user_id)
        return tuple(outside)

    async def post(self, room: Room, message: str) -> None:
        await self._bot.create_post(room.id, message, {})

    async def join(self, room: Room) -> None:
        """With the acting person's rights where the surface lends them, else by the bot itself."""
        try:
            await self._add(self._person or self._bot, room)
        except Upstream as refused:
            if not refused.permanent:
                raise
            raise Denied(
                say("I may not join ~{name} by myself. Write `/invite @oncall` there, then try again.", name=room.name)
            ) from refused

    async def _add(self, chat: Mattermost, room: Room) -> None:
        bot = self.server.bot_user_id
        if self._person is not None and room.team_id:
            await chat.add_team_member(room.team_id, bot)
        await chat.add_channel_member(room.id, bot)

    @property
    def _bot(self) -> Mattermost:
        return self.parts.access.for_server(self.server)

    @property
    def _person(self) -> Mattermost | None:
        if self.call.user_token is None:
            return None
        return Mattermost(self.parts.access.outgoing, self.server.site_url, self.call.user_token)


async def _unless_refused(asked: Awaitable[Channel]) -> Channel | None:
    try:
        return await asked
    except Upstream as refused:
        if not refused.permanent:
            raise
        return None
