"""The last payload of each integration: kept now and then, bounded, and never in anybody's way."""

import pytest
from structlog.testing import capture_logs

from bot.errors import Unavailable
from bot.storage.mongo import Database
from bot.storage.payloads import KEPT, LARGEST, Payloads
from bot.storage.stores import Stores
from tests.clock import HeldClock


@pytest.fixture
def payloads(stores: Stores) -> Payloads:
    return stores.payloads


async def test_the_first_of_a_minute_is_kept_for_each_integration(payloads: Payloads, clock: HeldClock):
    for body in (b"first", b"second"):
        payloads.note("s1", "i1", body)
        payloads.note("s1", "i2", body + b" of another")
    assert await payloads.last("s1", "i1") == b"first"
    assert await payloads.last("s1", "i2") == b"first of another"
    clock.advance(minutes=1)
    payloads.note("s1", "i1", b"third")
    assert await payloads.last("s1", "i1") == b"third"


async def test_a_large_or_empty_one_leaves_the_one_before(payloads: Payloads, clock: HeldClock):
    payloads.note("s1", "i1", b"x" * LARGEST)
    clock.advance(minutes=1)
    payloads.note("s1", "i1", b"x" * (LARGEST + 1))
    payloads.note("s1", "i1", b"")
    assert len(await payloads.last("s1", "i1")) == LARGEST


async def test_nobody_sees_another_servers(payloads: Payloads):
    payloads.note("s1", "i1", b"secret")
    assert await payloads.last("s2", "i1") == b""
    await payloads.delete_of("s2")
    assert await payloads.last("s1", "i1") == b"secret"
    await payloads.delete_of("s1")
    assert await payloads.last("s1", "i1") == b""


async def test_it_ends_after_thirty_days(payloads: Payloads, database: Database, clock: HeldClock):
    payloads.note("s1", "i1", b"x")
    await payloads.written()
    (found,) = await database.collection("payloads").find().to_list(None)
    assert found["expire_at"] == clock() + KEPT
    indexes = await database.collection("payloads").index_information()
    assert indexes["expire_at_1"]["expireAfterSeconds"] == 0


async def test_a_database_that_is_away_is_logged_and_forgiven(clock: HeldClock):
    database = Database("mongodb://127.0.0.1:1", selection_seconds=0.05)
    payloads = Payloads(database, clock)
    with capture_logs() as logs:
        payloads.note("s1", "i1", b"x")
        await payloads.written()
    assert logs[-1]["event"] == "payload not kept"
    with pytest.raises(Unavailable):
        await payloads.last("s1", "i1")
    database.close()


async def test_whoever_finds_one_kept_that_it_did_not_see_leaves_it(
    stores: Stores, database: Database, clock: HeldClock
):
    """As where two processes keep the first one at once: the database tells one of them that it is there already."""
    stores.payloads.note("s1", "i1", b"first")
    await stores.payloads.written()
    other = Payloads(database, clock)
    other.note("s2", "i1", b"second")
    await other.written()
    assert await stores.payloads.last("s1", "i1") == b"first"
