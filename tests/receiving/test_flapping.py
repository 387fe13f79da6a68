"""Noticing what comes and goes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core import storms
from bot.core.alert_group import Alert, AlertGroup
from bot.core.alerts import FLAPS
from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.core.routing import Route
from bot.integrations.payload import Bundle, Payload
from bot.receiving.flapping import REMEMBERED, WITHIN, Flapping
from bot.receiving.intake import Intake
from bot.storage.stores import Stores
from tests.clock import HeldClock

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_key_flaps_when_it_opened_too_often_lately():
    flapping = Flapping()
    for number in range(FLAPS):
        assert flapping.last("k", NOW + number * MINUTE) == ""
        flapping.opened("k", f"g{number}", NOW + number * MINUTE)
    assert flapping.last("k", NOW + 5 * MINUTE) == f"g{FLAPS - 1}"
    assert flapping.last("other", NOW + 5 * MINUTE) == ""
    assert flapping.last("k", NOW + WITHIN) == ""


def test_no_more_keys_are_remembered_than_fit_and_the_oldest_go_first():
    flapping = Flapping()
    for _ in range(FLAPS):
        flapping.opened("first", "g", NOW)
    for number in range(REMEMBERED):
        flapping.opened(f"k{number}", "g", NOW)
    assert flapping.last("first", NOW) == ""
    for _ in range(FLAPS):
        flapping.opened("late", "g", NOW)
    assert flapping.last("late", NOW) == "g"


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
    return Intake(stores, clock, flapping=Flapping())


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
