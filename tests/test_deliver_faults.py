"""Worker and delivery together at a Mattermost that fails: everything arrives, and once."""

from datetime import timedelta
from functools import partial

import pytest

from bot.core import alerts
from bot.core.alert_group import Alert, AlertGroup, Step
from bot.core.changes import Change
from bot.core.people import Person
from bot.delivery.delivery import Delivery
from bot.working.serving import Work
from bot.working.worker import Worker
from tests.mattermost.world import World

POSTS = "/api/v4/posts"


class DyingDelivery:
    """Delivers, and dies before anybody learns of it, the first `deaths` times for each effect."""

    def __init__(self, delivery, deaths):
        self.delivery, self.deaths, self.died = delivery, deaths, {}

    async def group(self, group, effect, **known):
        learned = await self.delivery.group(group, effect, **known)
        self.died[effect.key] = self.died.get(effect.key, 0) + 1
        if self.died[effect.key] <= self.deaths:
            raise ConnectionResetError("the process died here")
        return learned


@pytest.fixture
def world(io_loop, clock):
    world = World(clock)
    io_loop.run_sync(world.start)
    yield world
    io_loop.run_sync(world.close)
    assert list(world.simulator.surprises) == []


@pytest.fixture
def delivery(world, stores):
    return Delivery(
        stores=stores, access=world.access, vault=world.vault, clock=world.clock, public_url="http://oncall.example"
    )


async def open_group(world, stores, clock):
    await stores.servers.add(Change(doc=world.server()))
    for id_, user in (("P1", world.ana), ("P2", world.ben)):
        person = Person(id=id_, server_id="S1", name=user.username, username=user.username, mattermost_user_id=user.id)
        await stores.people.add(Change(doc=person))
    blank = AlertGroup(
        id="G1",
        server_id="S1",
        number=7,
        integration_id="I1",
        integration_name="Alertmanager",
        key="k",
        title="Disk full",
        opened_at=clock(),
        changed_at=clock(),
        channel_id=world.channel.id,
        chain=(Step(wait=0, people=("P1",)), Step(wait=900, people=("P2",))),
    )
    fired = [Alert(fingerprint="a", firing=True, title="Disk full")]
    await stores.groups.add(alerts.opened(blank, fired, now=clock()))


def worker_of(stores, clock, delivery):
    return Worker([Work(store=stores.groups, advance=alerts.advance, deliver=delivery.group)], clock)


async def work(worker, clock, *, minutes):
    """Let time pass in small steps, as it does."""
    for _ in range(minutes * 6):
        await worker.drain()
        clock.advance(seconds=10)


def cards(world):
    return [post for post in world.posts() if not post.root_id]


