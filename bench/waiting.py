"""Waiting for what other processes bring about, with a bound: a wait without one has cost whole runs."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(ready: Callable[[], Awaitable[bool]], seconds: float, *, pause: float) -> bool:
    """Whether it came to be in time."""
    deadline = time.perf_counter() + seconds
    while not await ready():
        if time.perf_counter() > deadline:
            return False
        await asyncio.sleep(pause)
    return True
