"""T12: the longest time any single request keeps the event loop from its other work."""

import asyncio

import aiohttp

from bench.app.generator import payload
from bench.app.process import PATH
from bench.env import child, first_line
from bench.ports import free_port


async def measure(uri: str, *, alerts: int, requests: int = 5) -> list[tuple[float, float]]:
    """Milliseconds of each request, in order of size: as the clock saw it, and computing."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    async with child("bench.app.process", uri, str(port), "web") as bot, aiohttp.ClientSession() as session:
        await first_line(bot)
        blocks = []
        for number in range(requests + 1):
            await _block(session, base)
            async with session.post(f"{base}{PATH}", data=payload(number, alerts)) as answer:
                assert answer.status == 202, await answer.text()
            await asyncio.sleep(0.05)
            blocks.append(await _block(session, base))
        return sorted(blocks[1:])  # the first one warms up


async def _block(session: aiohttp.ClientSession, base: str) -> tuple[float, float]:
    async with session.get(f"{base}/bench/block") as answer:
        seen, computing = (await answer.text()).split()
        return float(seen), float(computing)