FAULTS = {
    "dropped answers": lambda faults: faults.drop(prefix=POSTS, method="POST", times=2),
    "dropped answers for long": lambda faults: faults.drop(prefix=POSTS, method="POST", times=12),
    "rate limit": lambda faults: faults.rate_limit(prefix=POSTS, reset=20, times=3),
    "broken": lambda faults: faults.fail(500, prefix=POSTS, times=4),
    "unavailable everywhere": lambda faults: faults.fail(503, times=5),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_whatever_fails_there_is_one_card_one_page_and_one_thread(world, stores, clock, delivery, fault):
    await open_group(world, stores, clock)
    FAULTS[fault](world.simulator.faults)

    await work(worker_of(stores, clock, delivery), clock, minutes=8)

    assert len(cards(world)) == 1
    assert len(world.messages_to(world.ana)) == 1
    assert world.messages_to(world.ben) == []
    told = [post.message for post in world.posts() if post.root_id]
    assert len(told) == 1
    assert "Paged" in told[0]


async def test_a_card_of_a_lost_answer_is_shown_as_the_group_is_by_then(world, stores, clock, delivery):
    await open_group(world, stores, clock)
    world.simulator.faults.drop(prefix=POSTS, method="POST", times=1)
    worker = worker_of(stores, clock, delivery)
    await worker.drain()
    await stores.groups.change("S1", "G1", partial(alerts.resolve, by="@ben", now=clock()))

    await work(worker, clock, minutes=1)

    [card] = cards(world)
    assert "Resolved by @ben" in str(card.props)


async def test_a_page_of_a_lost_answer_shows_who_took_over_meanwhile(world, stores, clock, delivery):
    await open_group(world, stores, clock)
    world.simulator.faults.drop(prefix=POSTS, method="POST", times=2)
    worker = worker_of(stores, clock, delivery)
    await worker.drain()
    await stores.groups.change("S1", "G1", partial(alerts.acknowledge, by="@ben", now=clock()))

    await work(worker, clock, minutes=1)

    [page] = world.messages_to(world.ana)
    assert "Acknowledged by @ben" in str(page.props)
    assert world.messages_to(world.ben) == []


async def test_a_page_of_a_worker_that_died_shows_who_took_over_meanwhile(world, stores, clock, delivery):
    await open_group(world, stores, clock)
    [claim] = await stores.groups.claim(1, lease=timedelta(seconds=2))
    for waiting in claim.outbox:
        await delivery.group(claim.doc, waiting.effect, since=waiting.since)
    await stores.groups.change("S1", "G1", partial(alerts.acknowledge, by="@ben", now=clock()))

    await work(worker_of(stores, clock, delivery), clock, minutes=1)

    [page] = world.messages_to(world.ana)
    assert "Acknowledged by @ben" in str(page.props)


async def test_a_page_that_nobody_began_is_taken_back(world, stores, clock, delivery):
    await open_group(world, stores, clock)
    await stores.groups.change("S1", "G1", partial(alerts.acknowledge, by="@ben", now=clock()))
    [claim] = await stores.groups.read({"server_id": "S1"}, limit=1)
    assert "Page" not in {waiting.kind for waiting in claim.outbox}

    await work(worker_of(stores, clock, delivery), clock, minutes=1)

    assert world.messages_to(world.ana) == []


@pytest.mark.parametrize("deaths", [1, 2, 7])
async def test_dying_after_sending_sends_nothing_twice(world, stores, clock, delivery, deaths):
    await open_group(world, stores, clock)

    await work(worker_of(stores, clock, DyingDelivery(delivery, deaths)), clock, minutes=10)

    assert len(cards(world)) == 1
    assert len(world.messages_to(world.ana)) == 1
    assert len([post for post in world.posts() if post.root_id]) == 1
    assert (await stores.groups.find("S1", "G1")).card is not None


async def test_a_night_in_one_card(world, stores, clock, delivery):
    """Fire, acknowledge, resolve: one card in its true state, one message per person paged, a thread in order."""
    await open_group(world, stores, clock)
    worker = worker_of(stores, clock, delivery)
    await work(worker, clock, minutes=16)
    assert len(world.messages_to(world.ben)) == 1
    for decide in (alerts.acknowledge, alerts.resolve):
        await stores.groups.change("S1", "G1", partial(decide, by="@ben", now=clock()))
        await work(worker, clock, minutes=1)

    for post in (*cards(world), *world.messages_to(world.ana), *world.messages_to(world.ben)):
        assert "Resolved by @ben" in str(post.props)
    assert [post.message.split()[0] for post in world.posts() if post.root_id] == [
        "Paged",
        "Paged",
        "Acknowledged",
        "Resolved",
    ]


async def test_an_archived_channel_holds_up_no_page(world, stores, clock, delivery):
    await open_group(world, stores, clock)
    world.channel.delete_at = 1

    await worker_of(stores, clock, delivery).drain()

    assert len(world.messages_to(world.ana)) == 1
    assert "archived" in world.messages_to(world.admin)[0].message


async def test_a_deactivated_person_brings_the_next_in_line_at_once(world, stores, clock, delivery):
    await open_group(world, stores, clock)
    world.ana.delete_at = 1

    await worker_of(stores, clock, delivery).drain()

    assert len(cards(world)) == 1
    assert len(world.messages_to(world.ben)) == 1
