"""A running simulator and a way to run coroutines to their end."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from bot.simulator.server import Simulator
from tests.simulator.small_bot import SmallBot, World

Result = TypeVar("Result")
Run = Callable[[Coroutine[Any, Any, Any]], Any]
MakeWorld = Callable[..., World]


class Clock:
    """Time that stands still until a test moves it; Unix seconds."""

    def __init__(self) -> None:
        self.now = 1_750_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run() -> Iterator[Run]:
    """Run a coroutine on the test's own event loop, with a bound of two minutes."""
    with asyncio.Runner() as runner:

        def _run(work: Awaitable[Result]) -> Result:
            async def bounded() -> Result:
                async with asyncio.timeout(120):
                    return await work

            return runner.run(bounded())

        yield _run


@pytest.fixture
def make_simulator(run: Run, clock: Clock) -> Iterator[Callable[..., Simulator]]:
    """``make_simulator(version=..., apps=...)`` starts one; all are stopped at the end."""
    started: list[Simulator] = []

    def make(**options: Any) -> Simulator:
        simulator = Simulator(clock=clock, **options)
        run(simulator.start())
        started.append(simulator)
        return simulator

    yield make
    for simulator in started:
        run(simulator.stop())


@pytest.fixture
def simulator(make_simulator: Callable[..., Simulator]) -> Simulator:
    """Version 9.5 without the Apps plugin; tests assert ``simulator.surprises`` themselves."""
    return make_simulator()


@pytest.fixture
def small_bot(run: Run) -> Iterator[SmallBot]:
    bot = SmallBot()

    async def start() -> None:
        bot.start()

    run(start())
    yield bot
    run(bot.stop())


@pytest.fixture
def make_world(make_simulator: Callable[..., Simulator], small_bot: SmallBot) -> MakeWorld:
    """``make_world(version=...)``: a simulator with people, a channel, a bot account and a bot behind it."""
    return lambda **options: World(make_simulator(**options), small_bot)


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world()
