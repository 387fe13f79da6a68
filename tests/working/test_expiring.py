"""Alert groups of an older release end, too."""

from datetime import timedelta
from typing import Any

from bot.core import alerts
from bot.core.alert_group import Alert, AlertGroup
from bot.storage.stores import Stores
from bot.working.expiring import AT_ONCE, TURN, Expiring
from bot.working.hourly import LEASE
from tests.clock import HeldClock

FIRED = Alert(fingerprint="a", firing=True, title="Disk")


def expiring(stores: Stores, clock: HeldClock) -> Expiring:
    return Expiring(groups=stores.groups, once=stores.once, clock=clock)


async def add(stores: Stores, clock: HeldClock, number: int, *, resolved: bool = True, kept_days: int = 365) -> None:
    group = AlertGroup(
        id=f"g{number}",
        server_id="s1",
        number=number,
        integration_id="i",
        integration_name="Prom",
        key=str(number),
        title="Disk",
        opened_at=clock(),
        changed_at=clock(),
        kept_days=kept_days,
    )
    change = alerts.opened(group, [FIRED], now=clock())
    await stores.groups.add(alerts.resolve(change.doc, by="@ana", now=clock()) if resolved else change)


async def as_of_old(stores: Stores, *, ids: list[str]) -> None:
    """As an older release left them."""
    await stores.database.collection("groups").update_many(
        {"_id": {"$in": ids}}, {"$unset": {"expire_at": 1, "doc.kept_days": 1}}
    )


async def record(stores: Stores, id_: str) -> dict[str, Any]:
    found = await stores.database.collection("groups").find_one({"_id": id_})
    assert found is not None
    return dict(found)


async def test_what_was_resolved_long_ago_gets_the_end_of_today(stores: Stores, clock: HeldClock) -> None:
    await add(stores, clock, 1)
    await add(stores, clock, 2, resolved=False)
    await add(stores, clock, 3, kept_days=30)
    resolved_at = clock()
    await as_of_old(stores, ids=["g1", "g2"])
    clock.advance(seconds=1000)
    assert await expiring(stores, clock).look() == 1
    assert (await record(stores, "g1"))["expire_at"] == resolved_at + timedelta(days=365)
    assert "expire_at" not in await record(stores, "g2")
    assert (await record(stores, "g3"))["expire_at"] == resolved_at + timedelta(days=30)
    assert await expiring(stores, clock).look() == 0


async def test_it_counts_from_the_days_that_were_chosen_when_the_group_opened(stores: Stores, clock: HeldClock) -> None:
    await add(stores, clock, 1, kept_days=30)
    await stores.database.collection("groups").update_one({"_id": "g1"}, {"$unset": {"expire_at": 1}})
    await expiring(stores, clock).look()
    assert (await record(stores, "g1"))["expire_at"] == clock() + timedelta(days=30)


async def test_all_of_them_in_slices(stores: Stores, clock: HeldClock) -> None:
    numbers = range(1, AT_ONCE + 3)
    for number in (1, 2):
        await add(stores, clock, number)
    copied = await record(stores, "g1")
    copies = [copied | {"_id": f"g{number}", "number": number} for number in numbers[2:]]
    await stores.database.collection("groups").insert_many(copies)
    await as_of_old(stores, ids=[f"g{number}" for number in numbers])
    assert await expiring(stores, clock).look() == len(numbers)
    assert await stores.database.collection("groups").count_documents({"expire_at": None}) == 0


async def test_one_process_after_the_other(stores: Stores, clock: HeldClock) -> None:
    await add(stores, clock, 1)
    await as_of_old(stores, ids=["g1"])
    await stores.once.reserve(TURN, until=clock() + LEASE)
    assert not await expiring(stores, clock).look_in_turn()
    assert "expire_at" not in await record(stores, "g1")
    await stores.once.release(TURN)
    assert await expiring(stores, clock).look_in_turn()
    assert "expire_at" in await record(stores, "g1")
