"""What was removed is deleted after a week, with everything that belongs to it and nothing else."""

import pytest

from bot.core.servers import State
from bot.secret import Secret
from bot.storage.mongo import DELETED_AT_ONCE
from tests.scenarios.world import World

COLLECTIONS = ("servers", "people", "integrations", "groups", "alerts", "heartbeats", "counters")
NATIVE = pytest.mark.parametrize("surface", ["native-12.0"])


async def left(world: World) -> dict[str, int]:
    """How many records of whom."""
    found: dict[str, int] = {}
    for name in COLLECTIONS:
        async for record in world.database.collection(name).find({}):
            owner = record.get("server_id", record["_id"])
            found[f"{owner} {name}"] = found.get(f"{owner} {name}", 0) + 1
    return found


async def remove(world: World) -> None:
    server = await world.services.stores.servers.by_id(world.server_id)
    assert server is not None
    await world.services.installing.uninstalled(server)


async def skip(world: World, *, days: float) -> None:
    world.clock.advance(seconds=days * 24 * 3600)
    await world.settle()


async def other_tenant(world: World) -> str:
    """The same records under another name."""
    for name in COLLECTIONS:
        collection = world.database.collection(name)
        async for record in collection.find({}):
            other = {key: value for key, value in record.items() if key not in ("wake_at", "key_digests", "open_key")}
            owned = {"server_id": "other"} if "server_id" in record else {}
            is_owner = name in ("servers", "counters")
            await collection.insert_one({**other, **owned, "_id": "other" if is_owner else f"other {record['_id']}"})
    return "other"


@NATIVE
async def test_after_a_week_everything_of_it_is_gone_and_nothing_else(world: World) -> None:
    await world.root.types("/oncall integration heartbeat Prometheus 1d", channel="alerts")
    for name in ("DiskFull", "HighErrorRate"):
        await world.fire(name, instances=("web-1", "web-2"))
    other = await other_tenant(world)
    await remove(world)
    before = await left(world)
    assert {key.split()[1] for key in before if key.startswith(world.server_id)} == set(COLLECTIONS)

    await skip(world, days=6.9)
    assert await left(world) == before
    await skip(world, days=0.2)
    assert await left(world) == {key: count for key, count in before.items() if key.startswith(other)}


@NATIVE
async def test_more_than_one_piece_is_deleted(world: World) -> None:
    alerts = world.database.collection("alerts")
    await alerts.insert_many([{"server_id": world.server_id} for _ in range(2 * DELETED_AT_ONCE + 1)])
    await world.services.stores.delete_server(world.server_id)
    assert await alerts.count_documents({}) == 0


@NATIVE
async def test_what_is_served_is_not_deleted_itself(world: World) -> None:
    await world.services.stores.servers.delete_of(world.server_id)
    assert await world.services.stores.servers.by_id(world.server_id) is not None


@NATIVE
async def test_installing_again_within_the_week_keeps_everything(world: World) -> None:
    await world.fire()
    server = await world.services.stores.servers.by_id(world.server_id)
    assert server is not None
    await remove(world)
    before = await left(world)
    await skip(world, days=6)
    token = Secret(world.simulator.session(world.root.user))
    await world.services.installing_natively.move(server, world.simulator.site_url, token)
    await skip(world, days=3)
    assert await left(world) == before


@NATIVE
async def test_a_set_up_that_nobody_used_is_deleted(bare_world: World) -> None:
    created = await bare_world.services.setup.create("Nobody")
    await skip(bare_world, days=1.9)
    server = await bare_world.services.stores.servers.by_id(created.server_id)
    assert server is not None and server.state is State.PENDING
    await skip(bare_world, days=0.2)
    assert await left(bare_world) == {}
