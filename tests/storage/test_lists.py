"""Lists of alert groups: what they cost does not grow with what the groups hold, nor counting them with their size."""

from datetime import timedelta

from structlog.testing import capture_logs

from bot.core.alert_group import Alert, AlertGroup, Line, Status
from bot.core.changes import Change
from bot.core.replacing import replace
from bot.storage.mongo import Database
from bot.storage.stores import Stores
from tests.clock import HeldClock
from tests.profiler import examined
from tests.storage.samples import SERVER, group, opened_group

GROUPS = 2_000


def filled(clock: HeldClock, number: int, severity: str) -> AlertGroup:
    samples = tuple(Alert(fingerprint=f"f{each}", firing=True, title="Disk", summary="x" * 200) for each in range(8))
    one = group(clock(), number=number, key=f"k{number}", labels={f"label{each}": "x" * 50 for each in range(20)})
    return replace(one, severity=severity, samples=samples, firing=tuple(f"f{each}" for each in range(200)))


async def fill(stores: Stores, clock: HeldClock) -> None:
    """Every hundredth is critical, the first of them was first."""
    for begin in range(0, GROUPS, 500):
        many = [
            filled(clock, number, "critical" if number % 100 == 0 else "warning")
            for number in range(begin, begin + 500)
        ]
        assert not await stores.groups.put_many([(Change(doc=one), None) for one in many])


async def test_groups_are_counted_from_the_index_alone(stores: Stores, database: Database, clock: HeldClock):
    await fill(stores, clock)
    async with examined(database) as operations:
        known = await stores.groups.severities(SERVER, Status.FIRING, most=100_000)
    assert known == {"critical": GROUPS // 100, "warning": GROUPS - GROUPS // 100}
    (counted,) = operations
    assert (counted["docsExamined"], counted["keysExamined"]) == (0, GROUPS)


async def test_no_more_are_counted_than_are_wanted(stores: Stores, clock: HeldClock):
    await fill(stores, clock)
    known = await stores.groups.severities(SERVER, Status.FIRING, most=150)
    assert sum(known.values()) == 150


async def test_of_a_page_only_what_is_shown_is_read(stores: Stores, database: Database, clock: HeldClock):
    await fill(stores, clock)
    async with examined(database) as operations:
        lines = await stores.groups.lines(SERVER, Status.FIRING, ["critical"], skip=10, limit=5)
    assert [line.number for line in lines] == [900, 800, 700, 600, 500]
    assert lines[0] == Line(
        number=900,
        title="Disk is full",
        status=Status.FIRING,
        severity="critical",
        opened_at=clock(),
        changed_at=clock(),
    )
    (read,) = operations
    assert read["docsExamined"] <= 15 and read["responseLength"] < 5 * 500


async def silence(database: Database, clock: HeldClock) -> None:
    """All of them; the higher the number, the sooner it ends, two by two."""
    end = {"$subtract": [clock() + timedelta(days=1), {"$multiply": [1_000, {"$trunc": {"$divide": ["$number", 2]}}]}]}
    silent = {"$set": {"status": Status.SILENCED.value, "doc.status": Status.SILENCED.value, "doc.silenced_until": end}}
    await database.collection("groups").update_many({}, [silent])


async def test_silences_are_ordered_by_their_index_and_no_more_are_passed_over_than_stand_before(
    stores: Stores, database: Database, clock: HeldClock
):
    await fill(stores, clock)
    await silence(database, clock)
    async with examined(database) as operations:
        numbers = await stores.groups.silenced(SERVER, skip=10, limit=4)
    assert numbers == [1988, 1989, 1986, 1987]
    (read,) = operations
    assert (read["docsExamined"], read["keysExamined"], read.get("hasSortStage")) == (0, 14, None)


async def test_among_many_silences_only_those_of_maintenance_are_read(
    stores: Stores, database: Database, clock: HeldClock
):
    await fill(stores, clock)
    await silence(database, clock)
    async with examined(database) as operations:
        assert await stores.groups.muted(SERVER, 0, 100) == []
    assert [(one["docsExamined"], one["keysExamined"]) for one in operations] == [(0, 0)]
    kept = database.collection("groups")
    await kept.update_many({"number": {"$in": [9, 900, 1900]}}, {"$set": {"doc.maintenance_id": "m"}})
    await kept.update_one({"number": 9}, {"$set": {"status": Status.RESOLVED.value}})
    async with examined(database) as operations:
        assert [one.number for one in await stores.groups.muted(SERVER, 0, 100)] == [900, 1900]
        assert [one.number for one in await stores.groups.muted(SERVER, 900, 100)] == [1900]
    assert [(one["docsExamined"], one.get("hasSortStage")) for one in operations] == [(2, None), (1, None)]


async def test_the_order_of_silences_is_no_detour_for_the_other_lists(
    stores: Stores, database: Database, clock: HeldClock
):
    await fill(stores, clock)
    await silence(database, clock)
    async with examined(database) as operations:
        await stores.groups.severities(SERVER, Status.SILENCED, most=100_000)
        await stores.groups.headings(SERVER, Status.SILENCED, 20)
        await stores.groups.lines(SERVER, Status.SILENCED, ["warning"], skip=0, limit=20)
    counted, *others = operations
    assert (counted["docsExamined"], counted["keysExamined"]) == (0, GROUPS)
    assert [(one["docsExamined"], one.get("hasSortStage")) for one in others] == [(20, None), (20, None)]


async def test_one_that_only_a_newer_release_can_read_is_left_out_and_told_of_once(
    stores: Stores, database: Database, clock: HeldClock
):
    for number in (1, 2, 3):
        await stores.groups.add(opened_group(clock(), number=number, key=f"k{number}"))
    await database.collection("groups").update_one({"number": 2}, {"$set": {"doc.title": ["Disk", "full"]}})
    with capture_logs() as told:
        for _ in range(2):
            lines = await stores.groups.lines(SERVER, Status.FIRING, [""], skip=0, limit=10)
            headings = await stores.groups.headings(SERVER, Status.FIRING, 10)
            whole = await stores.groups.open(SERVER, 10)
            assert [one.number for one in lines] == [one.number for one in headings] == [3, 1]
            assert [one.number for one in whole] == [3, 1]
    (line,) = told
    assert (line["event"], line["collection"], line["log_level"]) == ("document not understood", "groups", "error")
