"""What the worker asks all day long costs the same however many documents wait for their time."""

from datetime import timedelta

from bot.core.changes import Change
from bot.core.replacing import replace
from bot.storage.mongo import Database
from bot.storage.stores import Stores
from tests.clock import HeldClock
from tests.profiler import examined
from tests.storage.samples import group, opened_group

WAITING = 3_000
DUE = 7
LEASE = timedelta(seconds=20)


async def test_claiming_looks_at_nothing_that_is_not_due(stores: Stores, database: Database, clock: HeldClock):
    later = clock() + timedelta(hours=2)
    waiting = [group(clock(), number=number, key=f"w{number}") for number in range(WAITING)]
    for begin in range(0, WAITING, 1_000):
        many = [(Change(doc=replace(one, due_at=later)), None) for one in waiting[begin : begin + 1_000]]
        assert not await stores.groups.put_many(many)
    for number in range(DUE):
        await stores.groups.add(opened_group(clock(), number=WAITING + number, key=f"d{number}", channel_id="town"))
    async with examined(database) as operations:
        assert len(await stores.groups.claim(100, lease=LEASE)) == DUE
        assert await stores.groups.next_wake() == clock() + LEASE
    assert len(operations) == 4
    for one in operations:
        assert one.get("docsExamined", 0) <= DUE, one
        assert one.get("keysExamined", 0) <= 2 * DUE, one
