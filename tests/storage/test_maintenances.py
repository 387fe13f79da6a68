"""Maintenances as every process knows them."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from bot.core import maintenance
from bot.core.maintenance import Maintenance, Repeats
from bot.core.replacing import replace
from bot.storage.directory import REMEMBERED_SECONDS
from bot.storage.maintenances import KEPT, Maintenances
from bot.storage.mongo import Database
from tests.clock import HeldClock, Ticks

TWO_SECONDS = 2.0


def planned(clock: HeldClock, id_: str, server_id: str = "s1") -> Maintenance:
    return Maintenance(id=id_, server_id=server_id, created_at=clock(), begins_at=clock(), seconds=3600)


async def test_what_another_process_starts_or_ends_is_known_within_two_seconds(
    connect: Callable[[], Database], database: Database, clock: HeldClock
) -> None:
    ticks = Ticks()
    here, there = Maintenances(database, clock), Maintenances(connect(), clock, ticks=ticks)
    assert await there.recent(["s1"]) == {"s1": ()}
    await here.add(maintenance.planned(planned(clock, "m1"), now=clock()))
    assert await there.recent(["s1"]) == {"s1": ()}  # remembered
    assert REMEMBERED_SECONDS < TWO_SECONDS
    ticks.now += REMEMBERED_SECONDS
    assert [one.id for one in (await there.recent(["s1"]))["s1"]] == ["m1"]
    await here.change("s1", "m1", partial(maintenance.end, by="@ana", now=clock()))
    ticks.now += REMEMBERED_SECONDS
    assert await there.recent(["s1"]) == {"s1": ()}


async def test_what_this_process_changes_it_knows_at_once(database: Database, clock: HeldClock) -> None:
    store = Maintenances(database, clock, ticks=Ticks())
    await store.recent(["s1"])
    await store.add(maintenance.planned(planned(clock, "m1"), now=clock()))
    assert [one.id for one in (await store.recent(["s1"]))["s1"]] == ["m1"]


async def test_servers_are_asked_for_together_and_kept_apart(database: Database, clock: HeldClock) -> None:
    store = Maintenances(database, clock)
    for id_, server_id in (("m1", "s1"), ("m2", "s2"), ("m3", "s2")):
        await store.add(maintenance.planned(planned(clock, id_, server_id), now=clock()))
    found = await store.recent(["s1", "s2", "s3"])
    assert {server_id: sorted(one.id for one in some) for server_id, some in found.items()} == {
        "s1": ["m1"],
        "s2": ["m2", "m3"],
        "s3": [],
    }


async def test_what_is_over_is_not_current_any_more(database: Database, clock: HeldClock) -> None:
    store = Maintenances(database, clock)
    await store.add(maintenance.planned(planned(clock, "m1"), now=clock()))
    clock.advance(seconds=timedelta(hours=1).total_seconds())
    await store.change("s1", "m1", partial(maintenance.advance, now=clock()))
    assert await store.current("s1") == []
    assert await store.find("s1", "m1") is not None


async def records(database: Database) -> dict[str, dict[str, Any]]:
    found = await database.collection("maintenances").find().to_list(None)
    return {record["_id"]: record for record in found}


async def test_it_is_deleted_three_months_after_its_end(database: Database, clock: HeldClock) -> None:
    store = Maintenances(database, clock)
    await store.prepare()
    for id_ in ("passed", "called off"):
        await store.add(maintenance.planned(planned(clock, id_), now=clock()))
    assert all("expire_at" not in record for record in (await records(database)).values())
    clock.advance(seconds=60)
    await store.change("s1", "called off", partial(maintenance.end, by="@ana", now=clock()))
    called_off = clock()
    clock.advance(seconds=timedelta(hours=1).total_seconds())
    await store.change("s1", "passed", partial(maintenance.advance, now=clock()))
    found = await records(database)
    assert found["called off"]["expire_at"] == called_off + KEPT
    assert found["passed"]["expire_at"] == found["passed"]["doc"]["begins_at"] + timedelta(hours=1) + KEPT
    indexes = await database.collection("maintenances").index_information()
    assert indexes["expire_at_1"]["expireAfterSeconds"] == 0


async def test_what_comes_again_is_kept_until_it_is_ended_for_good(database: Database, clock: HeldClock) -> None:
    store = Maintenances(database, clock)
    daily = replace(planned(clock, "m1"), repeats=Repeats.DAILY)
    await store.add(maintenance.planned(daily, now=clock()))
    clock.advance(seconds=timedelta(days=200).total_seconds())
    await store.change("s1", "m1", partial(maintenance.advance, now=clock()))
    assert "expire_at" not in (await records(database))["m1"]
    await store.change("s1", "m1", partial(maintenance.end, by="@ana", now=clock()))
    assert "expire_at" not in (await records(database))["m1"]
    await store.change("s1", "m1", partial(maintenance.end, by="@ana", now=clock(), for_good=True))
    assert (await records(database))["m1"]["expire_at"] == clock() + KEPT
