"""Noticing what comes and goes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.core import storms
from bot.core.alert_group import Alert, AlertGroup
from bot.core.alerts import FLAPS
from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.core.maintenance import Maintenance, planned
from bot.core.replacing import replace
from bot.core.routing import Matcher, Operator, Route
from bot.integrations.payload import Bundle, Payload
from bot.receiving.flapping import REMEMBERED, WITHIN, Flapping
from bot.receiving.intake import Intake
from bot.storage.mongo import Database
from bot.storage.stores import Stores, open_stores
from tests.clock import HeldClock
from tests.profiler import examined

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def flapping(stores: Stores) -> Flapping:
    return Flapping(stores.lately)


async def test_a_key_flaps_when_it_opened_too_often_lately(flapping: Flapping):
    for number in range(FLAPS):
        assert await flapping.lasts(["k"], NOW + number * MINUTE) == {}
        await flapping.opened({"k": f"g{number}"}, NOW + number * MINUTE)
    assert await flapping.lasts(["k", "other"], NOW + 5 * MINUTE) == {"k": f"g{FLAPS - 1}"}
    assert await flapping.lasts(["k"], NOW + WITHIN) == {}


async def test_no_more_keys_are_remembered_than_fit_and_the_oldest_go_first(flapping: Flapping):
    for _ in range(FLAPS):
        await flapping.opened({"first": "g"}, NOW)
    await flapping.opened({f"k{number}": "g" for number in range(REMEMBERED)}, NOW)
    assert await flapping.lasts(["first"], NOW) == {}
    for _ in range(FLAPS):
        await flapping.opened({"late": "g"}, NOW)
    assert await flapping.lasts(["late"], NOW) == {"late": "g"}


async def test_what_opens_once_is_neither_told_nor_asked_for(flapping: Flapping, database: Database, clock: HeldClock):
    async with examined(database, "lately") as operations:
        assert await flapping.lasts(["a", "b"], clock()) == {}
        await flapping.opened({"a": "g1", "b": "g2"}, clock())
    assert operations == []


async def test_several_processes_notice_together_what_flaps(
    stores: Stores, connect: Callable[[], Database], clock: HeldClock, source: Integration
):
    """Each of them opened it before it knew; from then on they count together, wherever the next one comes."""
    shared = [open_stores(connect(), clock) for _ in range(3)]
    intakes = [Intake(one, clock, flapping=Flapping(one.lately)) for one in shared]
    numbers = []
    for turn in range(3 * FLAPS):
        clock.now += timedelta(seconds=30)
        opened = await intakes[turn % 3].accept(source, payload(firing=True))
        numbers += opened.groups
        await intakes[(turn + 1) % 3].accept(source, payload(firing=False))
    assert numbers[-1] == max(numbers) <= len(intakes) + 2
    assert len(set(numbers[max(numbers) :])) == 1


def payload(*, firing: bool, severity: str = "warning") -> Payload:
    alert = Alert(fingerprint="a", firing=firing, title="Link", severity=severity)
    return Payload(bundles=(Bundle(key="k", title="Link", severity=severity, alerts=(alert,)),))


@pytest.fixture
def source(clock: HeldClock) -> Integration:
    return Integration(
        id="i1",
        server_id="S1",
        name="Prom",
        kind="webhook",
        key_digests=("d",),
        channel_id="town",
        people=("P1",),
        created_at=clock(),
    )


@pytest.fixture
def intake(stores: Stores, clock: HeldClock) -> Intake:
    return Intake(stores, clock, flapping=Flapping(stores.lately))


async def flapped(intake: Intake, source: Integration) -> None:
    """The last one has ended."""
    for _ in range(FLAPS):
        await intake.accept(source, payload(firing=True))
        await intake.accept(source, payload(firing=False))


async def test_what_flaps_goes_on(intake: Intake, source: Integration):
    await flapped(intake, source)
    assert (await intake.accept(source, payload(firing=True))).groups == (FLAPS,)


async def test_what_is_graver_than_what_flapped_opens_and_pages_at_once(intake: Intake, source: Integration):
    await flapped(intake, source)
    assert (await intake.accept(source, payload(firing=True, severity="critical"))).groups == (FLAPS + 1,)


@pytest.mark.parametrize(
    "changed",
    [
        {"people": ("P1", "P2")},
        {"channel_id": "ops"},
    ],
)
async def test_what_goes_another_way_by_now_opens_anew(intake: Intake, source: Integration, changed: dict[str, object]):
    await flapped(intake, source)
    assert (await intake.accept(replace(source, **changed), payload(firing=True))).groups == (FLAPS + 1,)


async def test_what_flaps_goes_on_as_long_as_its_route_stays_as_it_is(intake: Intake, source: Integration):
    route = Route(id="r", name="All", people=("P2",))
    await flapped(intake, replace(source, routes=(route,)))
    again = await intake.accept(replace(source, routes=(route,)), payload(firing=True))
    await intake.accept(source, payload(firing=False))
    without = await intake.accept(replace(source, routes=(replace(route, people=("P3",)),)), payload(firing=True))
    assert (again.groups, without.groups) == ((FLAPS,), (FLAPS + 1,))


async def test_what_flapped_in_a_storm_opens_anew_and_has_a_post(intake: Intake, source: Integration, stores: Stores):
    await flapped(intake, source)
    last = await stores.groups.by_number("S1", FLAPS)
    assert last is not None

    def caught(group: AlertGroup) -> Change[AlertGroup]:
        return storms.caught(Change(doc=group), storm_id="s")

    await stores.groups.change("S1", last.id, caught)
    assert (await intake.accept(source, payload(firing=True))).groups == (FLAPS + 1,)


@pytest.mark.parametrize(
    ("of", "numbers"),
    [
        ({}, (FLAPS + 1,)),
        ({"integration_id": "i1"}, (FLAPS + 1,)),
        ({"matchers": (Matcher(label="severity", operator=Operator.EQUAL, value="warning"),)}, (FLAPS + 1,)),
        ({"integration_id": "i2"}, (FLAPS,)),
        ({"matchers": (Matcher(label="severity", operator=Operator.EQUAL, value="page"),)}, (FLAPS,)),
    ],
)
async def test_only_what_maintenance_covers_opens_anew(
    intake: Intake,
    source: Integration,
    stores: Stores,
    clock: HeldClock,
    of: dict[str, object],
    numbers: tuple[int, ...],
):
    await flapped(intake, source)
    one = Maintenance(id="m", server_id="S1", created_at=clock(), begins_at=clock(), seconds=3600)
    await stores.maintenances.add(planned(replace(one, **of), now=clock()))
    assert (await intake.accept(source, payload(firing=True))).groups == numbers
    last = await stores.groups.by_number("S1", numbers[0])
    assert last is not None and bool(last.maintenance_id) is (numbers != (FLAPS,))
