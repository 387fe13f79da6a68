"""Linking, for the person who acts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import structlog

from bot.call import Call
from bot.contexts.parts import Parts
from bot.core.changes import Change
from bot.core.linking import told_of_use
from bot.core.people import Person
from bot.core.servers import LINK_BY_EMAIL, ON, Server
from bot.core.text import NOTHING, Text, say
from bot.errors import Upstream
from bot.linking import LinkCode
from bot.mattermost.wire import User

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkingOfPerson:
    parts: Parts
    server: Server
    call: Call
    person: Person

    async def invite(self, person: Person) -> LinkCode:
        return await self.parts.linking.invite(person, by=self.person.mention, by_user=self.person.mattermost_user_id)

    async def recognise(self, code: str) -> Person:
        return await self.parts.linking.recognise(self.person, code)

    async def link(self, profile_id: str, digest: str) -> Change[Person]:
        profile = await self.parts.stores.people.find(self.server.id, profile_id)
        change = await self.parts.linking.link(self.person, profile_id=profile_id, digest=digest)
        log.info("linked", server=self.server.id, person=self.person.id, profile=profile_id, how="code")
        if profile is not None:
            await self._tell_of_use(profile)
        return change

    async def _tell_of_use(self, profile: Person) -> None:
        decide = partial(told_of_use, profile=profile, person=self.person, now=self.parts.clock())
        if decide(self.server).effects:
            await self.parts.stores.servers.change(self.server.id, self.server.id, decide)

    async def unlink(self) -> Change[Person]:
        return await self.parts.linking.unlink(self.person)

    async def verifies_addresses(self) -> bool:
        """A setting that Mattermost shows to everybody who is signed in."""
        config = await self.parts.access.for_server(self.server).client_config()
        return config.get("RequireEmailVerification") == "true"

    async def on_sight(self) -> tuple[Person, Text]:
        """Finish what was interrupted; link by e-mail where the admins want that. With what the person should know."""
        if self.person.merging:
            return await self.parts.linking.finish(self.person), NOTHING
        if self.server.settings.get(LINK_BY_EMAIL) != ON or self.person.linked or not self.server.installed:
            return self.person, NOTHING
        try:
            return await self._by_email()
        except Upstream as refused:
            log.warning("address not asked", server=self.server.id, reason=refused.reason)
            return self.person, NOTHING

    async def _by_email(self) -> tuple[Person, Text]:
        linking = self.parts.linking
        if not await linking.waiting(self.server.id) or not linking.may_look(self.person):
            return self.person, NOTHING
        user = await self._user()
        if user.get("id") != self.person.mattermost_user_id or not await self._verified(user):
            return self.person, NOTHING
        change = await linking.link_by_email(self.person, user.get("email", ""))
        if change is None:
            return self.person, NOTHING
        log.info("linked", server=self.server.id, person=self.person.id, how="e-mail")
        news = say(
            "You were linked to the profile {name}, because Mattermost verified your e-mail address. "
            "Is that not you? `/oncall unlink` undoes it.",
            name=change.doc.described,
        )
        return change.doc, news

    async def _user(self) -> User:
        """With the person's own token where there is one: only to themselves Mattermost shows whether it verified."""
        if self.call.user_token is not None:
            return await self.parts.access.as_person(self.server, self.call.user_token).me()
        return await self.parts.access.for_server(self.server).user(self.person.mattermost_user_id)

    async def _verified(self, user: User) -> bool:
        return bool(user.get("email_verified")) or await self.verifies_addresses()
