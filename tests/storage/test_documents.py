"""One collection of documents, with the real database."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from bot.core import alerts
from bot.core.alert_group import Alert, AlertGroup, Posted, Status
from bot.core.changes import Change, Draw, Effect, Page, Tell
from bot.core.replacing import replace
from bot.errors import LeaseLost, NotFound
from bot.storage.documents import AlreadyThere
from bot.storage.groups import Groups
from bot.storage.mongo import Database
from bot.storage.records import Write, stay
from bot.storage.stores import Stores, open_stores
from tests.clock import HeldClock
from tests.storage.samples import SERVER, group, opened_group

LEASE = timedelta(seconds=20)


async def test_a_document_comes_back_as_it_was_stored(stores: Stores, clock: HeldClock):
    change = opened_group(clock(), channel_id="town", people=("ana",), labels={"a.b": "1", "$x": "2"})
    await stores.groups.add(change)
    assert await stores.groups.find(SERVER, change.doc.id) == change.doc


async def test_another_server_finds_nothing(stores: Stores, clock: HeldClock):
    change = opened_group(clock())
    await stores.groups.add(change)
    assert await stores.groups.find("other", change.doc.id) is None
    with pytest.raises(NotFound):
        await stores.groups.change("other", change.doc.id, stay)


async def test_adding_twice_names_what_collides(stores: Stores, clock: HeldClock):
    await stores.groups.add(opened_group(clock(), number=1))
    with pytest.raises(AlreadyThere) as collision:
        await stores.groups.add(opened_group(clock(), number=2))
    assert collision.value.fields == ("open_key",)
    with pytest.raises(AlreadyThere) as collision:
        await stores.groups.add(opened_group(clock(), number=1, key="another"))
    assert collision.value.fields == ("server_id", "number")


async def test_a_change_is_stored_with_its_effects_and_wake(stores: Stores, clock: HeldClock):
    added = await stores.groups.add(opened_group(clock(), channel_id="town", people=("ana", "ben")))
    assert await stores.groups.next_wake() == clock()
    claim = await claimed(stores)
    assert [waiting.effect for waiting in claim.outbox] == [
        Effect(key="draw:card", do=Draw(post="card"), at=clock()),
        Effect(key="page:0.0.ana", do=Page(page="0.0.ana", person_id="ana"), at=clock()),
    ]
    await settle(stores, claim)
    assert await stores.groups.next_wake() == added.due_at == clock() + timedelta(minutes=5)


async def test_nothing_to_do_writes_nothing(stores: Stores, clock: HeldClock):
    added = await stores.groups.add(opened_group(clock()))
    before = (await stores.groups.load([(SERVER, added.id)]))[added.id].record["v"]
    change = await stores.groups.change(SERVER, added.id, lambda doc: alerts.unsilence(doc, by="ana", now=clock()))
    assert change.note.english == "#{number} is not silenced."
    assert (await stores.groups.load([(SERVER, added.id)]))[added.id].record["v"] == before


async def test_twenty_people_press_at_once_and_all_get_an_answer(stores: Stores, clock: HeldClock):
    added = await stores.groups.add(opened_group(clock()))
    names = [f"p{number}" for number in range(20)]

    async def press(name: str) -> Change[AlertGroup]:
        return await stores.groups.change(SERVER, added.id, lambda doc: alerts.acknowledge(doc, by=name, now=clock()))

    answers = await asyncio.gather(*(press(name) for name in names))
    taken = [answer for answer in answers if answer.note.english.startswith("You have")]
    assert len(taken) == 1
    after = await stores.groups.find(SERVER, added.id)
    assert after is not None and after.status is Status.ACKNOWLEDGED
    assert [entry.text.english for entry in after.history] == ["Fired", "Acknowledged by {by}"]


async def test_every_one_of_many_changes_at_once_is_kept(stores: Stores, clock: HeldClock):
    added = await stores.groups.add(opened_group(clock()))

    def fire(number: int) -> Callable[[AlertGroup], Change[AlertGroup]]:
        alert = Alert(fingerprint=f"more-{number}", firing=True, title="More")
        return lambda doc: alerts.received(doc, [alert], now=clock())

    await asyncio.gather(*(stores.groups.change(SERVER, added.id, fire(number)) for number in range(20)))
    after = await stores.groups.find(SERVER, added.id)
    assert after is not None and after.alerts == added.alerts + 20


async def test_change_many_tells_each_its_own_outcome(stores: Stores, clock: HeldClock):
    docs = [await stores.groups.add(opened_group(clock(), number=n, key=f"k{n}")) for n in range(1, 6)]
    resolve = lambda doc: alerts.resolve(doc, by="ana", now=clock())  # noqa: E731
    writes = [Write(server_id=SERVER, id=doc.id, decide=resolve) for doc in docs]
    writes.append(Write(server_id=SERVER, id="nothing", decide=resolve))
    writes.append(Write(server_id=SERVER, id=docs[0].id, decide=resolve, lease="foreign"))
    outcomes = await stores.groups.change_many(writes)
    assert [type(outcome).__name__ for outcome in outcomes] == ["Saved"] * 5 + ["NotFound", "LeaseLost"]
    assert await stores.groups.open(SERVER, 10) == []


async def test_a_loser_among_many_decides_again_about_the_newer_document(stores: Stores, clock: HeldClock):
    docs = [await stores.groups.add(opened_group(clock(), number=n, key=f"k{n}")) for n in range(1, 4)]
    seen = await stores.groups.load([(SERVER, doc.id) for doc in docs])
    await stores.groups.change(SERVER, docs[1].id, lambda doc: alerts.acknowledge(doc, by="ben", now=clock()))
    acknowledge = lambda doc: alerts.acknowledge(doc, by="ana", now=clock())  # noqa: E731
    writes = [Write(server_id=SERVER, id=doc.id, decide=acknowledge) for doc in docs]
    await stores.groups.change_many(writes, seen=seen.values())
    after = await stores.groups.listed(SERVER, (Status.ACKNOWLEDGED,), 10)
    assert [doc.acknowledged_by for doc in after] == ["ana", "ben", "ana"]


async def test_a_document_deleted_meanwhile_does_not_come_back(stores: Stores, database: Database, clock: HeldClock):
    added = await stores.groups.add(opened_group(clock()))
    seen = await stores.groups.load([(SERVER, added.id)])
    await database.collection("groups").delete_many({})
    resolve = lambda doc: alerts.resolve(doc, by="ana", now=clock())  # noqa: E731
    await stores.groups.change_many([Write(server_id=SERVER, id=added.id, decide=resolve)], seen=seen.values())
    assert await database.collection("groups").count_documents({}) == 0


async def test_fields_of_a_newer_release_survive(stores: Stores, database: Database, clock: HeldClock):
    shown = Posted(channel_id="town", post_id="p1", edited_at=clock())
    added = await stores.groups.add(Change(doc=replace(opened_group(clock()).doc, card=shown)))
    newer = {"doc.mood": "calm", "doc.card.colour": "red", "doc.history.0.place": "Bern", "team_index": "x"}
    await database.collection("groups").update_one({"_id": added.id}, {"$set": newer})
    await stores.groups.change(SERVER, added.id, lambda doc: alerts.acknowledge(doc, by="ana", now=clock()))
    raw = await database.collection("groups").find_one({"_id": added.id})
    assert raw is not None
    assert (raw["doc"]["mood"], raw["team_index"]) == ("calm", "x")
    assert raw["doc"]["card"]["colour"] == "red"
    assert raw["doc"]["history"][0]["place"] == "Bern"
    assert raw["doc"]["acknowledged_by"] == "ana"


async def test_fields_an_older_release_did_not_write_have_their_defaults(
    stores: Stores, database: Database, clock: HeldClock
):
    added = await stores.groups.add(opened_group(clock()))
    await database.collection("groups").update_one({"_id": added.id}, {"$unset": {"doc.told": 1, "doc.pages": 1}})
    found = await stores.groups.find(SERVER, added.id)
    assert found is not None and (found.told, found.pages) == (0, {})


async def test_a_document_that_is_not_understood_does_not_hide_the_others(
    stores: Stores, database: Database, clock: HeldClock
):
    strange = await stores.groups.add(opened_group(clock(), channel_id="town", number=1, key="k1"))
    added = await stores.groups.add(opened_group(clock(), channel_id="town", number=2, key="k2"))
    await database.collection("groups").update_one({"_id": strange.id}, {"$set": {"doc.status": "dreaming"}})
    assert [doc.id for doc in await stores.groups.open(SERVER, 10)] == [added.id]
    assert [claim.id for claim in await stores.groups.claim(10, lease=LEASE)] == [added.id]


async def test_a_repeated_effect_replaces_the_waiting_one_under_a_new_id(stores: Stores, clock: HeldClock):
    added = await stores.groups.add(opened_group(clock(), channel_id="town"))
    claim = await claimed(stores)
    await stores.groups.change(SERVER, added.id, lambda doc: alerts.acknowledge(doc, by="ana", now=clock()))
    await settle(stores, claim)  # the card as it was before the acknowledgement
    left = (await stores.groups.load([(SERVER, added.id)]))[added.id].outbox
    assert [waiting.key for waiting in left] == ["draw:card"]
    assert left[0].id != claim.outbox[0].id


async def test_a_replacing_effect_waits_as_long_as_the_failed_one(stores: Stores, clock: HeldClock):
    added = await stores.groups.add(opened_group(clock(), channel_id="town"))
    claim = await claimed(stores)
    await stores.groups.change(SERVER, added.id, stay, postponed={claim.outbox[0].id: 30.0}, lease=claim.lease)
    await stores.groups.change(SERVER, added.id, lambda doc: alerts.acknowledge(doc, by="ana", now=clock()))
    left = (await stores.groups.load([(SERVER, added.id)]))[added.id].outbox[0]
    assert (left.at, left.tries, left.since) == (clock() + timedelta(seconds=30), 1, clock())


async def test_dropped_effects_are_gone(stores: Stores, clock: HeldClock):
    added = await stores.groups.add(opened_group(clock(), people=("ana",)))
    await stores.groups.change(SERVER, added.id, lambda doc: alerts.acknowledge(doc, by="ana", now=clock()))
    assert (await stores.groups.load([(SERVER, added.id)]))[added.id].outbox == ()
    assert await stores.groups.next_wake() is None


async def test_a_failed_effect_waits_longer_each_time(stores: Stores, clock: HeldClock):
    await stores.groups.add(opened_group(clock(), channel_id="town"))
    delays = []
    for _ in range(8):
        claim = await claimed(stores)
        await stores.groups.change(SERVER, claim.id, stay, postponed={claim.outbox[0].id: 0.0}, lease=claim.lease)
        at = await stores.groups.next_wake()
        assert at is not None
        delays.append((at - clock()).total_seconds())
        clock.now = at
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_what_is_claimed_is_nobody_elses_until_the_lease_ends(stores: Stores, clock: HeldClock):
    await stores.groups.add(opened_group(clock(), channel_id="town"))
    assert len(await stores.groups.claim(10, lease=LEASE)) == 1
    assert await stores.groups.claim(10, lease=LEASE) == []
    clock.advance(seconds=19.999)
    assert await stores.groups.claim(10, lease=LEASE) == []
    clock.advance(seconds=0.001)
    assert len(await stores.groups.claim(10, lease=LEASE)) == 1


async def test_two_claimers_never_get_the_same(stores: Stores, connect: Callable[[], Database], clock: HeldClock):
    for number in range(60):
        await stores.groups.add(opened_group(clock(), channel_id="town", number=number, key=f"k{number}"))
    others = [stores, *(open_stores(connect(), clock) for _ in range(3))]
    batches = await asyncio.gather(*(other.groups.claim(20, lease=LEASE) for other in others for _ in range(3)))
    ids = [claim.id for batch in batches for claim in batch]
    assert len(ids) == len(set(ids)) >= 20


async def test_rivals_leave_nothing_behind(stores: Stores, connect: Callable[[], Database], clock: HeldClock):
    for number in range(60):
        await stores.groups.add(opened_group(clock(), channel_id="town", number=number, key=f"k{number}"))
    ids: list[str] = []

    async def take(groups: Groups) -> None:
        while len(ids) < 60:
            ids.extend(claim.id for claim in await groups.claim(5, lease=LEASE))

    await asyncio.gather(*(take(open_stores(connect(), clock).groups) for _ in range(4)))
    assert len(ids) == len(set(ids)) == 60
    assert await stores.groups.claim(5, lease=LEASE) == []


async def test_who_is_alone_takes_the_longest_overdue_first(stores: Stores, clock: HeldClock):
    for number in range(12):
        await stores.groups.add(opened_group(clock(), channel_id="town", number=number, key=f"k{number}"))
        clock.advance(seconds=1)
    taken = [claim.doc.number for _ in range(4) for claim in await stores.groups.claim(3, lease=LEASE)]
    batches = [set(taken[place : place + 3]) for place in range(0, 12, 3)]
    assert batches == [{0, 1, 2}, {3, 4, 5}, {6, 7, 8}, {9, 10, 11}]


async def test_what_both_saw_due_only_the_first_gets(stores: Stores, clock: HeldClock):
    await stores.groups.add(opened_group(clock(), channel_id="town"))
    first, second = [await stores.groups._due(clock(), 10) for _ in range(2)]
    assert len(await stores.groups._take(first, clock(), LEASE)) == 1
    assert await stores.groups._take(second, clock(), LEASE) == []


class Slow(Groups):
    """While it decides what to take, another process takes that."""

    rival: Groups | None = None

    async def _due(self, now: datetime, limit: int, skip: int = 0) -> dict[str, datetime]:
        due = await super()._due(now, limit, skip)
        if self.rival:
            await self.rival.claim(limit, lease=LEASE)
        return due


async def test_who_was_outrun_knows_it_until_it_is_first_again(
    stores: Stores, connect: Callable[[], Database], clock: HeldClock
):
    slow = Slow(connect(), clock)
    slow.rival = stores.groups
    await stores.groups.add(opened_group(clock(), channel_id="town"))
    assert await slow.claim(10, lease=LEASE) == []
    assert slow.outrun and not stores.groups.outrun
    assert await slow.claim(10, lease=LEASE) == []
    assert slow.outrun, "nothing was due, so nothing is known anew"
    slow.rival = None
    clock.advance(seconds=20)
    assert len(await slow.claim(10, lease=LEASE)) == 1
    assert not slow.outrun


async def test_a_settlement_after_the_lease_was_lost_writes_nothing(stores: Stores, clock: HeldClock):
    await stores.groups.add(opened_group(clock(), channel_id="town"))
    first = await claimed(stores)
    clock.advance(seconds=20)
    second = await claimed(stores)
    with pytest.raises(LeaseLost):
        await settle(stores, first)
    await settle(stores, second)
    assert await stores.groups.next_wake() is None


async def test_claims_renewals_and_releases_bump_the_version(stores: Stores, clock: HeldClock):
    added = await stores.groups.add(opened_group(clock(), channel_id="town"))

    async def version() -> int:
        return int((await stores.groups.load([(SERVER, added.id)]))[added.id].record["v"])

    assert await version() == 1
    claim = await claimed(stores)
    assert await version() == 2
    await stores.groups.renew([claim], lease=LEASE)
    assert await version() == 3
    await stores.groups.release(claim)
    assert await version() == 4


async def test_a_change_decided_before_a_claim_does_not_erase_the_lease(stores: Stores, clock: HeldClock):
    added = await stores.groups.add(opened_group(clock(), channel_id="town"))
    seen = await stores.groups.load([(SERVER, added.id)])
    claim = await claimed(stores)
    acknowledge = lambda doc: alerts.acknowledge(doc, by="ana", now=clock())  # noqa: E731
    write = Write(server_id=SERVER, id=added.id, decide=acknowledge)
    await stores.groups.change_many([write], seen=seen.values())
    after = (await stores.groups.load([(SERVER, added.id)]))[added.id]
    assert (after.lease, after.doc.status) == (claim.lease, Status.ACKNOWLEDGED)


async def test_a_renewed_lease_lasts_longer(stores: Stores, clock: HeldClock):
    await stores.groups.add(opened_group(clock(), channel_id="town"))
    claim = await claimed(stores)
    clock.advance(seconds=15)
    await stores.groups.renew([claim], lease=LEASE)
    clock.advance(seconds=15)
    assert await stores.groups.claim(10, lease=LEASE) == []


async def test_what_changes_during_service_is_due_after_the_release(stores: Stores, clock: HeldClock):
    added = await stores.groups.add(opened_group(clock(), channel_id="town"))
    claim = await claimed(stores)
    await stores.groups.change(SERVER, added.id, lambda doc: alerts.acknowledge(doc, by="ana", now=clock()))
    assert await stores.groups.next_wake() == clock() + LEASE
    await settle(stores, claim)
    assert await stores.groups.next_wake() == clock()


async def test_a_lease_is_kept_while_something_is_due_and_given_back_otherwise(stores: Stores, clock: HeldClock):
    added = await stores.groups.add(opened_group(clock(), channel_id="town", people=("ana",)))
    claim = await claimed(stores)
    until = clock() + LEASE
    first, second = claim.outbox
    await stores.groups.change(SERVER, added.id, stay, settled=(first.id,), lease=claim.lease, until=until)
    assert (await stores.groups.load([(SERVER, added.id)]))[added.id].lease == claim.lease
    await stores.groups.change(SERVER, added.id, stay, settled=(second.id,), lease=claim.lease, until=until)
    assert (await stores.groups.load([(SERVER, added.id)]))[added.id].lease == ""


async def test_writes_nudge_whoever_waits(stores: Stores, clock: HeldClock):
    woken = []
    stores.groups.woken = woken.append
    added = await stores.groups.add(opened_group(clock(), people=("ana", "ben")))
    await stores.groups.change(SERVER, added.id, lambda doc: alerts.resolve(doc, by="ana", now=clock()))
    assert woken == [clock()]


async def test_a_thread_line_waits_like_any_effect(stores: Stores, clock: HeldClock):
    added = await stores.groups.add(Change(doc=group(clock()), effects=(Effect(key="tell", do=Tell()),)))
    claim = await claimed(stores)
    assert (claim.id, claim.due_at, claim.outbox[0].kind) == (added.id, clock(), "Tell")


async def claimed(stores: Stores):
    (claim,) = await stores.groups.claim(10, lease=LEASE)
    return claim


async def settle(stores: Stores, claim) -> None:
    """Everything that was claimed is delivered."""
    ids = tuple(waiting.id for waiting in claim.outbox)
    await stores.groups.change(claim.server_id, claim.id, stay, settled=ids, lease=claim.lease)


async def test_who_was_outrun_keeps_to_the_other_half_of_a_long_queue(
    stores: Stores, connect: Callable[[], Database], clock: HeldClock
):
    many = [opened_group(clock(), channel_id="town", number=number, key=f"k{number}") for number in range(120)]
    assert await stores.groups.put_many([(change, None) for change in many]) == {}
    slow = Slow(connect(), clock)
    slow.rival = stores.groups
    assert await slow.claim(10, lease=LEASE) == []

    slow.rival = None
    batches = [await slow.claim(10, lease=LEASE) for _ in range(60)]

    assert {ord(claim.id[-1]) % 2 for claim in batches[0]} == {1}
    assert all(len(batch) <= 10 for batch in batches)
    assert len({claim.id for batch in batches for claim in batch}) == 110, "in the end it takes what nobody else does"


async def test_what_a_rival_left_lying_is_taken_though_there_always_is_something_of_our_half(
    stores: Stores, connect: Callable[[], Database], clock: HeldClock
):
    many = [opened_group(clock(), channel_id="town", number=number, key=f"k{number}") for number in range(300)]
    first, second = ([change for change in many if ord(change.doc.id[-1]) % 2 == half] for half in (0, 1))
    slow = Slow(connect(), clock)
    slow.rival = stores.groups
    assert await stores.groups.put_many([(change, None) for change in first[:10]]) == {}
    assert await slow.claim(10, lease=LEASE) == []

    slow.rival = None  # it stopped: nobody else comes for the first half
    left = await stores.groups.add(first[10])
    taken: set[str] = set()
    for change in second[:20]:
        await stores.groups.add(change)
        clock.advance(seconds=0.1)
        taken |= {claim.id for claim in await slow.claim(10, lease=LEASE)}
    assert left.id in taken
