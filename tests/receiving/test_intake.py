"""Taking alerts in, with the real database."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.core import alerts
from bot.core.alert_group import Alert, Status
from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.core.replacing import replace
from bot.core.routing import Route
from bot.core.servers import Server
from bot.errors import Unavailable
from bot.integrations.payload import Bundle, Payload
from bot.receiving.intake import Intake
from bot.storage.mongo import Database
from bot.storage.stores import Stores, open_stores
from tests.clock import HeldClock

SERVER = "server-one"


@pytest.fixture
def intake(stores: Stores, clock: HeldClock) -> Intake:
    return Intake(stores, clock)


@pytest.fixture
def source(clock: HeldClock) -> Integration:
    return Integration(
        id="i1",
        server_id=SERVER,
        name="Prometheus",
        kind="alertmanager",
        key_digests=("d",),
        channel_id="town",
        people=("ana", "ben"),
        created_at=clock(),
    )


def alert(fingerprint: str = "f1", *, firing: bool = True) -> Alert:
    return Alert(fingerprint=fingerprint, firing=firing, title="Disk is full", labels={"host": fingerprint})


def payload(*given: Alert, key: str = "disk") -> Payload:
    return Payload(bundles=(Bundle(key=key, title="Disk is full", alerts=given or (alert(),)),))


async def test_a_first_alert_opens_a_group(intake: Intake, stores: Stores, source: Integration, clock: HeldClock):
    accepted = await intake.accept(source, payload(alert("f1"), alert("f2")))
    assert (accepted.alerts, accepted.groups) == (2, (1,))
    group = await stores.groups.by_number(SERVER, 1)
    assert group is not None
    assert (group.status, group.alerts, group.channel_id) == (Status.FIRING, 2, "town")
    assert [step.people for step in group.chain] == [("ana",), ("ben",)]
    assert group.due_at == clock() + timedelta(minutes=5)
    assert await stores.alerts.count(SERVER) == 2


async def test_the_servers_channel_serves_where_the_integration_has_none(
    intake: Intake, stores: Stores, source: Integration, clock: HeldClock
):
    await stores.servers.add(Change(doc=Server(id=SERVER, name="Home", created_at=clock(), channel_id="square")))
    await intake.accept(replace(source, channel_id=""), payload())
    group = await stores.groups.by_number(SERVER, 1)
    assert group is not None and group.channel_id == "square"


async def test_conditions_that_cost_too_much_are_left_alone_and_the_group_goes_the_usual_way(
    stores: Stores, source: Integration, clock: HeldClock
):
    routed = replace(source, routes=(Route(id="r", name="All", people=("cho",)),))
    accepted = await Intake(stores, clock, matching_seconds=-1).accept(routed, payload())
    (group,) = await stores.groups.open(SERVER, 100)
    assert accepted.groups == (group.number,)
    assert (group.route, group.chain) == ("", source.chain)


async def test_more_alerts_join_the_live_group(intake: Intake, stores: Stores, source: Integration):
    await intake.accept(source, payload(alert("f1")))
    accepted = await intake.accept(source, payload(alert("f1"), alert("f2")))
    assert accepted.groups == (1,)
    group = await stores.groups.by_number(SERVER, 1)
    assert group is not None and (group.alerts, group.repeats) == (2, 1)


async def test_a_group_that_fires_anew_after_its_end_is_another(intake: Intake, stores: Stores, source: Integration):
    assert (await intake.accept(source, payload())).groups == (1,)
    assert (await intake.accept(source, payload(alert(firing=False)))).groups == (1,)
    assert (await intake.accept(source, payload())).groups == (2,)
    assert [group.number for group in await stores.groups.open(SERVER, 10)] == [2]


async def test_an_end_without_a_live_group_is_recorded_and_opens_nothing(
    intake: Intake, stores: Stores, source: Integration
):
    accepted = await intake.accept(source, payload(alert(firing=False)))
    assert accepted.groups == ()
    assert await stores.alerts.count(SERVER) == 1
    assert await stores.groups.by_number(SERVER, 1) is None


async def test_an_alert_that_began_and_ended_in_one_payload_leaves_a_resolved_group(
    intake: Intake, stores: Stores, source: Integration
):
    await intake.accept(source, payload(alert(), alert(firing=False)))
    group = await stores.groups.by_number(SERVER, 1)
    assert group is not None and group.status is Status.RESOLVED


async def test_a_redelivery_adds_no_alert_and_no_group(intake: Intake, stores: Stores, source: Integration):
    await asyncio.gather(*(intake.accept(source, payload()) for _ in range(5)))
    group = await stores.groups.by_number(SERVER, 1)
    assert group is not None and (group.alerts, group.repeats) == (1, 4)
    assert await stores.alerts.count(SERVER) == 1
    assert await stores.groups.by_number(SERVER, 2) is None


async def test_what_arrives_together_is_applied_in_order(intake: Intake, stores: Stores, source: Integration):
    """Fires, ends and fires again while another flush is under way."""
    first = asyncio.ensure_future(intake.accept(source, payload(key="other")))
    rest = [
        asyncio.ensure_future(intake.accept(source, payload(alert(firing=firing)))) for firing in (True, False, True)
    ]
    await first
    accepted = [(await one).groups for one in rest]
    assert accepted[0] == accepted[1] != accepted[2]
    live = await stores.groups.open(SERVER, 10)
    assert {group.number for group in live} == {*(await first).groups, *accepted[2]}


async def test_two_processes_never_open_a_group_twice(
    stores: Stores, connect: Callable[[], Database], source: Integration, clock: HeldClock
):
    intakes = [Intake(open_stores(connect(), clock), clock) for _ in range(4)]
    keys = [f"k{number}" for number in range(25)]
    await asyncio.gather(
        *(one.accept(source, payload(alert(f"f{place}"), key=key)) for place, one in enumerate(intakes) for key in keys)
    )
    groups = await stores.groups.open(SERVER, 1000)
    assert sorted(group.key for group in groups) == sorted(keys)
    assert {group.alerts for group in groups} == {4}


async def test_numbers_count_up_without_a_double(intake: Intake, stores: Stores, source: Integration):
    other = replace(source, server_id="server-two")
    await asyncio.gather(*(intake.accept(source, payload(key=f"k{number}")) for number in range(100)))
    await intake.accept(other, payload())
    assert sorted(group.number for group in await stores.groups.open(SERVER, 1000)) == list(range(1, 101))
    assert [group.number for group in await stores.groups.open("server-two", 10)] == [1]


async def test_an_acknowledged_group_takes_more_alerts_and_stays_acknowledged(
    intake: Intake, stores: Stores, source: Integration, clock: HeldClock
):
    await intake.accept(source, payload())
    group = await stores.groups.by_number(SERVER, 1)
    assert group is not None
    await stores.groups.change(SERVER, group.id, lambda doc: alerts.acknowledge(doc, by="ana", now=clock()))
    await intake.accept(source, payload(alert("f2")))
    group = await stores.groups.by_number(SERVER, 1)
    assert group is not None and (group.status, group.alerts) == (Status.ACKNOWLEDGED, 2)


async def test_ten_thousand_alerts_in_one_payload(intake: Intake, stores: Stores, source: Integration):
    given = tuple(alert(f"f{number}") for number in range(10_000))
    accepted = await intake.accept(source, payload(*given))
    assert accepted.alerts == 10_000
    group = await stores.groups.by_number(SERVER, 1)
    assert group is not None and (group.alerts, len(group.firing)) == (10_000, 10_000)
    assert await stores.alerts.count(SERVER) == 10_000


async def test_too_many_waiting_are_refused_at_once(stores: Stores, source: Integration, clock: HeldClock):
    intake = Intake(stores, clock, waiting=10)
    answers = await asyncio.gather(
        *(intake.accept(source, payload(key=f"k{number}")) for number in range(30)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Unavailable)]
    assert len(refused) == 20
    assert len(await stores.groups.open(SERVER, 100)) == 10


@pytest.mark.parametrize("part", ["alerts", "groups"])
async def test_what_is_stored_only_in_part_is_not_accepted(
    stores: Stores, source: Integration, clock: HeldClock, part: str
):
    away = Database("mongodb://127.0.0.1:1", selection_seconds=0.05)
    broken = replace(stores, **{part: getattr(open_stores(away, clock), part)})
    with pytest.raises(Unavailable):
        await Intake(broken, clock).accept(source, payload())
    assert (await Intake(stores, clock).accept(source, payload())).groups == (1,)
    away.close()


async def test_without_a_database_the_sender_is_told_to_come_back(source: Integration, clock: HeldClock):
    database = Database("mongodb://127.0.0.1:1", selection_seconds=0.05)
    intake = Intake(open_stores(database, clock), clock)
    with pytest.raises(Unavailable):
        await intake.accept(source, payload())
    database.close()
