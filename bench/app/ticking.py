"""`python -m bench.app.ticking`: the real bot (`serve`) with a 5 ms ticker on its event loop.

SIGUSR1 makes it write to `DATA_DIR/block` the longest time the loop did not get its turn since the last such signal, in
milliseconds, and how much of the longest its own thread computed: on a busy machine other processes hold it up, too.
"""

import asyncio
import os
import signal
import time

from bot.composition import running
from bot.config import Role, read_config
from bot.log import configure_logging

TICK_SECONDS = 0.005


class Ticker:
    """Notices when the event loop is held up."""

    def __init__(self) -> None:
        self.worst = self.worst_busy = 0.0

    async def run(self) -> None:
        while True:
            before, used = time.perf_counter(), time.thread_time()
            await asyncio.sleep(TICK_SECONDS)
            self.worst = max(self.worst, time.perf_counter() - before - TICK_SECONDS)
            self.worst_busy = max(self.worst_busy, time.thread_time() - used)

    def take(self) -> str:
        """Milliseconds seen and computed; begins anew."""
        found = f"{self.worst * 1000:.2f} {self.worst_busy * 1000:.2f}"
        self.worst = self.worst_busy = 0.0
        return found


async def main() -> None:
    config = read_config(os.environ, Role.SERVE)
    configure_logging(config)
    ticker, stopped = Ticker(), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    async with running(config):
        task = asyncio.create_task(ticker.run())
        loop.add_signal_handler(signal.SIGUSR1, lambda: (config.data_dir / "block").write_text(ticker.take()))
        await stopped.wait()
        task.cancel()


if __name__ == "__main__":
    asyncio.run(main())
