"""What the bot asks its database while people and senders are busy: no collection is looked through from end to end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.scenarios.world import World

# One record per tenant or process: whoever wants all of them has to look at all.
SMALL = {"servers", "system.profile"}


@pytest.fixture
def surface() -> str:
    return "native-11.1"


@asynccontextmanager
async def profiled(world: World) -> AsyncIterator[list[dict[str, Any]]]:
    """MongoDB writes down every command and its plan; they are in the list afterwards."""
    database = world.database.collection("groups").database
    seen: list[dict[str, Any]] = []
    await database.command("profile", 2)
    try:
        yield seen
    finally:
        await database.command("profile", 0)
        seen += [record async for record in database["system.profile"].find({})]
        await database["system.profile"].drop()


def scans(seen: list[dict[str, Any]]) -> set[str]:
    """What was looked for from end to end."""
    return {
        f"{name}: {sorted(record['command'].get('filter') or record['command'].get('q') or {})}"
        for record in seen
        if "COLLSCAN" in record.get("planSummary", "")
        and (name := record["ns"].partition(".")[2]) not in SMALL
        and record["op"] != "getmore"  # of a tailing cursor
    }


async def test_nothing_is_looked_for_from_end_to_end(world: World) -> None:
    async with profiled(world) as seen:
        await world.root.types("/oncall integration heartbeat Prometheus 1d", channel="alerts")
        for name in ("DiskFull", "HighErrorRate"):
            await world.fire(name, instances=("web-1", "web-2"))
        for typed in ("list", "who", "show 1", "ack 1", "why 1", "note 1 Disk full", "silence 2 1h", "resolve 1", "me"):
            await world.ana.types(f"/oncall {typed}")
        for typed in ("integration list", "people list", "integration test Prometheus"):
            await world.root.types(f"/oncall {typed}")
        await world.end("HighErrorRate", instances=("web-1", "web-2"))
        await world.pass_time(minutes=10)
        await world.services.resealing.look()
        await world.services.expiring.look()
        await world.services.stores.delete_server(world.server_id)
    assert any(record["ns"].endswith(".groups") for record in seen)
    assert scans(seen) == set()
