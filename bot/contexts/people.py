"""The people of one server."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from functools import partial

from bot.call import Actor, Call
from bot.context import DecidePerson
from bot.contexts.parts import Parts
from bot.core import people as core_people
from bot.core.changes import Change
from bot.core.neutral import neutral
from bot.core.people import Person, Role
from bot.core.servers import Server
from bot.core.text import Text, say
from bot.errors import NotFound, Upstream, UserError
from bot.mattermost.wire import User, zone_of
from bot.storage.documents import AlreadyThere
from bot.storage.ids import new_id

_USER_ID = re.compile(r"[a-z0-9]{26}")
_OUR_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
ASKED_AT_ONCE = 200
# Whoever pages somebody is answered soon, with warnings or without.
WARNED_SECONDS = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleOfServer:
    parts: Parts
    server: Server
    call: Call

    async def with_ids(self, ids: tuple[str, ...]) -> dict[str, Person]:
        return await self.parts.stores.people.with_ids(self.server.id, ids)

    # ---- somebody by what people call them ----

    async def named(self, name: str) -> Person:
        name = name.strip()
        known = await self._by_our_id(name) or await self._added(name)
        if known is not None:
            return known
        name = name.removeprefix("@")
        user_id = self.call.mentions.get(name, name)
        by_id = bool(_USER_ID.fullmatch(user_id))
        known = await (self._by_id(user_id) if by_id else self._by_username(name))
        return known or await self._from_mattermost(user_id if by_id else name, by_id=by_id)

    async def _by_our_id(self, id_: str) -> Person | None:
        if not _OUR_ID.fullmatch(id_):
            return None
        return (await self.with_ids((id_,))).get(id_)

    async def _added(self, name: str) -> Person | None:
        """By e-mail address or full name, unless it is a username. Raises UserError where several fit."""
        if name.startswith("@") or await self._by_username(name) is not None:
            return None
        people = self.parts.stores.people
        found = await (people.by_email if "@" in name else people.by_name)(self.server.id, name)
        if len(found) > 1:
            raise UserError(
                say("Several people are called {name}. Use their e-mail address or @username.", name=neutral(name, 60))
            )
        return found[0] if found else None

    async def _by_id(self, user_id: str) -> Person | None:
        return await self.parts.stores.people.by_user(self.server.id, user_id)

    async def _by_username(self, name: str) -> Person | None:
        known = await self.parts.stores.people.by_username(self.server.id, name)
        return known if known is not None and known.mattermost_user_id else None

    async def _from_mattermost(self, named: str, *, by_id: bool) -> Person:
        chat = self.parts.access.for_server(self.server)
        users = await (chat.users_by_ids([named]) if by_id else chat.users_by_usernames([named.lower()]))
        if not users:
            raise NotFound(
                say("I know nobody called {name}, and neither does Mattermost. Check the spelling.", name=_shown(named))
            )
        if users[0].get("delete_at"):
            raise NotFound(say("@{name} is deactivated in Mattermost. Choose somebody else.", name=_shown(named)))
        actor = actor_of(users[0])
        return await self._by_id(actor.user_id) or await self._provisioned(actor)

    # ---- all of them ----

    async def listed(self, limit: int) -> list[Person]:
        return await self.parts.stores.people.listed(self.server.id, limit)

    async def refreshed(self, people: list[Person]) -> list[Person]:
        ids = [person.mattermost_user_id for person in people if person.mattermost_user_id][:ASKED_AT_ONCE]
        if not ids:
            return people
        try:
            users = await self.parts.access.for_server(self.server).users_by_ids(ids)
        except Upstream:
            return people
        known = {user["id"]: user for user in users}
        return [await self._as_known(person, known.get(person.mattermost_user_id)) for person in people]

    async def _as_known(self, person: Person, user: User | None) -> Person:
        if user is None:
            return person
        if user.get("delete_at"):
            return await self._updated(person, partial(core_people.gone, now=self.parts.clock()))
        return await self.updated(person, actor_of(user))

    async def warnings(self, people: list[Person]) -> list[Text]:
        try:
            async with asyncio.timeout(WARNED_SECONDS):
                known = await self.refreshed(people)
                away = await self._away([person.mattermost_user_id for person in known if person.mattermost_user_id])
        except TimeoutError:
            return []
        said = [core_people.warning(person, away.get(person.mattermost_user_id, "")) for person in known]
        return [text for text in said if text]

    async def _away(self, ids: list[str]) -> dict[str, str]:
        """Their statuses, by user id."""
        if not ids:
            return {}
        try:
            found = await self.parts.access.for_server(self.server).statuses(ids)
        except Upstream:
            return {}
        return {one["user_id"]: one.get("status", "") for one in found}

    # ---- writing ----

    async def add(self, person: Person) -> None:
        await self._only_one_with(person.email)
        await self.parts.stores.people.add(Change(doc=person))

    async def _only_one_with(self, email: str) -> None:
        for known in await self.parts.stores.people.by_email(self.server.id, email):
            raise UserError(
                say(
                    "{email} is the address of {who} already. `/oncall people show` says more.",
                    email=neutral(email, 100),
                    who=known.described,
                )
            )

    async def change(self, person: Person, decide: DecidePerson) -> Change[Person]:
        return await self.parts.stores.people.change(self.server.id, person.id, decide)

    def new_id(self) -> str:
        return new_id(self.parts.clock())

    # ---- whoever acts ----

    @property
    def elsewhere(self) -> bool:
        """Another Mattermost that waits to be confirmed: its people are not ours, even with the same ids and names."""
        site = self.call.site
        return site is not None and bool(self.server.site_url) and site.url != self.server.site_url

    async def acting(self, actor: Actor) -> Person:
        """Whoever acts for the first time gets a person by themselves: the request proves who they are."""
        if self.elsewhere:
            return newcomer(actor, id_=self.new_id(), server_id=self.server.id)
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
        return await self._updated(person, decide)

    async def _updated(self, person: Person, decide: DecidePerson) -> Person:
        """Written only if it changes anything."""
        decided = decide(person).doc
        if decided == person or self.elsewhere:
            return decided
        return (await self.change(person, decide)).doc

    async def _provisioned(self, actor: Actor) -> Person:
        person = newcomer(actor, id_=self.new_id(), server_id=self.server.id)
        try:
            return await self.parts.stores.people.add(Change(doc=person))
        except AlreadyThere:
            return await self._by_id(actor.user_id) or person


def actor_of(user: User) -> Actor:
    """Who Mattermost says somebody is."""
    return Actor(
        user_id=user["id"],
        username=user.get("username", ""),
        admin="system_admin" in user.get("roles", "").split(),
        locale=user.get("locale", ""),
        zone=zone_of(user),
    )


def newcomer(actor: Actor, *, id_: str, server_id: str) -> Person:
    """Somebody whom Mattermost knows and we do not yet."""
    return Person(
        id=id_,
        server_id=server_id,
        name=actor.username,
        username=actor.username,
        mattermost_user_id=actor.user_id,
        locale=actor.locale,
        zone=actor.zone,
        role=Role.ADMIN if actor.admin else Role.RESPONDER,
    )


def _shown(name: str) -> str:
    return neutral(name, 60)
