"""The worker, with the real database and a chat that remembers what was sent."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from bot.core import alert_group, alerts, outcomes
from bot.core.alert_group import AlertGroup, Status
from bot.core.changes import Change, Draw, Effect, Page, Tell
from bot.core.replacing import replace
from bot.errors import Upstream
from bot.storage.groups import Groups
from bot.storage.mongo import Database
from bot.storage.records import Claim
from bot.storage.stores import Stores, open_stores
from bot.working.serving import Learned, Work
from bot.working.worker import CLAIMED_AT_ONCE, Worker
from tests.clock import HeldClock
from tests.storage.samples import SERVER, opened_group
from tests.waiting import until


class Chat:
    """Delivers into a list: (kind, what, status of the group as it was shown)."""

    def __init__(self, clock: HeldClock) -> None:
        self.clock = clock
        self.sent: list[tuple[str, str, str]] = []

    async def deliver(self, group: AlertGroup, effect: Effect, **_: object) -> Learned[AlertGroup]:
        do = effect.do
        self.sent.append((type(do).__name__, getattr(do, "page", getattr(do, "post", "")), group.status.value))
        now = self.clock()
        if isinstance(do, Draw):
            return partial(outcomes.drawn, post=do.post, channel_id="town", post_id=f"post-{do.post}", now=now)
        if isinstance(do, Page):
            told = {"page": do.page, "person_id": do.person_id, "name": do.person_id}
            return partial(outcomes.paged, **told, now=now, channel_id=f"dm-{do.person_id}", post_id=f"post-{do.page}")
        assert isinstance(do, Tell)
        return partial(outcomes.told, seq=group.history[-1].seq)

    def pages(self) -> list[str]:
        return [what for kind, what, _ in self.sent if kind == "Page"]


class DyingChat(Chat):
    """The process dies after sending, before it can settle."""

    async def deliver(self, group: AlertGroup, effect: Effect, **_: object) -> Learned[AlertGroup]:
        await super().deliver(group, effect)
        raise asyncio.CancelledError


class RefusingChat(Chat):
    """Refuses drawing for a while; pages go through."""

    def __init__(self, clock: HeldClock, *, retry_after: float = 0, permanent: bool = False) -> None:
        super().__init__(clock)
        self.refusal = Upstream("too many requests", permanent=permanent, status=429, retry_after=retry_after)
        self.refuses = True

    async def deliver(self, group: AlertGroup, effect: Effect, **_: object) -> Learned[AlertGroup]:
        if self.refuses and isinstance(effect.do, Draw):
            raise self.refusal
        return await super().deliver(group, effect)


class BrokenChat(Chat):
    """Has a mistake in one kind of delivery."""

    async def deliver(self, group: AlertGroup, effect: Effect, **_: object) -> Learned[AlertGroup]:
        if isinstance(effect.do, Draw):
            raise ValueError("a mistake")
        return await super().deliver(group, effect)


class WrongLessonChat(Chat):
    """What it learns breaks when it is applied."""

    async def deliver(self, group: AlertGroup, effect: Effect, **_: object) -> Learned[AlertGroup]:
        if isinstance(effect.do, Draw):
            return lambda doc: Change(doc=doc.nothing)  # type: ignore[attr-defined]
        return await super().deliver(group, effect)


class SlowChat(Chat):
    """Stops in the middle of a delivery until told to go on."""

    def __init__(self, clock: HeldClock) -> None:
        super().__init__(clock)
        self.began = asyncio.Event()
        self.goes_on = asyncio.Event()

    async def deliver(self, group: AlertGroup, effect: Effect, **_: object) -> Learned[AlertGroup]:
        learned = await super().deliver(group, effect)
        self.began.set()
        await self.goes_on.wait()
        return learned


@pytest.fixture
def chat(clock: HeldClock) -> Chat:
    return Chat(clock)


def worker_for(stores: Stores, clock: HeldClock, chat: Chat, **options) -> Worker:
    work = Work(store=stores.groups, advance=alerts.advance, deliver=chat.deliver)
    return Worker([work], clock, **options)


async def stored(stores: Stores, id_: str) -> AlertGroup:
    found = await stores.groups.find(SERVER, id_)
    assert found is not None
    return found


async def version_of(stores: Stores, id_: str) -> int:
    return int((await stores.groups.load([(SERVER, id_)]))[id_].record["v"])


async def test_a_new_group_is_posted_and_the_first_person_paged(stores: Stores, clock: HeldClock, chat: Chat):
    group = await stores.groups.add(opened_group(clock(), channel_id="town", people=("ana", "ben")))
    await worker_for(stores, clock, chat).drain()
    assert chat.sent == [
        ("Draw", "card", "firing"),
        ("Page", "0.0.ana", "firing"),
        ("Tell", "", "firing"),
    ]
    after = await stored(stores, group.id)
    assert after.card is not None and after.card.post_id == "post-card"
    assert list(after.pages) == ["0.0.ana"]
    assert not alert_group.untold(after)


async def test_the_next_person_is_paged_when_it_is_time_and_never_early(stores: Stores, clock: HeldClock, chat: Chat):
    await stores.groups.add(opened_group(clock(), people=("ana", "ben", "cid")))
    worker = worker_for(stores, clock, chat)
    await worker.drain()
    clock.advance(seconds=299.999)
    await worker.drain()
    assert chat.pages() == ["0.0.ana"]
    clock.advance(seconds=0.001)
    await worker.drain()
    assert chat.pages() == ["0.0.ana", "0.1.ben"]
    clock.advance(minutes=5)
    await worker.drain()
    assert chat.pages() == ["0.0.ana", "0.1.ben", "0.2.cid"]
    clock.advance(hours=10)
    await worker.drain()
    assert len(chat.pages()) == 3


async def test_an_acknowledged_group_pages_nobody(stores: Stores, clock: HeldClock, chat: Chat):
    group = await stores.groups.add(opened_group(clock(), people=("ana", "ben")))
    worker = worker_for(stores, clock, chat)
    await worker.drain()
    await stores.groups.change(SERVER, group.id, lambda doc: alerts.acknowledge(doc, by="ana", now=clock()))
    clock.advance(hours=1)
    await worker.drain()
    assert chat.pages() == ["0.0.ana"]


async def test_a_page_is_looked_at_again_before_it_is_sent(stores: Stores, clock: HeldClock, chat: Chat):
    """Somebody acknowledges between the claim and the delivery, which then sees that nobody wants it any more."""
    group = await stores.groups.add(opened_group(clock(), channel_id="town", people=("ana",)))
    work = Work(store=stores.groups, advance=alerts.advance, deliver=chat.deliver)
    worker = Worker([work], clock)
    (serving,) = (loop.serving for loop in worker._loops)
    (claim,) = await stores.groups.claim(1, lease=timedelta(seconds=20))
    await stores.groups.change(SERVER, group.id, lambda doc: alerts.acknowledge(doc, by="ana", now=clock()))
    await serving.serve(claim)
    assert ("Page", "0.0.ana", "acknowledged") in chat.sent
    assert ("Draw", "card", "acknowledged") in chat.sent


async def test_a_change_while_the_card_is_posted_is_shown_too(stores: Stores, clock: HeldClock):
    chat = SlowChat(clock)
    group = await stores.groups.add(opened_group(clock(), channel_id="town"))
    working = asyncio.ensure_future(worker_for(stores, clock, chat).drain())
    await chat.began.wait()
    await stores.groups.change(SERVER, group.id, lambda doc: alerts.acknowledge(doc, by="ana", now=clock()))
    chat.goes_on.set()
    await working
    clock.advance(seconds=2)
    await worker_for(stores, clock, chat).drain()
    assert [status for kind, _, status in chat.sent if kind == "Draw"] == ["firing", "acknowledged"]


async def test_death_after_sending_repeats_the_same_page_after_the_lease(stores: Stores, clock: HeldClock, chat: Chat):
    await stores.groups.add(opened_group(clock(), people=("ana",)))
    dying = DyingChat(clock)
    with pytest.raises(asyncio.CancelledError):
        await worker_for(stores, clock, dying).drain()
    worker = worker_for(stores, clock, chat)
    await worker.drain()
    assert chat.pages() == []
    clock.advance(seconds=20)
    await worker.drain()
    assert dying.pages() == chat.pages() == ["0.0.ana"]


async def test_whoever_lost_the_lease_settles_nothing(stores: Stores, clock: HeldClock, chat: Chat):
    slow = SlowChat(clock)
    group = await stores.groups.add(opened_group(clock(), channel_id="town"))
    working = asyncio.ensure_future(worker_for(stores, clock, slow).drain())
    await slow.began.wait()
    clock.advance(seconds=20)
    await worker_for(stores, clock, chat).drain()
    before = await version_of(stores, group.id)
    slow.goes_on.set()
    await working
    assert await version_of(stores, group.id) == before


async def test_a_refused_card_does_not_hold_up_the_page(stores: Stores, clock: HeldClock):
    chat = RefusingChat(clock, retry_after=7)
    await stores.groups.add(opened_group(clock(), channel_id="town", people=("ana",)))
    worker = worker_for(stores, clock, chat)
    await worker.drain()
    assert chat.pages() == ["0.0.ana"]
    assert worker.oldest_unsent == clock()
    assert await stores.groups.next_wake() == clock() + timedelta(seconds=7)
    chat.refuses = False
    clock.advance(seconds=7)
    await worker.drain()
    assert ("Draw", "card", "firing") in chat.sent
    assert worker.oldest_unsent is None


async def test_a_permanent_refusal_is_not_repeated_often(stores: Stores, clock: HeldClock):
    await stores.groups.add(opened_group(clock(), channel_id="town"))
    await worker_for(stores, clock, RefusingChat(clock, permanent=True)).drain()
    assert await stores.groups.next_wake() == clock() + timedelta(seconds=60)


@pytest.mark.parametrize("broken", [BrokenChat, WrongLessonChat])
async def test_a_mistake_in_one_delivery_does_not_stop_the_others(stores: Stores, clock: HeldClock, broken: type[Chat]):
    chat = broken(clock)
    await stores.groups.add(opened_group(clock(), channel_id="town", people=("ana",)))
    await worker_for(stores, clock, chat).drain()
    assert chat.pages() == ["0.0.ana"]
    assert await stores.groups.next_wake() == clock() + timedelta(seconds=1)


async def test_an_effect_of_a_newer_release_waits_for_a_worker_that_knows_it(
    stores: Stores, database: Database, clock: HeldClock, chat: Chat
):
    group = await stores.groups.add(opened_group(clock(), channel_id="town", people=("ana",)))
    strange = {"$set": {"outbox.0.do": {"kind": "Sing", "song": "x"}}}
    await database.collection("groups").update_one({"_id": group.id}, strange)
    await worker_for(stores, clock, chat).drain()
    left = (await stores.groups.load([(SERVER, group.id)]))[group.id].outbox
    assert chat.pages() == ["0.0.ana"]
    assert [waiting.do for waiting in left] == [{"kind": "Sing", "song": "x"}]


async def test_a_silence_ends_on_time_and_the_chain_starts_over(stores: Stores, clock: HeldClock, chat: Chat):
    group = await stores.groups.add(opened_group(clock(), people=("ana",)))
    worker = worker_for(stores, clock, chat)
    await worker.drain()
    until = clock() + timedelta(hours=2)
    await stores.groups.change(SERVER, group.id, lambda doc: alerts.silence(doc, by="ana", now=clock(), until=until))
    clock.now = until
    await worker.drain()
    assert chat.pages() == ["0.0.ana", "1.0.ana"]
    assert (await stored(stores, group.id)).status is Status.FIRING


async def test_many_workers_send_each_page_once(
    stores: Stores, connect: Callable[[], Database], clock: HeldClock, chat: Chat
):
    for number in range(120):
        await stores.groups.add(opened_group(clock(), number=number, key=f"k{number}", people=(f"p{number}",)))
    workers = [worker_for(open_stores(connect(), clock), clock, chat) for _ in range(4)]
    await asyncio.gather(*(worker.drain() for worker in workers))
    await workers[0].drain()
    assert sorted(chat.pages()) == sorted(f"0.0.p{number}" for number in range(120))


async def test_a_running_worker_is_nudged_by_a_write_of_its_process(stores: Stores, clock: HeldClock):
    chat = SlowChat(clock)
    worker = worker_for(stores, clock, chat, poll_seconds=3600.0)
    running = asyncio.ensure_future(worker.run())
    await until(lambda: worker.last_pass is not None)
    await stores.groups.add(opened_group(clock(), people=("ana",)))
    await chat.began.wait()
    chat.goes_on.set()
    await worker.stop()
    await running
    assert chat.pages() == ["0.0.ana"]
    assert await stores.groups.next_wake() is None


async def test_a_stopped_worker_gives_back_what_it_did_not_finish(stores: Stores, clock: HeldClock, chat: Chat):
    slow = SlowChat(clock)
    await stores.groups.add(opened_group(clock(), people=("ana",)))
    worker = worker_for(stores, clock, slow)
    running = asyncio.ensure_future(worker.run())
    await slow.began.wait()
    await worker.stop(grace_seconds=0.01)
    await running
    await worker_for(stores, clock, chat).drain()
    assert chat.pages() == ["0.0.ana"]


class LateGroups(Groups):
    """Stops between a claim and its answer until told to go on."""

    def __init__(self, database: Database, clock: HeldClock) -> None:
        super().__init__(database, clock)
        self.claimed = asyncio.Event()
        self.answers = asyncio.Event()

    async def claim(self, limit: int, *, lease: timedelta) -> list[Claim[AlertGroup]]:
        claims = await super().claim(limit, lease=lease)
        self.claimed.set()
        await self.answers.wait()
        return claims


async def test_a_stopped_worker_gives_back_what_it_was_about_to_claim(
    stores: Stores, database: Database, clock: HeldClock, chat: Chat
):
    group = await stores.groups.add(opened_group(clock(), people=("ana",)))
    late = LateGroups(database, clock)
    worker = worker_for(replace(stores, groups=late), clock, chat)
    running = asyncio.create_task(worker.run())
    await late.claimed.wait()
    assert await leased(stores, group.id)
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(0)
    late.answers.set()
    await stopping
    assert chat.sent == []
    assert not await leased(stores, group.id)
    await running


async def test_a_running_worker_renews_the_leases_of_what_it_serves(stores: Stores, clock: HeldClock, chat: Chat):
    slow = SlowChat(clock)
    group = await stores.groups.add(opened_group(clock(), people=("ana",)))
    worker = worker_for(stores, clock, slow, lease=timedelta(seconds=0.06))
    running = asyncio.ensure_future(worker.run())
    await slow.began.wait()
    clock.advance(seconds=0.05)
    before = await version_of(stores, group.id)

    async def renewed() -> bool:
        """By a renewal that began after the time was moved; one may have been under way."""
        return await version_of(stores, group.id) > before + 1

    await until(renewed)
    clock.advance(seconds=0.05)
    await worker_for(stores, clock, chat).drain()
    assert chat.sent == []
    slow.goes_on.set()
    await worker.stop()
    await running
    assert slow.pages() == ["0.0.ana"]
    assert (await stored(stores, group.id)).pages


async def leased(stores: Stores, id_: str) -> bool:
    return bool((await stores.groups.load([(SERVER, id_)]))[id_].lease)


async def test_a_running_worker_serves_what_its_process_stores_without_claiming_it(stores: Stores, clock: HeldClock):
    chat = SlowChat(clock)
    worker = worker_for(stores, clock, chat)
    running = asyncio.create_task(worker.run())
    await until(lambda: worker.last_pass is not None)
    group = await stores.groups.add(opened_group(clock(), channel_id="town", people=("ana",)))
    assert await version_of(stores, group.id) == 1
    assert await leased(stores, group.id)
    await chat.began.wait()
    chat.goes_on.set()
    await until(lambda: len(chat.sent) == 3)
    await worker.stop()
    await running
    assert chat.sent == [("Draw", "card", "firing"), ("Page", "0.0.ana", "firing"), ("Tell", "", "firing")]
    assert not await leased(stores, group.id)


async def test_a_worker_that_does_not_run_is_handed_nothing(stores: Stores, clock: HeldClock, chat: Chat):
    worker_for(stores, clock, chat)
    group = await stores.groups.add(opened_group(clock(), channel_id="town", people=("ana",)))
    assert not await leased(stores, group.id)


async def test_a_worker_takes_no_more_than_it_has_room_for(stores: Stores, clock: HeldClock):
    chat = SlowChat(clock)
    worker = worker_for(stores, clock, chat)
    running = asyncio.create_task(worker.run())
    await until(lambda: worker.last_pass is not None)
    groups = [opened_group(clock(), number=number, key=f"k{number}", people=("ana",)) for number in range(1, 151)]
    assert await stores.groups.put_many([(group, None) for group in groups]) == {}
    ids = [(SERVER, group.doc.id) for group in groups]
    assert sum(bool(claim.lease) for claim in (await stores.groups.load(ids)).values()) == CLAIMED_AT_ONCE
    chat.goes_on.set()
    await until(lambda: len(chat.pages()) == len(groups))
    await worker.stop()
    await running


async def test_what_a_dead_process_stored_for_its_worker_is_served_by_another(
    stores: Stores, clock: HeldClock, database: Database
):
    dying = worker_for(stores, clock, DyingChat(clock))
    running = asyncio.create_task(dying.run())
    await until(lambda: dying.last_pass is not None)
    group = await stores.groups.add(opened_group(clock(), people=("ana",)))
    running.cancel()
    chat = Chat(clock)
    other = worker_for(open_stores(database, clock), clock, chat)
    await other.drain()
    assert chat.pages() == []
    clock.advance(seconds=20.001)
    await other.drain()
    assert chat.pages() == ["0.0.ana"]
    assert list((await stored(stores, group.id)).pages) == ["0.0.ana"]
