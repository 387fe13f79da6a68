"""Makes the context of a call."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.call import Call
from bot.context import Context
from bot.contexts.chat import ChatOfServer
from bot.contexts.groups import GroupsOfServer
from bot.contexts.installation import InstallationOfServer
from bot.contexts.integrations import IntegrationsOfServer
from bot.contexts.linking import LinkingOfPerson
from bot.contexts.maintenances import MaintenancesOfServer
from bot.contexts.parts import Parts
from bot.contexts.people import PeopleOfServer, actor_of
from bot.contexts.storms import StormsOfServer
from bot.core.replacing import replace
from bot.core.servers import Server
from bot.core.text import NOTHING, say
from bot.errors import Denied
from bot.mattermost.client import Mattermost
from bot.mattermost.wire import User
from bot.words import Reader

# Who types into a field that is looked up is asked about with every letter.
LATELY = timedelta(minutes=1)
REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class MakeContexts:
    """Implements `bot.context.Contexts`. `confirmed` is when Mattermost last confirmed somebody's role."""

    parts: Parts
    confirmed: dict[tuple[str, str], datetime] = field(default_factory=dict)

    async def server(self, server_id: str) -> Server | None:
        return await self.parts.stores.servers.recent(server_id)

    async def make(self, call: Call, server: Server) -> Context:
        parts = self.parts
        people = PeopleOfServer(parts=parts, server=server, call=call)
        seen = await people.acting(call.actor)
        linking = LinkingOfPerson(parts=parts, server=server, call=call, person=seen)
        person, news = (seen, NOTHING) if people.elsewhere else await linking.on_sight()
        now = parts.clock()
        return Context(
            call=call,
            server=server,
            person=person,
            now=now,
            reader=Reader(now=now, locale=person.locale or "en", zone=person.zone),
            news=news,
            registry=parts.registry,
            public_url=parts.public_url,
            groups=GroupsOfServer(stores=parts.stores, server_id=server.id, clock=parts.clock, call=call),
            people=people,
            linking=replace(linking, person=person),
            integrations=IntegrationsOfServer(parts=parts, server_id=server.id),
            maintenances=MaintenancesOfServer(parts=parts, server_id=server.id),
            storms=StormsOfServer(stores=parts.stores, server_id=server.id),
            chat=ChatOfServer(parts=parts, server=server, call=call),
            installation=InstallationOfServer(parts=parts, server=server, call=call),
        )

    async def confirm_role(self, context: Context, *, lately: bool = False) -> Context:
        """Mattermost decides again, unless an admin of ours decided for it."""
        if context.person.role_from != "mattermost":
            return context
        key = (context.server.id, context.person.id)
        if lately and self.confirmed.get(key, context.now - LATELY) > context.now - LATELY:
            return context
        user = await self._ask_who(context.server, context.call)
        people = PeopleOfServer(parts=self.parts, server=context.server, call=context.call)
        person = await people.updated(context.person, actor_of(user))
        if len(self.confirmed) >= REMEMBERED:
            self.confirmed.clear()
        self.confirmed[key] = context.now
        return replace(context, person=person)

    async def _ask_who(self, server: Server, call: Call) -> User:
        """With the person's own token where we have it: it proves them; else with the bot's."""
        if call.user_token is None:
            return await self.parts.access.for_server(server).user(call.actor.user_id)
        site_url = call.site.url if call.site else server.site_url
        user = await Mattermost(self.parts.access.outgoing, site_url, call.user_token).me()
        if user["id"] != call.actor.user_id:
            raise Denied(say("Mattermost says that this is somebody else. Please try again."))
        return user
