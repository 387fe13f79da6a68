"""Maintenances as every process knows them."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from bot.core import maintenance
from bot.core.maintenance import Maintenance
from bot.storage.directory import REMEMBERED_SECONDS
from bot.storage.maintenances import Maintenances
from bot.storage.mongo import Database
from tests.clock import HeldClock

TWO_SECONDS = 2.0


def planned(clock: HeldClock, id_: str, server_id: str = "s1") -> Maintenance:
    return Maintenance(id=id_, server_id=server_id, created_at=clock(), begins_at=clock(), seconds=3600)


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


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
