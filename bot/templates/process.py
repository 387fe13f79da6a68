"""One process that renders templates: started when it is first needed, killed when it does not answer in time."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path

import structlog

from bot.errors import BotError
from bot.templates.frames import LENGTH, LENGTHS

ROOT = Path(__file__).parents[2]
# An isolated interpreter finds installed packages only, and neither the working directory nor our settings count.
PROGRAM = "import sys; sys.path.append(sys.argv[1]); from bot.templates.rendering import main; main(int(sys.argv[2]))"
START_SECONDS = 10.0
ANSWER_SECONDS = 2.0
LONGEST_ANSWER = 8 * 1024 * 1024

log = structlog.get_logger()


class NoAnswer(BotError):
    """The process did not answer: it was `killed` for taking too long, or it died."""

    def __init__(self, *, killed: bool) -> None:
        super().__init__("The rendering process took too long" if killed else "The rendering process died")
        self.killed = killed


class Renderer:
    """Asked one thing at a time. After NoAnswer it is of no more use."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, program: str = PROGRAM) -> Renderer:
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
            renderer = cls(process)
            await renderer._answer(START_SECONDS)
        except (OSError, NoAnswer) as problem:
            log.warning("no rendering process", why=str(problem))
            raise NoAnswer(killed=False) from problem
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
        return await self._answer(ANSWER_SECONDS)

    async def _answer(self, seconds: float) -> bytes:
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(seconds):
                (length,) = LENGTH.unpack(await self._process.stdout.readexactly(LENGTH.size))
                if length > LONGEST_ANSWER:
                    raise NoAnswer(killed=True)
                return await self._process.stdout.readexactly(length)
        except TimeoutError:
            await self.stop()
            raise NoAnswer(killed=True) from None
        except (asyncio.IncompleteReadError, ConnectionError):
            await self.stop()
            raise NoAnswer(killed=False) from None
        except (NoAnswer, asyncio.CancelledError):
            await self.stop()
            raise

    async def stop(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
