"""All stores of one database together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.clock import Clock
from bot.storage.alerts import Alerts
from bot.storage.directory import Integrations, People, Servers
from bot.storage.documents import Documents
from bot.storage.groups import Groups
from bot.storage.heartbeats import Heartbeats
from bot.storage.lately import Lately
from bot.storage.maintenances import Maintenances
from bot.storage.mongo import Database
from bot.storage.nudges import Nudges
from bot.storage.once import Once
from bot.storage.payloads import Payloads
from bot.storage.storms import Storms


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    database: Database
    servers: Servers
    people: People
    integrations: Integrations
    groups: Groups
    alerts: Alerts
    once: Once
    heartbeats: Heartbeats
    maintenances: Maintenances
    payloads: Payloads
    storms: Storms
    nudges: Nudges
    lately: Lately

    async def prepare(self) -> None:
        """Create the indexes; quick when they exist."""
        stores = (self.servers, self.people, self.integrations, self.groups, self.alerts, self.once, self.heartbeats)
        more = (self.maintenances, self.payloads, self.storms, self.nudges, self.lately)
        await asyncio.gather(*(store.prepare() for store in (*stores, *more)))

    def nudge_others(self) -> None:
        """For a process without a worker: what it stores is served elsewhere."""
        for store in self._served:
            store.woken = partial(self.nudges.tell, store.collection_name)

    async def hear_nudges(self) -> None:
        """For a process with a worker, for ever: what others store is as if it had been stored here."""
        await self.nudges.hear({store.collection_name: store.woken for store in self._served})

    @property
    def _served(self) -> tuple[Documents[Any], ...]:
        return (self.servers, self.integrations, self.groups, self.heartbeats, self.maintenances, self.storms)

    async def delete_server(self, server_id: str) -> None:
        """One server with all that belongs to it, itself last: whatever interrupts this, it can be done again."""
        belongings = (self.integrations, self.heartbeats, self.maintenances, self.groups, self.storms)
        for store in (*belongings, self.alerts, self.payloads, self.people, self.servers):
            await store.delete_of(server_id)


def open_stores(database: Database, clock: Clock) -> Stores:
    return Stores(
        database=database,
        servers=Servers(database, clock),
        people=People(database, clock),
        integrations=Integrations(database, clock),
        groups=Groups(database, clock),
        alerts=Alerts(database, clock),
        once=Once(database),
        heartbeats=Heartbeats(database, clock),
        maintenances=Maintenances(database, clock),
        payloads=Payloads(database, clock),
        storms=Storms(database, clock),
        nudges=Nudges(database, clock),
        lately=Lately(database),
    )
