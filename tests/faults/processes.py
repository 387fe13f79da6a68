"""Processes of the bot that a test starts, kills without warning and starts again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from pathlib import Path

from tests.ports import free_port
from tests.town import Town
from tests.waiting import until

ROOT = Path(__file__).parents[2]
SHORT_LEASE = "2"
OURS = (str(Path(__file__).with_name("bot_process.py")),)


class BotProcess:
    """One role of the bot. `lease` empty is the product's own, started by the product's own command."""

    def __init__(self, town: Town, role: str, log: Path, *, lease: str = SHORT_LEASE) -> None:
        self._town = town
        self._role = role
        self._log = log
        self._command = (*OURS, role, lease) if lease else ("-m", "bot", role)
        self._process: Process | None = None

    async def start(self) -> None:
        """Until it says that it is ready."""
        environ = {**os.environ, **self._town.environ, "PYTHONPATH": str(ROOT)}
        if self._role == "worker":
            environ["PORT"] = str(free_port())  # it answers how it is there; the town's is that of its web process
        earlier = self._times_ready()
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, *self._command, cwd=ROOT, env=environ, stdout=log, stderr=log
            )
        await until(lambda: self._is_ready(earlier), pause=0.02)

    def _is_ready(self, earlier: int) -> bool:
        assert self._process is not None
        assert self._process.returncode is None, self.log
        return self._times_ready() > earlier

    def _times_ready(self) -> int:
        return self.log.count("event=ready") + self.log.count('"event":"ready"')

    async def kill(self) -> None:
        """`kill -9`: nothing is finished, nothing is given back."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        await asyncio.wait_for(self._process.wait(), 60)
        self._process = None

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""
