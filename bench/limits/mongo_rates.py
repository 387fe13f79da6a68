"""How many durable writes per second mongod takes from one process with this driver: the limit of ingestion."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import UpdateOne

from bench.env import Figures, figures

IN_FLIGHT = 32
WARM_UP_SECONDS = 0.3
FILLING = "x" * 600


async def measure(uri: str, *, per_bulk: int, seconds: float, in_flight: int = IN_FLIGHT) -> Figures:
    """Upserts of new documents with majority and journal: single ones, or `per_bulk` in an unordered bulk."""
    client: Any = AsyncIOMotorClient(uri, w="majority", journal=True, maxPoolSize=in_flight + 4)
    collection = client["bench"]["upserts"]
    await collection.drop()
    await collection.create_index([("status", 1), ("updated_at", 1)])
    numbers = itertools.count()

    def update() -> UpdateOne:
        number = next(numbers)
        values = {"status": "firing", "updated_at": datetime.now(UTC), "title": "Disk is full", "text": FILLING}
        return UpdateOne({"_id": f"alert-{number}"}, {"$set": values, "$inc": {"count": 1}}, upsert=True)

    async def single() -> None:
        one = update()
        await collection.update_one(one._filter, one._doc, upsert=True)

    async def bulk() -> None:
        await collection.bulk_write([update() for _ in range(per_bulk)], ordered=False)

    try:
        return await _closed_loop(single if per_bulk == 1 else bulk, seconds, in_flight)
    finally:
        await client.drop_database("bench")
        client.close()


async def _closed_loop(operation: Callable[[], Awaitable[None]], seconds: float, in_flight: int) -> Figures:
    latencies: list[float] = []
    begin = time.perf_counter() + WARM_UP_SECONDS
    end = begin + seconds

    async def run() -> None:
        while (started := time.perf_counter()) < end:
            await operation()
            done = time.perf_counter()
            if started >= begin and done <= end:
                latencies.append(done - started)

    await asyncio.gather(*(run() for _ in range(in_flight)))
    return figures(latencies, seconds)
