"""How many are served at once, and who may come in next."""

import asyncio
from contextlib import suppress

from bot.working.room import AT_ONCE, FEW, HELD_UP_SECONDS, MANY_ALERTS, Room, served_at_once
from tests.waiting import until


class Party:
    """Guests who stay until they are told to go; `alerts` is how many wait to be stored."""

    def __init__(self, *, longest: float = 3600.0, lull: float = 0.0) -> None:
        self.alerts = 0
        self.room = Room(lambda: self.alerts, longest=longest, lull=lull)
        self.inside: list[int] = []
        self.doors: dict[int, asyncio.Event] = {}
        self.tasks: dict[int, asyncio.Task[None]] = {}

    async def come(self, *guests: int) -> None:
        for guest in guests:
            self.doors[guest] = asyncio.Event()
            self.tasks[guest] = asyncio.create_task(self._visit(guest))
        await self.settle()

    async def _visit(self, guest: int) -> None:
        async with self.room:
            self.inside.append(guest)
            try:
                await self.doors[guest].wait()
            finally:
                self.inside.remove(guest)

    async def go(self, *guests: int) -> None:
        for guest in guests:
            self.doors[guest].set()
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def end(self) -> None:
        self.alerts = 0
        for door in self.doors.values():
            door.set()
        for task in self.tasks.values():
            with suppress(asyncio.CancelledError):
                await task


def test_senders_go_first_but_nobody_is_held_up_for_long():
    assert served_at_once(storing=0, held_up=0) == AT_ONCE
    assert served_at_once(storing=MANY_ALERTS - 1, held_up=0) == AT_ONCE
    assert served_at_once(storing=MANY_ALERTS, held_up=0) == FEW
    assert served_at_once(storing=MANY_ALERTS, held_up=HELD_UP_SECONDS - 0.01) == FEW
    assert served_at_once(storing=100_000, held_up=HELD_UP_SECONDS) == AT_ONCE


async def test_in_quiet_times_as_many_as_usual_come_in_and_the_others_in_turn():
    party = Party()
    await party.come(*range(AT_ONCE + 2))
    assert party.inside == list(range(AT_ONCE))
    await party.go(3)
    assert party.inside[-1] == AT_ONCE
    await party.end()
    assert party.inside == []


async def test_while_alerts_are_stored_few_come_in_and_afterwards_all_at_once():
    party = Party()
    party.alerts = MANY_ALERTS
    await party.come(*range(10))
    assert party.inside == list(range(FEW))
    await party.go(0)
    assert party.inside == list(range(1, FEW + 1))
    party.alerts = 0
    await party.go(1)
    assert party.inside == list(range(2, 10))
    await party.end()


async def test_between_two_batches_of_alerts_no_more_come_in_than_while_they_are_stored():
    party = Party(lull=3600.0)
    party.alerts = MANY_ALERTS
    await party.come(*range(10))
    party.alerts = 0
    await party.go(0)
    assert party.inside == list(range(1, FEW + 1))
    for guest in range(1, 10):  # each lets in the next
        await party.go(guest)
    assert party.inside == []
    await party.end()


async def test_who_waited_long_enough_comes_in_though_nobody_leaves():
    party = Party(longest=0.2)
    party.alerts = MANY_ALERTS
    await party.come(*range(FEW + 1))
    await until(lambda: len(party.inside) == FEW + 1, pause=0.01)
    await party.end()


async def test_who_gives_up_leaves_no_gap_behind():
    party = Party()
    await party.come(*range(AT_ONCE + 3))
    party.tasks[AT_ONCE].cancel()
    await party.settle()
    await party.go(0)
    assert party.inside[-1] == AT_ONCE + 1
    party.doors[1].set()  # called in, and gives up in the same moment
    await asyncio.sleep(0)
    party.tasks[AT_ONCE + 2].cancel()
    await party.settle()
    await party.come(100, 101)
    assert len(party.inside) == AT_ONCE
    await party.end()
    assert party.room._inside == 0
