"""What a benchmark stands on: a mongod of its own with a 1 GB cache, child processes that end with us, free ports."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bot.storage.embedded import EmbeddedMongo

ROOT = Path(__file__).parent.parent
CACHE_GB = 1.0
READY_SECONDS = 20


@asynccontextmanager
async def mongod() -> AsyncIterator[str]:
    """The URI of `MONGODB_URI`, or of a single-node replica set in a temporary folder."""
    given = os.environ.get("MONGODB_URI")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="oncall-bench-") as folder:
        mongo = await EmbeddedMongo.start(Path(folder), cache_gb=CACHE_GB, authentication=False)
        try:
            yield mongo.uri
        finally:
            await mongo.stop()


@asynccontextmanager
async def child(module: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m module` as a child of ours; its first line of output says that it is ready."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), READY_SECONDS)


async def first_line(process: asyncio.subprocess.Process, seconds: float = READY_SECONDS) -> str:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), seconds)
    if not line:
        raise RuntimeError("The process under test ended before it was ready.")
    return line.decode().strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One cell: operations per second and latency in milliseconds."""

    rate: float
    p50: float
    p99: float
    errors: int = 0
    busy: float = 0.0


def figures(latencies: list[float], seconds: float, *, errors: int = 0, busy: float = 0.0) -> Figures:
    if not latencies:
        return Figures(rate=0, p50=0, p99=0, errors=errors)
    ordered = sorted(latencies)
    return Figures(
        rate=len(ordered) / seconds,
        p50=ordered[len(ordered) // 2] * 1000,
        p99=ordered[int(len(ordered) * 0.99)] * 1000,
        errors=errors,
        busy=busy,
    )


def middle(runs: list[Figures]) -> Figures:
    """The median of each figure over some runs."""
    return Figures(
        rate=median(run.rate for run in runs),
        p50=median(run.p50 for run in runs),
        p99=median(run.p99 for run in runs),
        errors=sum(run.errors for run in runs),
        busy=median(run.busy for run in runs),
    )
