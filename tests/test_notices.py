"""What a channel is told about its sender: stored at once, posted by the worker, once an hour, or to the admin."""

import pytest

from bot.core import integrations
from bot.core.changes import Change
from bot.core.integrations import Integration, remove
from bot.core.replacing import replace
from bot.core.text import say
from bot.delivery.delivery import Delivery
from bot.notices import Notices
from bot.storage.mongo import Database
from bot.storage.stores import open_stores
from bot.working.serving import Work
from bot.working.worker import Worker
from tests.mattermost.world import World

TOO_LARGE = say("A payload was too large.")


class Desk:
    """Notices, the worker that carries them out, and a Mattermost to see them in."""

    def __init__(self, world, stores):
        self.world, self.stores, self.clock = world, stores, world.clock
        self.delivery = Delivery(
            stores=stores, access=world.access, vault=world.vault, clock=world.clock, public_url="http://oncall.example"
        )
        work = Work(store=stores.integrations, advance=integrations.advance, deliver=self.delivery.integration)
        self.worker = Worker([work], world.clock)
        self.notices = Notices(stores.integrations, world.clock)

    async def prepare(self):
        await self.stores.servers.add(Change(doc=self.world.server()))
        self.integration = Integration(
            id="I1", server_id="S1", name="Prom", kind="webhook", key_digests=("a",), created_at=self.clock()
        )
        await self.stores.integrations.add(Change(doc=self.integration))

    async def change_server(self, **fields):
        await self.stores.servers.change("S1", "S1", lambda server: Change(doc=replace(server, **fields)))

    async def tell(self, about="size", text=TOO_LARGE, *, by=None):
        by = by or self.notices
        by.tell(self.integration, about, text)
        await by.written()
        await self.worker.drain()

    @property
    def posts(self):
        return [post.message for post in self.world.posts()]


@pytest.fixture
def desk(io_loop, clock, stores):
    world = World(clock)
    io_loop.run_sync(world.start)
    desk = Desk(world, stores)
    io_loop.run_sync(desk.prepare)
    yield desk
    io_loop.run_sync(world.close)


async def test_the_default_channel_is_told_once_an_hour_for_each_matter(desk):
    await desk.tell()
    await desk.tell()
    await desk.tell("budget", say("Too many alerts."))
    assert desk.posts == ["A payload was too large.", "Too many alerts."]
    desk.clock.advance(hours=1)
    await desk.tell()
    assert desk.posts[2:] == ["A payload was too large."]


async def test_several_processes_tell_once(desk, connect, clock):
    others = [Notices(open_stores(connect(), clock).integrations, clock) for _ in range(3)]
    for notices in (desk.notices, *others):
        await desk.tell(by=notices)
    assert desk.posts == ["A payload was too large."]


async def test_the_channel_of_the_integration_is_preferred(desk):
    elsewhere = desk.world.simulator.add_channel(desk.world.team, "elsewhere")
    desk.world.simulator.join(desk.world.bot_user, elsewhere)
    moved = await desk.stores.integrations.change(
        "S1", "I1", lambda integration: Change(doc=replace(integration, channel_id=elsewhere.id))
    )
    desk.integration = moved.doc
    await desk.tell()
    assert (desk.posts, len(desk.world.posts(elsewhere))) == ([], 1)


async def test_without_a_channel_the_admin_is_told(desk):
    await desk.change_server(channel_id="")
    await desk.tell()
    assert [post.message for post in desk.world.messages_to(desk.world.admin)] == ["A payload was too large."]


async def test_a_channel_that_takes_no_posts_makes_it_a_matter_of_the_admin(desk):
    desk.world.channel.delete_at = 1
    await desk.tell()
    assert [post.message for post in desk.world.messages_to(desk.world.admin)] == ["A payload was too large."]


async def test_a_lost_answer_makes_no_second_post(desk):
    desk.world.simulator.faults.drop(prefix="/api/v4/posts", method="POST", times=1)
    await desk.tell()
    assert len(desk.posts) == 1
    desk.clock.advance(minutes=1)
    await desk.worker.drain()
    assert len(desk.posts) == 1


async def test_nobody_is_told_about_what_is_removed(desk):
    await desk.stores.integrations.change("S1", "I1", lambda integration: remove(integration, now=desk.clock()))
    await desk.tell()
    assert desk.posts == []


async def test_a_database_that_is_away_harms_nobody_and_the_next_one_is_told(desk, clock):
    away = Database("mongodb://127.0.0.1:1", selection_seconds=0.05)
    notices = Notices(Returning(open_stores(away, clock).integrations, desk.stores.integrations), clock)
    await desk.tell(by=notices)
    assert desk.posts == []
    await desk.tell(by=notices)
    assert len(desk.posts) == 1
    away.close()


class Returning:
    """A store that is away at first."""

    def __init__(self, *stores):
        self._stores = list(stores)

    async def change(self, *given):
        return await self._stores.pop(0).change(*given)
