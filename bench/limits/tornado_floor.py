"""`python -m bench.limits.tornado_floor URI PORT`: the least that stores an alert safely, which is the limit of T4.

Tornado, and two writes one after the other that each wait for the journal of a majority: the alert, and what happened.
No proof of a key, no reading of what stands in the alert, no group, nobody paged.
"""

import asyncio
import itertools
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
import uvloop
from motor.motor_asyncio import AsyncIOMotorClient
from tornado.web import Application, RequestHandler

from bench.env import Figures, child, first_line
from bench.ports import free_port

DATABASE = "bench_floor"


class Take(RequestHandler):
    def initialize(self, database: Any, numbers: "itertools.count[int]") -> None:
        self._database, self._numbers = database, numbers

    async def post(self) -> None:
        alert, number, now = orjson.loads(self.request.body), next(self._numbers), datetime.now(UTC)
        values = {"status": "firing", "updated_at": now, "alert": alert["alerts"][0]}
        await self._database["alerts"].update_one({"_id": number}, {"$set": values}, upsert=True)
        await self._database["events"].insert_one({"_id": number, "at": now, "what": "fired"})
        self.set_status(202)
        self.finish({"accepted": 1})


async def serve(uri: str, port: int) -> None:
    client: Any = AsyncIOMotorClient(uri, w="majority", journal=True)
    await client.drop_database(DATABASE)
    await client[DATABASE]["alerts"].create_index([("status", 1), ("updated_at", 1)])
    given = {"database": client[DATABASE], "numbers": itertools.count()}
    Application([("/", Take, given)], log_function=lambda _: None).listen(port, "127.0.0.1")
    print("ready", flush=True)
    await asyncio.Event().wait()


@asynccontextmanager
async def running(uri: str) -> AsyncIterator[int]:
    """Its port."""
    port = free_port()
    async with child("bench.limits.tornado_floor", uri, str(port)) as floor:
        await first_line(floor)
        yield port


async def measure(uri: str, *, seconds: float) -> Figures:
    """One connection, each request as soon as the last one is answered."""
    async with running(uri) as port, child("bench.app.generator", str(port), "/", "1", "1", str(seconds)) as generator:
        found = json.loads(await first_line(generator))
        found.pop("began")
        return Figures(**found)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2])))
