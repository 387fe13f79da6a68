"""T12: the longest time any single request keeps the real bot's event loop from its other work."""

import asyncio
import signal
from pathlib import Path

from bench.app.generator import payload
from bench.app.place import Place
from bench.waiting import until

COMMAND = ("-m", "bench.app.ticking")


async def prepare(here: Place) -> None:
    """The same bot again, with a ticker on its loop."""
    for name in tuple(here.bots):
        await here.stop(name)
    await here.start("ticking", "serve", *COMMAND)


async def measure(here: Place, *, alerts: int, requests: int = 5) -> list[tuple[float, float]]:
    """Milliseconds of each request, in order of size: as the clock saw it, and computing."""
    blocks = []
    for number in range(requests + 1):
        await _block(here)
        status = await here.send(payload(10_000_000 + alerts * 1_000 + number, alerts))
        assert status == 202, status
        await asyncio.sleep(0.3)  # the post and the page that follow are part of it
        blocks.append(await _block(here))
    return sorted(blocks[1:])  # the first one warms up


async def _block(here: Place) -> tuple[float, float]:
    file = Path(here.folder.name) / "block"
    file.unlink(missing_ok=True)
    here.bots["ticking"].send_signal(signal.SIGUSR1)

    async def is_written() -> bool:
        return file.exists() and bool(file.read_text())

    assert await until(is_written, 10, pause=0.005)
    seen, computing = file.read_text().split()
    return float(seen), float(computing)
