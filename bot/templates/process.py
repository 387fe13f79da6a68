"""One process that renders templates: started when it is first needed, killed when it does not answer in time.

What a template may use is time of the processor, and the kernel watches that: a busy machine is nobody's fault. The
seconds of the clock are for what the kernel does not end.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import structlog

from bot.errors import BotError
from bot.templates.frames import LENGTH, LENGTHS

ROOT = Path(__file__).parents[2]
# An isolated interpreter finds installed packages only, and neither the working directory nor our settings count.
PROGRAM = "import sys; sys.path.append(sys.argv[1]); from bot.templates.rendering import main; main(int(sys.argv[2]))"
START_SECONDS = 10.0
ANSWER_SECONDS = 5.0  # as long as one may wait for a process
END_SECONDS = 5.0  # what closed its pipe without ending gets no more; on a busy machine an end takes a while
LONGEST_ANSWER = 8 * 1024 * 1024

log = structlog.get_logger()


class Why(StrEnum):
    """Why there is no answer; the values are kinds of problems of templates."""

    SLOW = "slow"  # it used the time of the processor that it may have
    LATE = "late"  # it had too little of the processor, or hangs without using it
    LARGE = "large"
    DIED = "died"


WORDS = {
    Why.SLOW: "The rendering process took too long",
    Why.LATE: "The rendering process did not answer in time",
    Why.LARGE: "The rendering process answers too much",
    Why.DIED: "The rendering process died",
}
# What the kernel ends a process with that uses more than `rendering.py` allows.
TIME_IS_UP = (-signal.SIGVTALRM, -signal.SIGXCPU)


class NoAnswer(BotError):
    """The process did not answer, and is no more."""

    def __init__(self, why: Why) -> None:
        super().__init__(WORDS[why])
        self.why = why


class Renderer:
    """Asked one thing at a time. After NoAnswer it is of no more use."""

    def __init__(self, process: Process, seconds: float = ANSWER_SECONDS) -> None:
        self._process = process
        self._seconds = seconds

    @classmethod
    async def start(cls, program: str = PROGRAM, *, seconds: float = ANSWER_SECONDS) -> Renderer:
        """Raises NoAnswer. Nothing of our environment goes with it, nor any open file."""
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-c",
                program,
                str(ROOT),
                str(os.getpid()),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
            )
            renderer = cls(process, seconds)
            await renderer._answer(START_SECONDS)
        except (OSError, NoAnswer) as problem:
            log.warning("no rendering process", why=str(problem))
            raise NoAnswer(Why.DIED) from problem
        return renderer

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, question: bytes, body: bytes) -> bytes:
        """Raises NoAnswer; then, and when the caller gives up, the process is killed."""
        assert self._process.stdin is not None
        self._process.stdin.write(LENGTHS.pack(len(question), len(body)))
        self._process.stdin.write(question)
        self._process.stdin.write(body)
        return await self._answer(self._seconds)

    async def _answer(self, seconds: float) -> bytes:
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(seconds):
                (length,) = LENGTH.unpack(await self._process.stdout.readexactly(LENGTH.size))
                if length > LONGEST_ANSWER:
                    raise NoAnswer(Why.LARGE)
                return await self._process.stdout.readexactly(length)
        except TimeoutError:
            await self.stop()
            raise NoAnswer(Why.LATE) from None
        except (asyncio.IncompleteReadError, ConnectionError):
            await self._ended()
            raise NoAnswer(Why.SLOW if self._process.returncode in TIME_IS_UP else Why.DIED) from None
        except (NoAnswer, asyncio.CancelledError):
            await self.stop()
            raise

    async def _ended(self) -> None:
        """Awaited before any signal: `Popen.send_signal` looks for itself, and then asyncio only learns 255."""
        with suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await self._process.wait()
        await self.stop()

    async def stop(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
