"""What one new alert group and one interaction cost: CPU of the bot and of mongod, and requests to mongod.

These hardly depend on neighbours: the figures to look at when something was changed.
"""

import signal
from pathlib import Path
from typing import Any

from bench.app import deliveries
from bench.app.place import Place
from bench.machine import cpu_seconds
from bench.waiting import until


class Meter:
    """What bot and mongod did since it was made."""

    def __init__(self, here: Place, name: str) -> None:
        self._here, self._name = here, name
        self._before: tuple[float, float, int] = (0.0, 0.0, 0)

    async def begin(self) -> "Meter":
        self._before = await self._now()
        return self

    async def per(self, count: int) -> dict[str, float]:
        """Milliseconds and requests for each of so many."""
        now = await self._now()
        bot, mongod, requests = (after - before for after, before in zip(now, self._before, strict=True))
        return {"bot_ms": bot / count * 1000, "mongod_ms": mongod / count * 1000, "requests": requests / count}

    async def _now(self) -> tuple[float, float, int]:
        status = await self._here.client.admin.command("serverStatus")
        return self._here.cpu(self._name), cpu_seconds(int(status["pid"])), int(status["network"]["numRequests"])


async def group(here: Place, *, groups: int, profile: bool = False) -> dict[str, Any]:
    """A burst of new groups, from POST to card, page and thread line."""
    meter = await Meter(here, "serve0").begin()
    if profile:
        here.bots["serve0"].send_signal(signal.SIGUSR1)
    seen = await deliveries.burst(here, groups=groups)
    assert await until(here.is_all_delivered, 60, pause=0.2)
    cost = await meter.per(groups)
    if profile:
        await dumped(here)
    return {**cost, "per_second": seen["per_second"], "taken_per_second": seen["taken_per_second"]}


async def interaction(here: Place, kind: str, *, count: int, profile: bool = False) -> dict[str, Any]:
    """People who do one thing of a kind after the other (see `Players`)."""
    meter = await Meter(here, "serve0").begin()
    if profile:
        here.bots["serve0"].send_signal(signal.SIGUSR1)
    played = await here.ask("repeat", kind, count)
    cost = await meter.per(count)
    if profile:
        await dumped(here)
    return {**cost, "failed": played["failed"]}


async def dumped(here: Place) -> None:
    here.bots["serve0"].send_signal(signal.SIGUSR2)
    file = Path(here.folder.name) / "profile"

    async def is_there() -> bool:
        return file.exists()

    assert await until(is_there, 30, pause=0.05)
