"""`python -m bench.app.profiled`: the real bot (`serve`), looked at every millisecond that it computes.

From SIGUSR1 until SIGUSR2; then `DATA_DIR/profile` holds in JSON how often which function was seen at work itself and
somewhere on the stack. Unlike cProfile this inflates nothing. Only the event loop's thread is seen.
"""

import asyncio
import json
import os
import signal
from collections import Counter
from pathlib import Path
from types import FrameType

import uvloop

from bot.composition import running
from bot.config import Role, read_config
from bot.log import configure_logging

PERIOD_SECONDS = 0.001


class Sampling:
    """`alone` counts the innermost functions, `within` all that are on the stack."""

    def __init__(self) -> None:
        self.samples = 0
        self.alone: Counter[str] = Counter()
        self.within: Counter[str] = Counter()

    def begin(self) -> None:
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, PERIOD_SECONDS, PERIOD_SECONDS)

    def end(self, file: Path) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        found = {"samples": self.samples, "alone": dict(self.alone), "within": dict(self.within)}
        part = file.with_suffix(".part")
        part.write_text(json.dumps(found))
        part.rename(file)  # whoever sees it sees all of it

    def _look(self, _number: int, frame: FrameType | None) -> None:
        self.samples += 1
        if frame is None:
            return
        self.alone[_name(frame)] += 1
        seen = set()
        while frame is not None:
            seen.add(_name(frame))
            frame = frame.f_back
        self.within.update(seen)


def _name(frame: FrameType) -> str:
    code = frame.f_code
    return f"{'/'.join(Path(code.co_filename).parts[-3:])}:{code.co_qualname}"


async def main() -> None:
    config = read_config(os.environ, Role.SERVE)
    configure_logging(config)
    sampling, stopped = Sampling(), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    async with running(config):
        loop.add_signal_handler(signal.SIGUSR1, sampling.begin)
        loop.add_signal_handler(signal.SIGUSR2, sampling.end, config.data_dir / "profile")
        await stopped.wait()


if __name__ == "__main__":
    uvloop.run(main())
