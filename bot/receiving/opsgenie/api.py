"""Opsgenie's Alert API over our alert groups: which groups a request is about, and what it does to them.

Its answers come before the work is done there; here it is done first, so that 202 means what it means everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from bot.clock import Clock
from bot.core import heartbeats
from bot.core.alert_group import AlertGroup
from bot.core.integrations import Integration
from bot.core.people import Person
from bot.core.text import say
from bot.errors import NotFound
from bot.integrations import opsgenie
from bot.integrations.opsgenie_actions import ACTIONS, acts
from bot.integrations.payload import Invalid, clean_key
from bot.receiving.budgets import Accounts
from bot.receiving.opsgenie import queries, requests
from bot.receiving.opsgenie.queries import Query
from bot.receiving.opsgenie.requests import CREATE, Request, failed_id, request_id
from bot.receiving.reception import Reception
from bot.storage.groups import open_key
from bot.storage.stores import Stores

Json = Mapping[str, Any]
LONGEST_NUMBER = 12
# Groups are large: so many are looked at for what the database cannot be asked, the newest.
MOST_LOOKED_AT = 1000
AT_ONCE = 100
SORTED: Mapping[str, Callable[[AlertGroup], Any]] = MappingProxyType(
    {
        "createdat": lambda group: group.number,
        "updatedat": lambda group: group.changed_at,
        "lastoccurredat": lambda group: group.last_at or group.changed_at,
        "tinyid": lambda group: group.number,
        "alias": lambda group: group.key,
        "message": lambda group: group.title,
        "status": lambda group: group.live,
        "priority": lambda group: opsgenie.priority_of(group.severity),
        "count": lambda group: group.alerts + group.repeats,
        "source": lambda group: group.labels.get("source", ""),
        "owner": lambda group: group.acknowledged_by,
    }
)
USUALLY_SORTED = ("createdat", "tinyid")
NO_SORT = "Sort must be one of [createdAt, updatedAt, lastOccurredAt, tinyId, alias, message, status, priority, count, source, owner]."  # noqa: E501


class NotSupported(Exception):
    """A request of Opsgenie's API that has no counterpart here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is asked for of a list."""

    query: str = ""
    offset: int = 0
    limit: int = 0
    sort: str = USUALLY_SORTED[0]
    ascending: bool = False


@dataclass(frozen=True, slots=True)
class OpsgenieApi:
    """Every method is about one integration: no other's groups are found."""

    stores: Stores
    reception: Reception
    clock: Clock
    looks: Accounts

    async def create(self, integration: Integration, document: Json, body: bytes) -> str:
        """The id of the request. `body` is the document as it came. Raises Invalid, Unavailable."""
        payload = opsgenie.created(document).payload
        numbers = (await self.reception.take(integration, payload, body)).groups
        group = await self.stores.groups.by_number(integration.server_id, numbers[-1]) if numbers else None
        return request_id(CREATE, group.id) if group else failed_id(CREATE, self.clock())

    async def act(self, integration: Integration, action: str, identifier: str, type_: str, document: Json) -> str:
        """The id of the request. Raises Invalid, NotSupported, Unavailable."""
        if action not in ACTIONS:
            raise NotSupported(action)
        wanted = acts(ACTIONS[action], document, now=self.clock())
        self.reception.intake.spend(integration, len(wanted))
        try:
            group = await self.find(integration, identifier, type_)
        except NotFound:  # that is said when the request is asked about
            return failed_id(action, self.clock(), by_alias=type_ == "alias")
        for act in wanted:
            await self.reception.act(integration, group.id, act)
        return request_id(action, group.id)

    async def requested(self, integration: Integration, request: str) -> tuple[Request, AlertGroup | None]:
        """What a request was, and the group that it was about. Raises NotFound, Unavailable."""
        known = requests.read(request, self.clock())
        if known is None:
            raise _unknown()
        return known, await self.shown(integration, known.group_id, "id") if known.group_id else None

    async def shown(self, integration: Integration, identifier: str, type_: str) -> AlertGroup:
        """For whoever asks about one alert, which costs what an alert costs. Raises NotFound, Unavailable."""
        self.reception.intake.spend(integration, 1)
        return await self.find(integration, identifier, type_)

    async def listed(self, integration: Integration, listing: Listing) -> tuple[list[AlertGroup], int]:
        """Those on this page, and how many there are in all. Raises Invalid, OverBudget, Unavailable."""
        query, sort = queries.parsed(listing.query), listing.sort.lower()
        if sort not in SORTED:
            raise Invalid({"sort": NO_SORT})
        end = listing.offset + listing.limit
        if listing.limit <= 0 or end > MOST_LOOKED_AT:
            return [], await self._counted(integration, query)
        if query.exact and sort in USUALLY_SORTED and not listing.ascending:
            self.looks.spend(integration, 1)
            newest = await self.stores.groups.of_integration(
                integration.server_id, integration.id, query.statuses, limit=listing.limit, skip=listing.offset
            )
            return newest, await self._counted(integration, query)
        found = await self._looked_at(integration, query)
        shown = sorted(found, key=SORTED[sort], reverse=not listing.ascending)[listing.offset : end]
        return shown, await self._counted(integration, query) if query.exact else len(found)

    async def count(self, integration: Integration, query: str) -> int:
        """Raises Invalid, OverBudget, Unavailable."""
        return await self._counted(integration, queries.parsed(query))

    async def _counted(self, integration: Integration, query: Query) -> int:
        if not query.exact:
            return len(await self._looked_at(integration, query))
        self.looks.spend(integration, 1)
        return await self.stores.groups.count_of_integration(integration.server_id, integration.id, query.statuses)

    async def _looked_at(self, integration: Integration, query: Query) -> list[AlertGroup]:
        """Among the newest; a few at a time, so that others get their turn. Costs as if there were that many."""
        most = MOST_LOOKED_AT // AT_ONCE
        self.looks.spend(integration, most)
        found: list[AlertGroup] = []
        pages = self.stores.groups.pages_of_integration(
            integration.server_id, integration.id, query.statuses, page=AT_ONCE, most=most
        )
        async for page in pages:
            found += filter(query.holds, page)
        return found

    async def paged(self, group: AlertGroup) -> dict[str, Person]:
        """Those who were told, by id."""
        ids = tuple(dict.fromkeys(page.person_id for page in group.pages.values()))
        return await self.stores.people.with_ids(group.server_id, ids)

    async def beat(self, integration: Integration) -> None:
        """Raises NotFound, Busy, Unavailable."""
        decide = partial(heartbeats.beat, now=self.clock())
        await self.stores.heartbeats.change(integration.server_id, integration.id, decide)

    async def find(self, integration: Integration, identifier: str, type_: str) -> AlertGroup:
        """By id, tiny id (our number) or the alias of a live group. Raises NotFound."""
        groups, server_id = self.stores.groups, integration.server_id
        group: AlertGroup | None = None
        if type_ == "alias":
            live = await groups.live({open_key(server_id, integration.id, clean_key(identifier)): server_id})
            group = next((claim.doc for claim in live.values()), None)
        elif type_ == "tiny":
            number = int(identifier) if identifier.isdecimal() and len(identifier) <= LONGEST_NUMBER else 0
            group = await groups.by_number(server_id, number)
        else:
            group = await groups.find(server_id, identifier)
        if group is None or group.integration_id != integration.id:
            raise _unknown()
        return group


def _unknown() -> NotFound:
    return NotFound(say("There is no such alert."))
