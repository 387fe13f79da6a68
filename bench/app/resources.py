"""T13 and T14: what a process of the bot takes up, and how soon it is there."""

import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp

from bench.app.place import Place
from bench.env import ROOT, child, first_line
from bench.ports import free_port
from bench.waiting import until

PER_REQUEST = 10
PATIENCE = 600


async def memory(here: Place, *, half: int) -> dict[str, Any]:
    """Megabytes of `serve` at rest, after `half` alerts (ten a group) were delivered, and as many again."""
    await asyncio.sleep(2)
    found: dict[str, Any] = {"idle": here.memory("serve0"), "alerts": half}
    for name in ("half", "full"):
        arguments = (str(here.port), here.alert_path, "16", str(PER_REQUEST), str(PATIENCE), str(half // PER_REQUEST))
        async with child("bench.app.generator", *arguments) as generator:
            taken = json.loads(await first_line(generator, seconds=PATIENCE))
        await until(here.is_all_delivered, PATIENCE, pause=1)
        await asyncio.sleep(2)
        found[name] = here.memory("serve0")
        found[f"{name}_errors"] = taken["errors"]
        await here.ask("forget")
    found["taken"] = await here.metric("oncall_alerts_accepted")
    assert found["taken"] >= 2 * half, found
    return {**found, "growth": found["full"] / found["half"] - 1}


async def cold_start(here: Place, *, times: int) -> float:
    """Seconds from starting the process until /readyz says yes; database running, indexes there."""
    took = []
    for number in range(times):
        for name in tuple(here.bots):
            await here.stop(name)
        took.append(await here.start(f"cold{number}", "serve"))
    return median(took)


async def cold_start_embedded(*, times: int) -> dict[str, float]:
    """The same with the database that the bot brings along: in an empty folder, and in one it knows."""
    first, again = [], []
    for _ in range(times):
        with tempfile.TemporaryDirectory(prefix="oncall-bench-") as folder:
            first.append(await _start(folder))
            again.append(await _start(folder))
    return {"first": median(first), "again": median(again)}


async def _start(folder: str) -> float:
    port = free_port()
    environ = {**os.environ, "PORT": str(port), "HOST": "127.0.0.1", "DATA_DIR": folder}
    environ.pop("MONGODB_URI", None)
    began = time.perf_counter()
    with (Path(folder) / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "serve", cwd=ROOT, env=environ, stdout=log, stderr=log
        )
    try:
        return await _ready(port, process) - began
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 30)


async def _ready(port: int, process: asyncio.subprocess.Process) -> float:
    async with aiohttp.ClientSession() as session, asyncio.timeout(30):
        while process.returncode is None:
            try:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return time.perf_counter()
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.003)
    raise RuntimeError("The bot ended before it was ready.")
