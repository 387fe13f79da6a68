"""Waiting for something that other tasks bring about, with a bound."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(ready: Callable[[], Awaitable[bool] | bool], seconds: float = 60, *, pause: float = 0) -> None:
    """Give the other tasks their turn until `ready`; with a `pause` other processes, too."""
    async with asyncio.timeout(seconds):
        while True:
            answer = ready()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(pause)


async def lasting(seconds: float) -> None:
    """How long an outage lasts, or the pace of a sender, in real time. Never for something that ought to happen."""
    await asyncio.sleep(seconds)
