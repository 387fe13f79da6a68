"""Group commit that clocks itself."""

import asyncio

import pytest

from bot.errors import Unavailable
from bot.gathering import Gathering
from tests.waiting import until


class Shop:
    """Doubles numbers in batches; stops where told to, and cannot stand 13."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def flush(self, items: list[int]) -> list[int | Exception]:
        self.batches.append(items)
        await self.open.wait()
        if 13 in items:
            raise ValueError("13")
        return [item * 2 if item else LookupError("nothing") for item in items]


async def test_what_arrives_during_a_batch_goes_into_the_next_one():
    shop = Shop()
    gathering = Gathering[int, int](shop.flush, most=100)
    shop.open.clear()
    first = asyncio.ensure_future(gathering.submit(1))
    await until(lambda: bool(shop.batches))
    rest = [asyncio.ensure_future(gathering.submit(number)) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    shop.open.set()
    assert await asyncio.gather(first, *rest) == [2, 4, 6, 8]
    assert shop.batches == [[1], [2, 3, 4]]


async def test_batches_are_no_heavier_than_allowed():
    shop = Shop()
    gathering = Gathering[int, int](shop.flush, most=5, weigh=lambda item: item)
    await asyncio.gather(*(gathering.submit(number) for number in (2, 3, 1, 9, 4)))
    assert shop.batches == [[2, 3], [1], [9], [4]]


async def test_each_gets_its_own_answer_or_failure():
    gathering = Gathering[int, int](Shop().flush, most=100)
    answers = await asyncio.gather(*(gathering.submit(number) for number in (1, 0)), return_exceptions=True)
    assert answers[0] == 2 and isinstance(answers[1], LookupError)


async def test_one_that_cannot_be_done_does_not_harm_the_others():
    gathering = Gathering[int, int](Shop().flush, most=100)
    answers = await asyncio.gather(*(gathering.submit(number) for number in (1, 13, 3)), return_exceptions=True)
    assert (answers[0], answers[2]) == (2, 6) and isinstance(answers[1], ValueError)


async def test_nobody_waits_longer_than_they_have_patience_and_is_not_handed_on_afterwards():
    shop = Shop()
    gathering = Gathering[int, int](shop.flush, most=100, patience=0.5)
    shop.open.clear()
    first = asyncio.ensure_future(gathering.submit(1))
    await until(lambda: bool(shop.batches))
    second = asyncio.ensure_future(gathering.submit(2))
    answers = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable, Unavailable]
    shop.open.set()
    await until(lambda: gathering.weight == 0)
    assert await gathering.submit(3) == 6
    assert shop.batches == [[1], [3]]


async def test_whoever_goes_away_does_not_keep_the_others_from_their_answer():
    shop = Shop()
    gathering = Gathering[int, int](shop.flush, most=100)
    impatient, patient = (asyncio.ensure_future(gathering.submit(number)) for number in (1, 2))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == 4


async def test_too_much_is_refused_at_once():
    shop = Shop()
    gathering = Gathering[int, int](shop.flush, most=1, waiting=2)
    answers = await asyncio.gather(*(gathering.submit(number) for number in range(1, 6)), return_exceptions=True)
    assert [isinstance(answer, Unavailable) for answer in answers] == [False, False, True, True, True]
    assert await gathering.submit(7) == 14


async def test_nothing_is_left_behind_when_a_flight_ends():
    gathering = Gathering[int, int](Shop().flush, most=2)
    for number in range(100, 300):
        with_next = [gathering.submit(number + place) for place in range(number % 4 + 1)]
        assert await asyncio.wait_for(asyncio.gather(*with_next), 5)


@pytest.mark.parametrize("flights", [1, 3])
async def test_no_more_flights_than_allowed_are_under_way(flights: int):
    shop = Shop()
    shop.open.clear()
    gathering = Gathering[int, int](shop.flush, most=1, flights=flights)
    waiting = [asyncio.ensure_future(gathering.submit(number)) for number in range(1, 6)]
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(shop.batches) == flights
    shop.open.set()
    await asyncio.gather(*waiting)


async def test_each_owner_has_its_turn_however_much_another_has_waiting():
    shop = Shop()
    gathering = Gathering[int, int](shop.flush, most=3, owner=lambda item: "even" if item % 2 == 0 else "odd")
    await asyncio.gather(*(gathering.submit(number) for number in (2, 4, 6, 8, 10, 1, 3)))
    assert shop.batches == [[2, 1, 4], [3, 6, 8], [10]]


async def test_who_has_much_waiting_leaves_room_for_others():
    shop = Shop()
    gathering = Gathering[int, int](shop.flush, most=100, waiting=6, owner=lambda item: str(item % 2))
    submitted = [asyncio.ensure_future(gathering.submit(number)) for number in (*range(2, 22, 2), *range(1, 21, 2))]
    answers = await asyncio.gather(*submitted, return_exceptions=True)
    taken = [number for number in shop.batches[0] if number]
    assert sum(number % 2 == 0 for number in taken) == 6
    assert sum(number % 2 == 1 for number in taken) == 3
    assert sum(isinstance(answer, Unavailable) for answer in answers) == 11


async def test_one_item_of_each_owner_is_always_taken():
    shop = Shop()
    gathering = Gathering[int, int](shop.flush, most=100, waiting=1, weigh=lambda item: item, owner=str)
    assert await asyncio.gather(*(gathering.submit(number) for number in (5, 6, 7))) == [10, 12, 14]
