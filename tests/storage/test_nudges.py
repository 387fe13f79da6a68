"""Words between processes: heard at once, taken up again when the cursor dies, and never in the way."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs
from tornado.ioloop import IOLoop

from bot.core import alerts
from bot.storage import nudges
from bot.storage.mongo import Database
from bot.storage.nudges import Nudges
from bot.storage.stores import Stores, open_stores
from bot.working.serving import Work
from bot.working.worker import Worker
from tests.clock import HeldClock
from tests.storage.samples import opened_group
from tests.waiting import until
from tests.working.test_worker import Chat

NO_POLL = 3600.0
SILENT = "no nudges between processes; workers look every second"


class Other:
    """What another process would have: its own client of the same database, and who is woken there."""

    def __init__(self, database: Database, clock: HeldClock) -> None:
        self.nudges = Nudges(database, clock, again_seconds=0.01)
        self.woken: list[datetime] = []
        self.hearing = asyncio.get_running_loop().create_task(self.nudges.hear({"groups": self.woken.append}))

    async def hears(self) -> None:
        """What was told before has been read, too."""
        await until(lambda: self.nudges.heard)

    async def end(self) -> None:
        self.hearing.cancel()
        with suppress(asyncio.CancelledError):
            await self.hearing


@pytest.fixture
def others(io_loop: IOLoop, connect: Callable[[], Database], clock: HeldClock) -> Iterator[Callable[[], Other]]:
    made: list[Other] = []

    def another() -> Other:
        made.append(Other(connect(), clock))
        return made[-1]

    yield another
    for one in made:
        io_loop.run_sync(one.end)


async def test_a_nudge_alone_wakes_the_worker_of_another_process(
    stores: Stores, connect: Callable[[], Database], clock: HeldClock
):
    chat, theirs = Chat(clock), open_stores(connect(), clock)
    work = Work(store=theirs.groups, advance=alerts.advance, deliver=chat.deliver)
    worker = Worker([work], clock, poll_seconds=NO_POLL)
    running = asyncio.create_task(worker.run())
    hearing = asyncio.create_task(theirs.hear_nudges())
    await until(lambda: theirs.nudges.heard and worker.last_pass is not None)
    stores.nudge_others()
    await stores.groups.add(opened_group(clock(), people=("ana",)))
    await until(lambda: bool(chat.pages()))
    hearing.cancel()
    await worker.stop()
    await asyncio.wait([running, hearing])
    await stores.nudges.close()


async def test_one_word_stands_for_all_that_is_stored_meanwhile(database: Database, clock: HeldClock):
    ours = Nudges(database, clock)
    for _ in range(500):
        ours.tell("groups", clock())
    ours.tell("groups", clock() - timedelta(seconds=5))
    await ours.close()
    told = await database.collection(nudges.COLLECTION).find({}).to_list(length=10)
    assert [one["wakes"] for one in told] == [{"groups": clock() - timedelta(seconds=5)}]


async def test_what_is_due_later_is_found_by_looking(database: Database, clock: HeldClock):
    ours = Nudges(database, clock)
    ours.tell("groups", clock() + timedelta(seconds=2))
    await ours.close()
    assert await database.collection(nudges.COLLECTION).count_documents({}) == 0


async def test_everybody_hears_it_once(database: Database, clock: HeldClock, others: Callable[[], Other]):
    ours, one, two = Nudges(database, clock), others(), others()
    await one.hears()
    await two.hears()
    ours.tell("groups", clock())
    ours.tell("servers", clock())  # nobody there cares
    await until(lambda: bool(one.woken and two.woken))
    assert (one.woken, two.woken) == ([clock()], [clock()])
    await ours.close()


async def test_a_killed_cursor_is_taken_up_again(database: Database, clock: HeldClock, others: Callable[[], Other]):
    ours, other = Nudges(database, clock), others()
    await other.hears()
    await _kill_cursors(database)
    await until(lambda: not other.nudges.heard, pause=0.001)
    await other.hears()
    other.woken.clear()
    ours.tell("groups", clock() + timedelta(milliseconds=7))
    await until(lambda: clock() + timedelta(milliseconds=7) in other.woken)
    await ours.close()


async def _kill_cursors(database: Database) -> None:
    """Those that follow the nudges of this database, as a restart of the server does."""
    admin = database._client.admin
    pipeline = [{"$currentOp": {"idleCursors": True, "allUsers": True}}]
    found: list[int] = []

    async def are_listed() -> bool:
        """In the moment in which it is taken up for the next look, a cursor is neither idle nor working."""
        found[:] = [
            one["cursor"]["cursorId"]
            async for one in admin.aggregate(pipeline)
            if one.get("ns") == f"{database.name}.{nudges.COLLECTION}" and "cursor" in one
        ]
        return bool(found)

    await until(are_listed)
    await database._database.command({"killCursors": nudges.COLLECTION, "cursors": found})


async def test_where_nudges_cannot_be_followed_one_line_says_so_and_later_they_are(
    database: Database, clock: HeldClock, others: Callable[[], Other]
):
    """The collection is there, and is an ordinary one."""
    collection = database.collection(nudges.COLLECTION)
    await collection.drop()
    await collection.insert_one({})
    with capture_logs() as told:
        other = others()
        await until(lambda: bool(told))
        for _ in range(30):  # time enough for more attempts
            await database.ping()
        assert not other.nudges.heard
        await _until_capped(database)
        await other.hears()
    assert [line["event"] for line in told] == [SILENT]


async def _until_capped(database: Database) -> None:
    """Drop it until nobody's word in the wrong moment made it an ordinary one again."""

    async def is_capped() -> bool:
        await database.collection(nudges.COLLECTION).drop()
        await database.make_capped(nudges.COLLECTION, nudges.BYTES)
        return bool((await database.collection(nudges.COLLECTION).options()).get("capped"))

    await until(is_capped)
