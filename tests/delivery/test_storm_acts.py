"""What people do to all groups of a storm, where others change them at the same time."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import pytest
from tornado.ioloop import IOLoop

from bot.core.alert_group import AlertGroup, Status
from bot.core.changes import ActOnAll, Change, Effect, ShowApart
from bot.core.replacing import replace
from bot.core.storms import Storm
from bot.delivery.delivery import Delivery
from bot.errors import BotError, Busy
from bot.storage.documents import Saved
from bot.storage.groups import Groups
from bot.storage.mongo import Database
from bot.storage.records import Claim, Write
from bot.storage.stores import Stores
from tests.clock import HeldClock
from tests.mattermost.world import World
from tests.storage.samples import group

COUNT = 5


class Crowded(Groups):
    """Somebody else is always faster with some of them, the first time that they are written together."""

    crowded: tuple[int, ...] = ()

    async def change_many(
        self, writes: Sequence[Write[AlertGroup]], *, seen: Iterable[Claim[AlertGroup]] = ()
    ) -> list[Saved[AlertGroup] | BotError]:
        claims = list(seen)
        late = {claim.id for claim in claims if claim.doc.number in self.crowded}
        self.crowded = ()
        done = await super().change_many([one for one in writes if one.id not in late], seen=claims)
        rest = iter(done)
        return [Busy() if one.id in late else next(rest) for one in writes]


@pytest.fixture
def world(io_loop: IOLoop, clock: HeldClock) -> Iterator[World]:
    world = World(clock)
    io_loop.run_sync(world.start)
    yield world
    io_loop.run_sync(world.close)
    assert list(world.simulator.surprises) == []


@pytest.fixture
def crowded(database: Database, clock: HeldClock) -> Crowded:
    return Crowded(database, clock)


@pytest.fixture
def storm(io_loop: IOLoop, world: World, stores: Stores, clock: HeldClock) -> Storm:
    channel_id = world.channel.id
    storm = Storm(
        id="s", server_id="S1", channel_id=channel_id, limit=20, began_at=clock(), minute_at=clock(), groups=COUNT
    )

    async def fill() -> None:
        await stores.servers.add(Change(doc=world.server()))
        await stores.storms.add(Change(doc=storm))
        for number in range(1, COUNT + 1):
            one = group(clock(), number=number, key=f"k{number}", channel_id=channel_id, server_id="S1")
            await stores.groups.add(Change(doc=replace(one, storm="s")))

    io_loop.run_sync(fill)
    return storm


@pytest.fixture
def delivery(world: World, stores: Stores, crowded: Crowded, clock: HeldClock) -> Delivery:
    return Delivery(
        stores=replace(stores, groups=crowded),
        access=world.access,
        vault=world.vault,
        clock=clock,
        public_url="http://oncall.example",
    )


async def delivered(delivery: Delivery, storm: Storm, do: ActOnAll | ShowApart, clock: HeldClock) -> int:
    """How many times it took, until nothing is left to be done."""
    for times in range(1, 10):
        learned = await delivery.storm(storm, Effect(key="all", do=do), since=clock())
        again = [effect.do for effect in learned(storm).effects if isinstance(effect.do, type(do))]
        if not again:
            return times
        (do,) = again
    raise AssertionError("it never ends")


@pytest.mark.parametrize("late", [(1,), (3,), (5,), (2, 4), (1, 2, 3, 4, 5)])
@pytest.mark.parametrize("verb", ["ack", "resolve", "silence"])
async def test_what_others_change_at_the_same_time_is_not_left_out(
    stores: Stores,
    crowded: Crowded,
    delivery: Delivery,
    storm: Storm,
    clock: HeldClock,
    verb: str,
    late: tuple[int, ...],
):
    status = {"ack": Status.ACKNOWLEDGED, "resolve": Status.RESOLVED, "silence": Status.SILENCED}[verb]
    crowded.crowded = late
    act = ActOnAll(verb=verb, by="@ana", at=clock(), until=clock() + timedelta(hours=1))
    assert await delivered(delivery, storm, act, clock) == 2
    groups = await stores.groups.listed("S1", tuple(Status), 10)
    assert [one.status for one in groups] == [status] * COUNT
    assert [len(one.history) for one in groups] == [1] * COUNT


async def test_what_others_change_at_the_same_time_is_shown_apart_as_well(
    stores: Stores, crowded: Crowded, delivery: Delivery, storm: Storm, clock: HeldClock
):
    crowded.crowded = (1, 4)
    assert await delivered(delivery, storm, ShowApart(), clock) == 2
    assert [one.apart for one in await stores.groups.open("S1", 10)] == [True] * COUNT


async def test_where_nobody_else_is_faster_once_is_enough(
    stores: Stores, delivery: Delivery, storm: Storm, clock: HeldClock
):
    assert await delivered(delivery, storm, ActOnAll(verb="ack", by="@ana", at=clock()), clock) == 1
    assert {one.status for one in await stores.groups.open("S1", 10)} == {Status.ACKNOWLEDGED}
