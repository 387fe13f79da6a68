"""Servers, people, integrations and groups by what they are looked up by."""

from datetime import timedelta

import pytest

from bot.core import alerts, outcomes
from bot.core.alert_group import Alert, Status
from bot.core.changes import Change
from bot.core.integrations import Integration, remove
from bot.core.people import Person
from bot.core.replacing import replace
from bot.core.servers import Secret, Server, disabled
from bot.storage.alerts import Receipt
from bot.storage.directory import People
from bot.storage.documents import AlreadyThere
from bot.storage.groups import open_key
from bot.storage.mongo import Database
from bot.storage.stores import Stores, open_stores
from tests.clock import HeldClock
from tests.storage.samples import SERVER, opened_group


def integration(clock: HeldClock, **values) -> Integration:
    known = {"id": "i1", "server_id": SERVER, "name": "Prometheus", "kind": "alertmanager", "key_digests": ("d1",)}
    return Integration(**{**known, **values}, created_at=clock())


async def test_a_server_belongs_to_itself(stores: Stores, clock: HeldClock):
    secret = Secret(id="s1", sealed="x", state="current", created_at=clock())
    server = await stores.servers.add(Change(doc=Server(id="a", name="Home", created_at=clock(), secrets=(secret,))))
    assert await stores.servers.by_id("a") == server
    assert await stores.servers.recent("a") == server
    assert await stores.servers.find("b", "a") is None


async def test_a_recent_server_is_forgotten_when_written_here(stores: Stores, clock: HeldClock):
    assert await stores.servers.recent("a") is None
    await stores.servers.add(Change(doc=Server(id="a", name="Home", created_at=clock())))
    assert (await stores.servers.recent("a")) is not None
    await stores.servers.change("a", "a", lambda doc: Change(doc=replace(doc, name="Work")))
    recent = await stores.servers.recent("a")
    assert recent is not None and recent.name == "Work"
    note = (await stores.servers.change("a", "a", disabled)).note
    assert not note


async def test_recent_people_are_forgotten_when_one_is_written_here(stores: Stores):
    ana = Person(id="p1", server_id=SERVER, name="Ana", username="ana")
    assert await stores.people.recent(SERVER, ["p1"]) == {}
    await stores.people.add(Change(doc=ana))
    assert await stores.people.recent(SERVER, ["p1"]) == {"p1": ana}
    await stores.people.change(SERVER, "p1", lambda doc: Change(doc=replace(doc, name="Anna")))
    assert (await stores.people.recent(SERVER, ["p1"]))["p1"].name == "Anna"
    assert await stores.people.recent("other", ["p1"]) == {}


async def test_a_mattermost_user_has_one_person_per_server(stores: Stores):
    ana = Person(id="p1", server_id=SERVER, name="Ana", username="Ana", mattermost_user_id="u1")
    await stores.people.add(Change(doc=ana))
    with pytest.raises(AlreadyThere) as collision:
        await stores.people.add(Change(doc=replace(ana, id="p2")))
    assert "mattermost_user_id" in collision.value.fields
    await stores.people.add(Change(doc=replace(ana, id="p3", server_id="other")))
    assert await stores.people.by_user(SERVER, "u1") == ana
    assert await stores.people.by_username(SERVER, "ANA") == ana
    assert await stores.people.by_user(SERVER, "") is None
    assert await stores.people.with_ids(SERVER, ["p1", "p3"]) == {"p1": ana}


async def test_people_without_a_mattermost_user_may_be_many(stores: Stores):
    for number in range(3):
        await stores.people.add(Change(doc=Person(id=f"p{number}", server_id=SERVER, name="Somebody")))
    assert len(await stores.people.listed(SERVER, 10)) == 3


async def test_an_integration_is_found_by_its_key_until_it_is_removed(stores: Stores, clock: HeldClock):
    added = await stores.integrations.add(Change(doc=integration(clock)))
    assert await stores.integrations.by_key(("d0", "d1")) == added
    assert await stores.integrations.listed(SERVER) == [added]
    await stores.integrations.change(SERVER, "i1", lambda doc: remove(doc, now=clock()))
    assert await stores.integrations.by_key(("d0", "d1")) is None
    assert await stores.integrations.listed(SERVER) == []


