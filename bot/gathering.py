"""Group commit that clocks itself: whatever arrives while the last batch is under way goes into the next one.

An item that comes alone is served at once; under load the batches grow by themselves. No artificial delays.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from bot.errors import Unavailable

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def _one(item: object) -> int:
    return 1


def _nobody(item: object) -> str:
    return ""


class _Waiting(NamedTuple, Generic[Item, Answer]):
    item: Item
    weight: int
    answer: asyncio.Future[Answer]


@dataclass(slots=True)
class _Line(Generic[Item, Answer]):
    """What waits for one owner, and how heavy it is together."""

    items: deque[_Waiting[Item, Answer]] = field(default_factory=deque)
    weight: int = 0


class _Patience(Generic[Answer]):
    """Gives up on answers after so many seconds. One timer is enough: who came first has waited longest."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._futures: deque[tuple[float, asyncio.Future[Answer]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def wait_for(self, future: asyncio.Future[Answer]) -> None:
        loop = future.get_loop()
        while self._futures and self._futures[0][1].done():
            self._futures.popleft()
        self._futures.append((loop.time() + self._seconds, future))
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._futures and (self._futures[0][0] <= loop.time() or self._futures[0][1].done()):
            _settle(self._futures.popleft()[1], Unavailable("It takes too long"))
        self._timer = loop.call_at(self._futures[0][0], self._look, loop) if self._futures else None


class Gathering(Generic[Item, Answer]):
    """Hands items to `flush` in batches; it answers with as many answers, of which some may be exceptions.

    A batch is as heavy as `most`, or one item; `waiting` is how much weight may wait before new items are refused, and
    `patience` how many seconds one waits for its answer. Those who gave up are not handed on any more.

    Items have an `owner`. Batches take from each owner in turn, so that nobody waits behind the queue of somebody else;
    and the more owners wait, the less each of them may have waiting: as much as is still free of twice `waiting`.
    """

    def __init__(
        self,
        flush: Callable[[list[Item]], Awaitable[list[Answer | Exception]]],
        *,
        most: int,
        waiting: int = 1_000_000,
        flights: int = 1,
        weigh: Callable[[Item], int] = _one,
        patience: float | None = None,
        owner: Callable[[Item], str] = _nobody,
    ) -> None:
        self._flush = flush
        self._most = most
        self._waiting = waiting
        self._flights = flights
        self._weigh = weigh
        self._patience = _Patience[Answer](patience) if patience is not None else None
        self._owner = owner
        self._lines: dict[str, _Line[Item, Answer]] = {}
        self._weight = 0
        self._aloft = 0
        self._flying = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def weight(self) -> int:
        """How much waits, not counting what is under way."""
        return self._weight

    @property
    def unanswered(self) -> int:
        """How much waits or is under way."""
        return self._weight + self._aloft

    async def submit(self, item: Item) -> Answer:
        """The answer to this item, once its batch is done. Raises Unavailable, at once if too much waits."""
        owner, weight = self._owner(item), self._weigh(item)
        line = self._lines.get(owner)
        if line is None:
            line = self._lines[owner] = _Line()
        elif line.weight + weight > 2 * self._waiting - self._weight:
            raise Unavailable("Too much waits to be stored")
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        line.items.append(_Waiting(item, weight, future))
        line.weight += weight
        self._weight += weight
        if self._flying < self._flights:
            self._flying += 1
            task = asyncio.create_task(self._fly())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self._patience is not None:
            self._patience.wait_for(future)
        return await future

    async def _fly(self) -> None:
        try:
            await asyncio.sleep(0)  # what else arrives in this turn of the loop comes along
            while batch := self._take():
                weight = sum(waiting.weight for waiting in batch)
                self._aloft += weight
                try:
                    await _answer(self._flush, batch)
                finally:
                    self._aloft -= weight
        finally:
            self._flying -= 1  # in the same step as the last look into the queue, or an item might be left behind

    def _take(self) -> list[_Waiting[Item, Answer]]:
        batch: list[_Waiting[Item, Answer]] = []
        room = self._most
        while self._lines:
            owner, line = next(iter(self._lines.items()))
            first = line.items[0]
            if batch and first.weight > room and not first.answer.done():
                break
            self._advance(owner, line, first.weight)
            if first.answer.done():  # gone away while it waited
                continue
            room -= first.weight
            batch.append(first)
        return batch

    def _advance(self, owner: str, line: _Line[Item, Answer], weight: int) -> None:
        """The first of this line leaves, and the line goes to the end."""
        line.items.popleft()
        line.weight -= weight
        self._weight -= weight
        if not line.items:
            del self._lines[owner]
        elif len(self._lines) > 1:
            del self._lines[owner]
            self._lines[owner] = line


async def _answer(
    flush: Callable[[list[Item]], Awaitable[list[Answer | Exception]]],
    batch: list[_Waiting[Item, Answer]],
) -> None:
    """Nothing is swallowed here: every failure goes to those who wait for it."""
    try:
        answers = await flush([waiting.item for waiting in batch])
    except asyncio.CancelledError:
        for waiting in batch:
            _settle(waiting.answer, Unavailable("This process is stopping"))
        raise
    except Exception as problem:
        if len(batch) == 1 or isinstance(problem, Unavailable):
            for waiting in batch:
                _settle(waiting.answer, problem)
            return
        for single in batch:  # one that cannot be done must not harm the others
            await _answer(flush, [single])
        return
    for waiting, answer in zip(batch, answers, strict=True):
        _settle(waiting.answer, answer)


def _settle(future: asyncio.Future[Answer], answer: Answer | Exception) -> None:
    if future.done():  # the sender went away
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
