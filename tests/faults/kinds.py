"""The faults there are: each begins, lasts, and is over when its function returns."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from bot.simulator.faults import Fault
from tests.faults.rig import Rig
from tests.waiting import lasting, until

SEVERAL = 0.25  # of the rounds have two faults at once

NOTICED_SECONDS = 60
STARTED_SECONDS = 60

Do = Callable[[Rig, Random], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`where` is what it harms: two at once must not harm the same. `members` is how many mongods it takes."""

    name: str
    where: str
    do: Do
    members: int = 1


async def _kill_process(rig: Rig, chance: Random, role: str) -> None:
    process = rig.process(role)
    await process.kill()
    await lasting(chance.uniform(0, 1.5))
    await process.start()


async def kill_web(rig: Rig, chance: Random) -> None:
    await _kill_process(rig, chance, "web")


async def kill_worker(rig: Rig, chance: Random) -> None:
    await _kill_process(rig, chance, "worker")


async def kill_all(rig: Rig, chance: Random) -> None:
    async with asyncio.TaskGroup() as tasks:
        for role in rig.processes:
            tasks.create_task(_kill_process(rig, chance, role))


async def kill_database(rig: Rig, chance: Random) -> None:
    primary = await rig.mongods.primary()
    await primary.kill()
    await lasting(chance.uniform(0, 3))
    await primary.start()
    await rig.mongods.primary()


async def hang_database(rig: Rig, chance: Random) -> None:
    """Alive for the system, silent for its clients: the bot must say so, and be well again afterwards."""
    primary = await rig.mongods.primary()
    primary.hang()
    try:
        await until(rig.is_unready, NOTICED_SECONDS, pause=0.1)
        await lasting(chance.uniform(4, 8))
    finally:
        primary.go_on()
    await until(rig.is_ready, STARTED_SECONDS, pause=0.1)


async def step_down(rig: Rig, chance: Random) -> None:
    await rig.mongods.step_down()
    await rig.mongods.primary()


async def lose_primary(rig: Rig, chance: Random) -> None:
    """It comes back only when another has taken over."""
    primary = await rig.mongods.primary()
    await primary.kill()
    await rig.mongods.primary()
    await lasting(chance.uniform(0, 2))
    await primary.start()


async def _spoil(rig: Rig, chance: Random, *faults: Fault) -> None:
    for fault in faults:
        rig.town.simulator.faults.add(fault)
    await lasting(chance.uniform(1, 4))
    rig.town.simulator.faults.clear()


async def slow(rig: Rig, chance: Random) -> None:
    await _spoil(rig, chance, Fault(prefix="/api/v4/", seconds=chance.uniform(0.2, 2)))


async def limited(rig: Rig, chance: Random) -> None:
    await _spoil(rig, chance, Fault(prefix="/api/v4/", status=429, reset=chance.randint(1, 3)))


async def failing(rig: Rig, chance: Random) -> None:
    await _spoil(rig, chance, Fault(prefix="/api/v4/", status=chance.choice((500, 502, 503))))


async def silent(rig: Rig, chance: Random) -> None:
    """What is asked takes effect and is not answered."""
    await _spoil(rig, chance, Fault(prefix="/api/v4/posts", drop=True))


async def away(rig: Rig, chance: Random) -> None:
    await rig.town.simulator.down()
    await lasting(chance.uniform(1, 4))
    rig.town.simulator.up()


KINDS = (
    Kind(name="kill -9 web", where="bot", do=kill_web),
    Kind(name="kill -9 worker", where="bot", do=kill_worker),
    Kind(name="kill -9 all of the bot", where="bot", do=kill_all),
    Kind(name="kill -9 mongod", where="database", do=kill_database),
    Kind(name="mongod hangs", where="database", do=hang_database),
    Kind(name="primary steps down", where="database", do=step_down, members=3),
    Kind(name="kill -9 the primary of three", where="database", do=lose_primary, members=3),
    Kind(name="Mattermost slow", where="mattermost", do=slow),
    Kind(name="Mattermost answers 429", where="mattermost", do=limited),
    Kind(name="Mattermost answers 5xx", where="mattermost", do=failing),
    Kind(name="Mattermost drops answers", where="mattermost", do=silent),
    Kind(name="Mattermost away", where="mattermost", do=away),
)


class Deck:
    """Draws faults for a layout: every kind once before any comes again, now and then a second one with it."""

    def __init__(self, chance: Random, members: int) -> None:
        self._chance = chance
        # On three members only what needs them: the rest is quicker with one.
        self._kinds = [kind for kind in KINDS if (kind.members > 1) == (members > 1)]
        self._all = [kind for kind in KINDS if kind.members <= members]
        self._left: list[Kind] = []

    def draw(self) -> tuple[Kind, ...]:
        if not self._left:
            self._left = self._chance.sample(self._kinds, len(self._kinds))
        first = self._left.pop()
        if self._chance.random() >= SEVERAL:
            return (first,)
        return first, self._chance.choice([kind for kind in self._all if kind.where != first.where])
