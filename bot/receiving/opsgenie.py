"""Opsgenie's Alert API over our alert groups: which group a request is about, and what it says of one.

Its answers come before the work is done there; here it is done first, so that 202 means what it means everywhere. The
id of a request is the id of the alert group in another spelling, so that asking for the request finds the alert.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from bot.clock import Clock
from bot.core import heartbeats
from bot.core.alert_group import AlertGroup, Status
from bot.core.integrations import Integration
from bot.core.text import say
from bot.errors import NotFound
from bot.integrations import opsgenie
from bot.integrations.opsgenie import SEVERITIES, Step
from bot.integrations.payload import clean_key
from bot.receiving.reception import Reception
from bot.storage.groups import open_key
from bot.storage.ids import id_of, number_of
from bot.storage.stores import Stores

Json = Mapping[str, Any]
LONGEST_NUMBER = 12
MOST_LOOKED_AT = 1000


class NotSupported(Exception):
    """A request of Opsgenie's API that has no counterpart here."""


@dataclass(frozen=True, slots=True)
class OpsgenieApi:
    """Every method is about one integration: no other's groups are found."""

    stores: Stores
    reception: Reception
    clock: Clock

    async def create(self, integration: Integration, document: Json, body: bytes) -> str:
        """The id of the request. `body` is the document as it came. Raises Invalid, Unavailable."""
        return await self._take(integration, opsgenie.created(document), body)

    async def act(self, integration: Integration, action: str, identifier: str, type_: str, document: Json) -> str:
        """The id of the request. Raises Invalid, NotSupported, NotFound, Unavailable."""
        if action != "close" and action not in (*opsgenie.VERBS, *opsgenie.NOTED):
            raise NotSupported(action)
        alias = clean_key(identifier)
        if type_ != "alias":
            alias = (await self.find(integration, identifier, type_)).key
        return await self._take(integration, opsgenie.acted(action, alias, document, now=self.clock()))

    async def _take(self, integration: Integration, step: Step, body: bytes = b"") -> str:
        numbers: tuple[int, ...] = ()
        for payload in step.payloads:
            numbers = (*numbers, *(await self.reception.take(integration, payload, body)).groups)
        if not numbers:
            return str(uuid.uuid4())  # nothing was there to act upon; Opsgenie accepts that, too
        group = await self.stores.groups.by_number(integration.server_id, numbers[-1])
        return request_id(group) if group else str(uuid.uuid4())

    async def requested(self, integration: Integration, request: str) -> AlertGroup:
        """The group that a request was about. Raises NotFound."""
        try:
            id_ = id_of(uuid.UUID(request).int)
        except ValueError:
            raise _unknown() from None
        return await self.find(integration, id_, "id")

    async def listed(self, integration: Integration, query: str, *, offset: int, limit: int) -> list[AlertGroup]:
        """The newest first; of the language of queries only `status` is understood."""
        wanted = [status for status in Status if _asked_for(status, query.lower().replace(" ", ""))]
        if not limit or offset + limit > MOST_LOOKED_AT:
            return []
        return await self.stores.groups.of_integration(
            integration.server_id, integration.id, wanted, limit=limit, skip=offset
        )

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


def _asked_for(status: Status, query: str) -> bool:
    if "status:open" in query or "status=open" in query:
        return status is not Status.RESOLVED
    if "status:closed" in query or "status=closed" in query:
        return status is Status.RESOLVED
    return True


def _unknown() -> NotFound:
    return NotFound(say("There is no such alert."))


def request_id(group: AlertGroup) -> str:
    return str(uuid.UUID(int=number_of(group.id)))


def drawn(group: AlertGroup, *, integration: Integration) -> dict[str, Any]:
    """An alert as Opsgenie's "Get Alert" shows it, as far as we know it."""
    priorities = {severity: priority for priority, severity in SEVERITIES.items()}
    return {
        "id": group.id,
        "tinyId": str(group.number),
        "alias": group.key,
        "message": group.title,
        "status": "open" if group.live else "closed",
        "acknowledged": group.status is Status.ACKNOWLEDGED,
        "isSeen": group.status is not Status.FIRING,
        "tags": group.labels.get("tags", "").split(", ") if group.labels.get("tags") else [],
        "snoozed": group.status is Status.SILENCED,
        "snoozedUntil": _written(group.silenced_until),
        "count": group.alerts + group.repeats,
        "createdAt": _written(group.opened_at),
        "updatedAt": _written(group.changed_at),
        "lastOccurredAt": _written(group.changed_at),
        "source": group.labels.get("source", ""),
        "entity": group.labels.get("entity", ""),
        "owner": group.acknowledged_by,
        "priority": priorities.get(group.severity, opsgenie.USUAL),
        "teams": [],
        "responders": [],
        "actions": [],
        "integration": {"id": integration.id, "name": integration.name, "type": "API"},
        "description": group.summary,
        "details": group.labels,
    }


def _written(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
