"""What is done to many alert groups is done to all of them, also behind one that only a newer release can read."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tornado.ioloop import IOLoop

from bot.core.alert_group import Status
from bot.core.changes import ActOnAll, Change, Effect, RedrawGroups, ReviewGroups
from bot.core.maintenance import Maintenance
from bot.core.replacing import replace
from bot.core.storms import Storm
from bot.delivery.delivery import Delivery
from bot.delivery.maintenances import READ_AT_ONCE
from bot.delivery.of_server import SLICE as REDRAWN_AT_ONCE
from bot.delivery.storms import SLICE
from bot.storage.mongo import Database
from bot.storage.stores import Stores
from tests.clock import HeldClock
from tests.core.groups import blank
from tests.mattermost.world import World

ODD = 5


@pytest.fixture
def world(io_loop: IOLoop, clock: HeldClock) -> Iterator[World]:
    world = World(clock)
    io_loop.run_sync(world.start)
    yield world
    io_loop.run_sync(world.close)


@pytest.fixture
def delivery(io_loop: IOLoop, world: World, stores: Stores, clock: HeldClock) -> Delivery:
    io_loop.run_sync(lambda: stores.servers.add(Change(doc=world.server())))
    return Delivery(
        stores=stores, access=world.access, vault=world.vault, clock=clock, public_url="http://oncall.example"
    )


async def fill(stores: Stores, database: Database, count: int, odd: int = ODD, **made: object) -> None:
    """One cannot be read."""
    docs = [blank(id=f"G{number}", number=number, key=str(number), **made) for number in range(1, count + 1)]
    assert await stores.groups.put_many([(Change(doc=doc), None) for doc in docs]) == {}
    await database.collection("groups").update_one({"number": odd}, {"$set": {"doc.labels": "team=db"}})


async def numbers(database: Database, status: Status) -> list[int]:
    found = database.collection("groups").find({"status": status.value}, {"number": 1}, sort=[("number", 1)])
    return [one["number"] for one in await found.to_list(length=10_000)]


async def test_all_of_a_storm(stores: Stores, database: Database, delivery: Delivery, clock: HeldClock):
    storm = Storm(id="s", server_id="S1", channel_id="town", limit=20, began_at=clock(), minute_at=clock())
    await stores.storms.add(Change(doc=storm))
    await fill(stores, database, SLICE + 30, storm="s")
    acknowledge = Effect(key="all", do=ActOnAll(verb="ack", by="@ana", at=clock()))
    await delivery.storm(storm, acknowledge, since=clock())
    assert await numbers(database, Status.FIRING) == [ODD]


async def test_all_that_maintenance_silenced(stores: Stores, database: Database, delivery: Delivery, clock: HeldClock):
    one = Maintenance(id="m", server_id="S1", created_at=clock(), begins_at=clock(), seconds=3600)
    until = clock() + timedelta(hours=1)
    silent = {"status": Status.SILENCED, "maintenance_id": "m", "silenced_until": until}
    await fill(stores, database, READ_AT_ONCE + 30, **silent)
    over = replace(one, ended_at=clock())
    await delivery.maintenance(over, Effect(key="review", do=ReviewGroups()), since=clock())
    assert await numbers(database, Status.SILENCED) == [ODD]


async def test_all_posts_that_are_drawn_anew(stores: Stores, database: Database, delivery: Delivery, world: World):
    count = REDRAWN_AT_ONCE + 30
    await fill(stores, database, count, odd=count - ODD)
    effects: tuple[Effect, ...] = (Effect(key="redraw", do=RedrawGroups()),)
    while effects:
        learned = await delivery.server(world.server(), effects[0])
        effects = learned(world.server()).effects
    drawn = {"outbox.key": "draw:card"}
    assert await database.collection("groups").count_documents(drawn) == count - 1
