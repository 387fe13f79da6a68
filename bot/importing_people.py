"""People from a list: each row adds somebody or brings somebody up to date, so that a list can be imported again.

The operator vouches for what stands in the list: a row with a username links that Mattermost user.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from bot.clock import Clock
from bot.contexts.people import actor_of, newcomer
from bot.core import people as core
from bot.core.changes import Change
from bot.core.people import ASSIGNED, MATTERMOST, Person, PersonChange, Role
from bot.core.servers import Server
from bot.core.text import say
from bot.errors import UserError
from bot.linking import Linking
from bot.mattermost.client import Mattermost
from bot.storage.directory import People
from bot.storage.ids import new_id

BY = "import"


class Outcome(StrEnum):
    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPeople:
    """Into one server. With `dry_run` everything is looked up and nothing is written."""

    server: Server
    people: People
    mattermost: Mattermost
    linking: Linking
    clock: Clock
    dry_run: bool = False

    async def row(self, values: Mapping[str, str]) -> Outcome:
        """`values` are those of `forms.imported_person`. Raises UserError, and Upstream where Mattermost is asked."""
        profile = await self._with_address(values["email"])
        if values["username"]:
            return await self._in_mattermost(values["username"].removeprefix("@"), profile, values)
        known = profile or await self._called(values)
        return await self._known(known, values) if known is not None else await self._new(values)

    async def _with_address(self, email: str) -> Person | None:
        found = await self.people.by_email(self.server.id, email)
        if len(found) > 1:
            raise UserError(say("Several people have the address {email}. Remove all but one.", email=email))
        return found[0] if found else None

    async def _called(self, values: Mapping[str, str]) -> Person | None:
        """Without an address only the name can tell that this row was imported before."""
        if values["email"]:
            return None
        found = await self.people.by_name(self.server.id, values["name"]) if values["name"] else []
        if len(found) > 1:
            raise UserError(say("Several people are called {name}. Add the e-mail address.", name=values["name"]))
        return found[0] if found else None

    async def _known(self, person: Person, values: Mapping[str, str]) -> Outcome:
        if self._edit(person, values=values).doc == person:
            return Outcome.UNCHANGED
        await self._store(person, values)
        return Outcome.UPDATED

    async def _new(self, values: Mapping[str, str]) -> Outcome:
        if not values["name"]:
            raise UserError(say("The name is missing. Fill it in, or give the username of somebody in Mattermost."))
        role, zone = values["role"], values["zone"]
        person = Person(
            id=new_id(self.clock()),
            server_id=self.server.id,
            name=values["name"],
            email=values["email"],
            phone=values["phone"],
            zone=zone,
            zone_from=ASSIGNED if zone else MATTERMOST,
            role=Role(role) if role else Role.RESPONDER,
            role_from=ASSIGNED if role else MATTERMOST,
        )
        await self._add(core.logged(person, self.clock(), say("Added"), by=BY))
        return Outcome.ADDED

    # ---- rows that name a Mattermost user ----

    async def _in_mattermost(self, username: str, profile: Person | None, values: Mapping[str, str]) -> Outcome:
        """The user is the person of this row; a profile that was added without a username goes over into them."""
        person, new = await self._user(username)
        joins = profile is not None and profile.id != person.id
        if profile is not None and joins and profile.mattermost_user_id:
            raise UserError(
                say(
                    "{email} is the address of @{other}, not of @{username}. Correct one of the two.",
                    email=values["email"],
                    other=profile.username,
                    username=person.username,
                )
            )
        if person.linked and not joins:
            return await self._known(person, values)
        if new:
            await self._add(person)
        if not self.dry_run:
            await (self.linking.adopt(person, profile) if profile is not None and joins else self.linking.vouch(person))
        await self._store(person, values)
        return Outcome.ADDED if new and not joins else Outcome.UPDATED

    async def _user(self, username: str) -> tuple[Person, bool]:
        """Somebody Mattermost knows, and whether we did not until now."""
        users = await self.mattermost.users_by_usernames([username.lower()])
        if not users or users[0].get("delete_at"):
            raise UserError(
                say(
                    "Mattermost has no active user @{name}. Check the spelling, or leave the username empty and "
                    "invite them later.",
                    name=username,
                )
            )
        known = await self.people.by_user(self.server.id, users[0]["id"])
        if known is not None:
            return known, False
        return newcomer(actor_of(users[0]), id_=new_id(self.clock()), server_id=self.server.id), True

    # ---- writing ----

    async def _add(self, person: Person) -> None:
        if not self.dry_run:
            await self.people.add(Change(doc=person))

    async def _store(self, person: Person, values: Mapping[str, str]) -> None:
        if not self.dry_run:
            await self.people.change(self.server.id, person.id, partial(self._edit, values=values))

    def _edit(self, person: Person, *, values: Mapping[str, str]) -> PersonChange:
        """An empty column changes nothing."""
        return core.edit(
            person,
            name=values["name"] or None,
            email=values["email"] or None,
            phone=values["phone"] or None,
            zone=values["zone"] or None,
            role=Role(values["role"]) if values["role"] else None,
            by=BY,
            now=self.clock(),
        )
