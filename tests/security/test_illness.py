"""What one worker could not deliver and another one did is no illness of the first for ever."""

from bot.storage.stores import Stores
from tests.clock import HeldClock
from tests.storage.samples import opened_group
from tests.working.test_worker import Chat, RefusingChat, worker_for


async def test_what_another_worker_delivered_is_forgotten(stores: Stores, clock: HeldClock) -> None:
    first = worker_for(stores, clock, RefusingChat(clock, permanent=False))
    second = worker_for(stores, clock, Chat(clock))
    await stores.groups.add(opened_group(clock(), channel_id="town"))
    await first.drain()
    assert first.oldest_unsent == clock()
    clock.advance(minutes=10)
    await second.drain()
    assert await stores.groups.next_wake() is None
    clock.advance(minutes=6)
    assert first.oldest_unsent is None
    assert second.oldest_unsent is None
