"""T17: how fast due documents are claimed, beside the same pattern with nothing around it; and with how many conflicts.

The pattern is: find what is due, take it with one conditional update under a fresh token, read back what was taken.
"""

import asyncio
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.write_concern import WriteConcern

from bot.clock import DatabaseClock
from bot.core.alert_group import AlertGroup, Step
from bot.core.changes import Change
from bot.storage.mongo import Database
from bot.storage.stores import open_stores

AT_ONCE = 100
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class Claims:
    limit_per_second: float
    bot_per_second: float
    conflicts_per_job: float
    twice: int
    left: int


async def measure(uri: str, *, jobs: int, claimers: int) -> Claims:
    """The limit has one claimer; the bot so many that compete for the same documents, each with what it learns."""
    database = Database(uri, name=f"bench_{secrets.token_hex(4)}")
    client: Any = AsyncIOMotorClient(uri)
    try:
        stores = open_stores(database, DatabaseClock())
        await stores.prepare()
        await _fill(stores.groups, jobs)
        limit = await _limit(client[database.name]["groups"], jobs)
        await stores.database.empty()
        await _fill(stores.groups, jobs)
        rivals = [open_stores(database, DatabaseClock()) for _ in range(claimers)]
        before, began = await _conflicts(client), time.perf_counter()
        taken = await asyncio.gather(*(_claim(each.groups) for each in rivals))
        took = time.perf_counter() - began
        ids = [id_ for one in taken for id_ in one]
        return Claims(
            limit_per_second=limit,
            bot_per_second=len(ids) / took,
            conflicts_per_job=(await _conflicts(client) - before) / jobs,
            twice=len(ids) - len(set(ids)),
            left=jobs - len(set(ids)),
        )
    finally:
        await client.drop_database(database.name)
        client.close()
        database.close()


async def _claim(groups: Any) -> list[str]:
    ids: list[str] = []
    empty = 0
    while empty < 3:  # another may have taken all that one look found
        claims = await groups.claim(AT_ONCE, lease=LEASE)
        empty = 0 if claims else empty + 1
        ids += [claim.id for claim in claims]
    return ids


async def _limit(collection: Any, jobs: int) -> float:
    began, done = time.perf_counter(), 0
    strict = collection.with_options(write_concern=WriteConcern(w="majority", j=True))
    while done < jobs:
        now, token = datetime.now(UTC), secrets.token_hex(8)
        cursor = collection.find({"wake_at": {"$lte": now}}, {"_id": 1}, sort=[("wake_at", 1)], limit=AT_ONCE)
        ids = [one["_id"] for one in await cursor.to_list(AT_ONCE)]
        until = now + LEASE
        await strict.update_many(
            {"_id": {"$in": ids}, "wake_at": {"$lte": now}},
            {"$set": {"lease": token, "lease_until": until, "wake_at": until}},
        )
        done += len(await collection.find({"_id": {"$in": ids}, "lease": token}).to_list(AT_ONCE))
    return jobs / (time.perf_counter() - began)


async def _conflicts(client: Any) -> int:
    status = await client.admin.command("serverStatus")
    return int(status["metrics"]["operation"]["writeConflicts"])


async def _fill(groups: Any, jobs: int) -> None:
    now = datetime.now(UTC)
    for begin in range(0, jobs, 1_000):
        many = [_due(number, now) for number in range(begin, min(begin + 1_000, jobs))]
        assert not await groups.put_many([(Change(doc=group), None) for group in many])


def _due(number: int, now: datetime) -> AlertGroup:
    return AlertGroup(
        id=f"job{number}",
        server_id="bench",
        number=number,
        integration_id="bench",
        integration_name="Prometheus",
        key=str(number),
        title="Disk is full",
        labels={"instance": "10.0.0.1:9100"},
        opened_at=now,
        changed_at=now,
        chain=(Step(wait=0, people=("ana",)),),
        due_at=now - timedelta(seconds=1),
    )
