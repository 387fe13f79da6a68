"""The people of one server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from bot.call import Actor, Call
from bot.contexts.parts import Parts
from bot.core import people as core_people
from bot.core.changes import Change
from bot.core.people import Person, Role
from bot.core.servers import Server
from bot.core.text import say
from bot.errors import NotFound
from bot.mattermost.wire import User
from bot.storage.documents import AlreadyThere
from bot.storage.ids import new_id

_USER_ID = re.compile(r"[a-z0-9]{26}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleOfServer:
    parts: Parts
    server: Server
    call: Call

    async def with_ids(self, ids: tuple[str, ...]) -> dict[str, Person]:
        return await self.parts.stores.people.with_ids(self.server.id, ids)

    async def named(self, name: str) -> Person:
        name = name.strip().removeprefix("@")
        user_id = self.call.mentions.get(name, name)
        by_id = bool(_USER_ID.fullmatch(user_id))
        known = await (self._by_id(user_id) if by_id else self._by_name(name))
        return known or await self._from_mattermost(user_id if by_id else name, by_id=by_id)

    async def _by_id(self, user_id: str) -> Person | None:
        return await self.parts.stores.people.by_user(self.server.id, user_id)

    async def _by_name(self, name: str) -> Person | None:
        known = await self.parts.stores.people.by_username(self.server.id, name)
        return known if known is not None and known.mattermost_user_id else None

    async def _from_mattermost(self, named: str, *, by_id: bool) -> Person:
        chat = self.parts.access.for_server(self.server)
        users = await (chat.users_by_ids([named]) if by_id else chat.users_by_usernames([named.lower()]))
        if not users:
            raise NotFound(say("Mattermost knows nobody called @{name}. Check the spelling.", name=named))
        actor = actor_of(users[0])
        return await self._by_id(actor.user_id) or await self._provisioned(actor)

    async def acting(self, actor: Actor) -> Person:
        """Whoever acts for the first time gets a person by themselves: the request proves who they are."""
        known = await self._by_id(actor.user_id)
        if known is not None:
            return await self.updated(known, actor)
        if actor.admin is None and self.server.installed:
            actor = actor_of(await self.parts.access.for_server(self.server).user(actor.user_id))
        return await self._provisioned(actor)

    async def updated(self, person: Person, actor: Actor) -> Person:
        decide = partial(
            core_people.seen, username=actor.username, locale=actor.locale, zone=actor.zone, admin=actor.admin
        )
        if decide(person).doc == person:
            return person
        return (await self.parts.stores.people.change(self.server.id, person.id, decide)).doc

    async def _provisioned(self, actor: Actor) -> Person:
        person = Person(
            id=new_id(self.parts.clock()),
            server_id=self.server.id,
            name=actor.username,
            username=actor.username,
            mattermost_user_id=actor.user_id,
            locale=actor.locale,
            zone=actor.zone,
            role=Role.ADMIN if actor.admin else Role.RESPONDER,
        )
        try:
            return await self.parts.stores.people.add(Change(doc=person))
        except AlreadyThere:
            return await self._by_id(actor.user_id) or person


def actor_of(user: User) -> Actor:
    """Who Mattermost says somebody is."""
    zone = user.get("timezone") or {}
    automatic = str(zone.get("useAutomaticTimezone", "true")).lower() == "true"
    return Actor(
        user_id=user["id"],
        username=user.get("username", ""),
        admin="system_admin" in user.get("roles", "").split(),
        locale=user.get("locale", ""),
        zone=str(zone.get("automaticTimezone" if automatic else "manualTimezone") or ""),
    )