async def test_two_integrations_never_share_a_key(stores: Stores, clock: HeldClock):
    await stores.integrations.add(Change(doc=integration(clock)))
    with pytest.raises(AlreadyThere):
        await stores.integrations.add(Change(doc=integration(clock, id="i2", server_id="other")))


async def test_who_was_found_a_moment_ago_is_remembered_until_they_change(database: Database, clock: HeldClock):
    people = People(database, clock, ticks=lambda: 0.0)
    await people.add(Change(doc=Person(id="p1", server_id=SERVER, name="Ana", mattermost_user_id="u1")))
    found = await people.by_user(SERVER, "u1")
    assert found is not None and await people.recent_by_user(SERVER, "u1") is found
    assert await people.recent_by_user("other", "u1") is None
    await people.change(SERVER, found.id, lambda doc: Change(doc=replace(doc, locale="de")))
    changed = await people.recent_by_user(SERVER, "u1")
    assert changed is not None and changed.locale == "de"


async def test_groups_are_found_by_number_state_post_and_key(stores: Stores, clock: HeldClock):
    for number in (1, 2, 3):
        await stores.groups.add(opened_group(clock(), number=number, key=f"k{number}", channel_id="town"))
    second = await stores.groups.by_number(SERVER, 2)
    assert second is not None and second.key == "k2"
    assert await stores.groups.by_number("other", 2) is None
    await stores.groups.change(SERVER, second.id, lambda doc: alerts.resolve(doc, by="ana", now=clock()))
    await stores.groups.change(
        SERVER,
        second.id,
        lambda doc: outcomes.drawn(doc, post="card", channel_id="town", post_id="post2", now=clock()),
    )
    assert [doc.number for doc in await stores.groups.open(SERVER, 10)] == [3, 1]
    assert [doc.number for doc in await stores.groups.open(SERVER, 1)] == [3]
    assert [doc.number for doc in await stores.groups.listed(SERVER, (Status.RESOLVED,), 10)] == [2]
    firing = await stores.groups.headings(SERVER, Status.FIRING, 10)
    assert [(one.number, one.title, one.status) for one in firing] == [
        (number, "Disk is full", Status.FIRING) for number in (3, 1)
    ]
    assert await stores.groups.headings("other", Status.FIRING, 10) == []
    shown = await stores.groups.of_post(SERVER, "post2")
    assert shown is not None and shown.number == 2
    keys = {open_key(SERVER, "prometheus", f"k{number}"): SERVER for number in (1, 2)}
    assert [claim.doc.number for claim in (await stores.groups.live(keys)).values()] == [1]


async def test_numbers_are_each_given_once(stores: Stores):
    assert list(await stores.groups.reserve_numbers(SERVER, 3)) == [1, 2, 3]
    assert list(await stores.groups.reserve_numbers(SERVER, 2)) == [4, 5]
    assert list(await stores.groups.reserve_numbers("other", 1)) == [1]


async def test_a_redelivered_alert_adds_nothing(stores: Stores, clock: HeldClock):
    alert = Alert(fingerprint="f1", firing=True, title="Disk", begun_at=clock())
    ended = replace(alert, firing=False)
    again = replace(alert, begun_at=clock() + timedelta(minutes=5))
    receipt = Receipt(server_id=SERVER, integration_id="i1", key="k", alerts=(alert, ended))
    assert await stores.alerts.record_many([receipt]) == 2
    assert await stores.alerts.record_many([receipt, replace(receipt, alerts=(again,))]) == 1
    assert await stores.alerts.record_many([replace(receipt, server_id="other")]) == 2
    assert await stores.alerts.count(SERVER) == 3


async def test_many_alerts_are_recorded_in_pieces(stores: Stores, clock: HeldClock):
    alerts_ = tuple(Alert(fingerprint=f"f{number}", firing=True, title="Disk") for number in range(1_001))
    receipt = Receipt(server_id=SERVER, integration_id="i1", key="k", alerts=alerts_)
    assert await stores.alerts.record_many([receipt]) == 1_001
    assert await stores.alerts.record_many([receipt]) == 0


async def test_preparing_again_changes_nothing(stores: Stores, clock: HeldClock):
    await stores.prepare()
    await open_stores(stores.database, clock).prepare()
