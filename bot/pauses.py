"""Keeps the garbage collector's pauses short: they stop the event loop like any other long computation."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

# New objects before the youngest are looked at, and how many such looks before the older ones are. The last number is
# about all that is alive, and only there in case there is never a quiet moment.
LOOKED_AFTER = (20_000, 4, 500)
QUIET_SECONDS = 60.0
AGAIN_SECONDS = 1.0
TRIES = 60


def shorten_pauses(looked_after: tuple[int, int, int] = LOOKED_AFTER) -> None:
    """Call it once, when everything is imported and built.

    A full collection looks at every object alive, and of those hundreds of thousands belong to modules that live as
    long as the process: 35 to 50 ms on a slow machine. They are put where the collector does not look.

    What begins and ends within a request is hardly ever left to the collector, so it need not look after every 700 new
    objects, as it would by itself: under load that took a twelfth of all computing. Nor at all that is alive while one
    sender's tens of thousands of alerts are: that held up everybody for 80 to 200 ms, several times for each of them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*looked_after)


async def collect_in_quiet(
    busy: Callable[[], bool], *, every: float = QUIET_SECONDS, again: float = AGAIN_SECONDS
) -> None:
    """For ever: look at all that is alive once in a while, when little is."""
    while True:
        await asyncio.sleep(every)
        for _ in range(TRIES):
            if not busy():
                break
            await asyncio.sleep(again)
        gc.collect()
