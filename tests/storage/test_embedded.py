"""The embedded MongoDB, with the real mongod: it starts, keeps its data, keeps strangers out and leaves no orphan."""

import asyncio
import os
import select
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from packaging.requirements import Requirement
from pymongo.errors import OperationFailure

from bot.storage.embedded import EmbeddedMongo
from bot.storage.mongod import WHEEL, DataInUse, EmbeddedMongoError, MongodFailed, MongodMissing, find_mongod

ROOT = Path(__file__).parents[2]
PARENT = """
import asyncio, sys
from pathlib import Path
from bot.storage.embedded import EmbeddedMongo

async def main():
    mongo = await EmbeddedMongo.start(Path(sys.argv[1]))
    print(mongo.process_id, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def asynchronous(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


@asynccontextmanager
async def running(folder: Path, **options: Any) -> AsyncIterator[EmbeddedMongo]:
    mongo = await EmbeddedMongo.start(folder, **options)
    try:
        yield mongo
    finally:
        kill(mongo.process_id)  # a stop in good order takes a second; one test is enough for it
        await mongo.stop()


@asynccontextmanager
async def connected(uri: str) -> AsyncIterator[Any]:
    client: Any = AsyncIOMotorClient(uri, serverSelectionTimeoutMS=30_000)
    try:
        yield client
    finally:
        client.close()


@asynccontextmanager
async def stranger(port: int) -> AsyncIterator[None]:
    """Another program on our port, that has no time for us."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(hang_up, "127.0.0.1", port):
        yield


async def write(mongo: EmbeddedMongo, word: str) -> None:
    async with connected(mongo.uri) as client:
        await client.get_default_database()["words"].insert_one({"_id": word})


async def words(mongo: EmbeddedMongo) -> list[str]:
    async with connected(mongo.uri) as client:
        return [found["_id"] async for found in client.get_default_database()["words"].find().sort("_id")]


def kill(process_id: int) -> None:
    process = os.pidfd_open(process_id)
    os.kill(process_id, signal.SIGKILL)
    assert_ended(process, seconds=60)


def assert_ended(process: int, *, seconds: float) -> None:
    """Waits for the event that a process has ended (it may stay as a zombie when nobody reaps it)."""
    ended, _, _ = select.select([process], [], [], seconds)
    os.close(process)
    assert ended, f"the process is still alive after {seconds} s"


def command_line(process_id: int) -> str:
    return Path(f"/proc/{process_id}/cmdline").read_text()


def port_of(mongo: EmbeddedMongo) -> int:
    return int(mongo.uri.rpartition("@")[2].partition("/")[0].partition(":")[2])


@asynchronous
async def test_a_fresh_one_is_a_writable_replica_set_with_database_and_journal(tmp_path: Path) -> None:
    async with running(tmp_path) as mongo, connected(mongo.uri) as client:
        database = client.get_default_database()
        assert database.name == "oncall"
        async with database["words"].watch() as changes:
            await database["words"].insert_one({"_id": "hello"})
            assert (await asyncio.wait_for(changes.next(), 60))["fullDocument"] == {"_id": "hello"}
        concern = (await client.admin.command("getDefaultRWConcern"))["defaultWriteConcern"]
        assert concern["w"] == "majority"
        await client.drop_database("another_database_of_a_test")


@asynchronous
async def test_a_stop_in_good_order_keeps_the_data(tmp_path: Path) -> None:
    first = await EmbeddedMongo.start(tmp_path)
    process = os.pidfd_open(first.process_id)
    await write(first, "kept")
    await first.stop()
    await first.stop()
    assert_ended(process, seconds=0)
    assert "Now exiting" in (tmp_path / "mongodb/log").read_text()
    async with running(tmp_path) as second:
        assert second.uri == first.uri
        assert await words(second) == ["kept"]


@asynchronous
async def test_killed_and_started_again_on_another_port_it_has_its_data(tmp_path: Path) -> None:
    async with running(tmp_path) as first:
        await write(first, "one")
        taken = port_of(first)
    async with stranger(taken), running(tmp_path) as second:
        assert port_of(second) != taken
        await write(second, "two")
        assert await words(second) == ["one", "two"]


@asynchronous
async def test_a_port_file_with_nonsense_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "mongodb").mkdir()
    (tmp_path / "mongodb/port").write_text("99999999999")
    async with running(tmp_path) as mongo:
        assert 0 < port_of(mongo) < 65_536


@asynchronous
async def test_strangers_are_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as mongo:
        password = mongo.uri.partition("oncall:")[2].partition("@")[0]
        wrong = mongo.uri.replace(password, "0" * len(password))
        without = f"mongodb://127.0.0.1:{port_of(mongo)}/oncall?replicaSet=oncall"
        for uri in (wrong, without):
            async with connected(uri) as client:
                with pytest.raises(OperationFailure, match=r"(?i)authentication"):
                    await client["oncall"]["words"].find_one()
        async with connected(without) as client:
            with pytest.raises(OperationFailure, match=r"(?i)authentication"):
                await client.admin.command("createUser", "mallory", pwd="m", roles=["root"])
        async with connected(mongo.uri) as client:
            with pytest.raises(OperationFailure, match=r"(?i)not authorized"):
                await client.admin.command("createUser", "mallory", pwd="m", roles=["root"])


@asynchronous
async def test_secrets_are_readable_by_the_owner_only_and_never_written_elsewhere(tmp_path: Path) -> None:
    async with running(tmp_path) as mongo:
        await write(mongo, "hello")
        password = mongo.uri.partition("oncall:")[2].partition("@")[0]
        key = tmp_path / "mongodb/key"
        assert len(password) == 64
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
        log = (tmp_path / "mongodb/log").read_text()
        command = command_line(mongo.process_id)
        for place in (repr(mongo), str(mongo), log, command):
            assert password not in place
            assert key.read_text() not in place


@asynchronous
async def test_a_new_key_gives_a_new_password_for_the_old_data(tmp_path: Path) -> None:
    async with running(tmp_path) as first:
        await write(first, "kept")
        old = first.uri
    (tmp_path / "mongodb/key").unlink()
    async with running(tmp_path) as second:
        assert second.uri.partition("@")[0] != old.partition("@")[0]
        assert await words(second) == ["kept"]


@asynchronous
async def test_without_authentication_it_needs_no_password(tmp_path: Path) -> None:
    async with running(tmp_path, authentication=False) as mongo:
        assert "@" not in mongo.uri
        await write(mongo, "open")
        assert await words(mongo) == ["open"]


@asynchronous
async def test_two_at_once_are_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path) as first:
        with pytest.raises(DataInUse, match=r"Another process already uses the embedded MongoDB in .*another DATA_DIR"):
            await EmbeddedMongo.start(tmp_path)
        await write(first, "still here")


def test_it_dies_with_its_parent_and_the_next_start_waits_for_its_end(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as parent:
        assert parent.stdout is not None
        mongod = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()

    async def start_again() -> None:
        async with running(tmp_path) as mongo:
            await write(mongo, "back")

    asyncio.run(start_again())
    assert_ended(mongod, seconds=0)


def test_a_program_whose_parent_is_already_gone_does_not_start() -> None:
    leash = Path(__file__).parents[2] / "bot/storage/leash.py"
    ended = subprocess.run([sys.executable, leash, "1", "/bin/echo", "started"], capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stdout == ""


def test_it_starts_from_the_main_thread_only(tmp_path: Path) -> None:
    seen: list[str] = []

    def attempt() -> None:
        try:
            asyncio.run(EmbeddedMongo.start(tmp_path))
        except RuntimeError as problem:
            seen.append(str(problem))

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join(10)
    assert seen == ["Start the embedded MongoDB from the main thread."]


def test_without_a_mongod_the_message_says_how_to_get_one() -> None:
    with pytest.raises(MongodMissing, match=r"needs the program mongod.*Or set MONGODB_URI to a MongoDB you already"):
        find_mongod(path="/nonexistent", wheel="no-such-wheel-anywhere")


def test_the_wheel_is_wanted_only_where_it_runs() -> None:
    (line,) = [line for line in (ROOT / "requirements-dev.txt").read_text().splitlines() if line.startswith(WHEEL)]
    marker = Requirement(line).marker
    assert marker is not None
    machines = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64")]
    wanted = [marker.evaluate({"sys_platform": system, "platform_machine": machine}) for system, machine in machines]
    assert wanted == [True, False, False]


def test_a_mongod_on_the_path_is_preferred(tmp_path: Path) -> None:
    program = tmp_path / "mongod"
    program.touch(mode=0o755)
    assert find_mongod(path=str(tmp_path)) == program


def test_the_packaged_one_is_executable() -> None:
    found = find_mongod(path="/nonexistent")
    assert found.name == "mongod"
    assert os.access(found, os.X_OK)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'Error parsing option \"tea\"' >&2; exit 2", 'ended with status 2: Error parsing option "tea"'),
        ("exit 48", "ended with status 48: it did not say why"),
        (
            'echo \'{"s":"E","msg":"No","attr":{"error":"disk full"}}\'; echo \'{"s":"I","msg":"bye"}\'; exit 1',
            "disk full",
        ),
        (
            "echo 'mongod: error while loading shared libraries: libcurl.so.4: cannot open' >&2; exit 127",
            r"libcurl.so.4.*apt-get install libcurl4",
        ),
    ],
)
@asynchronous
async def test_a_program_that_fails_is_quoted(tmp_path: Path, script: str, message: str) -> None:
    program = tmp_path / "mongod"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    with pytest.raises(MongodFailed, match=message):
        await EmbeddedMongo.start(tmp_path, program=program)
    async with running(tmp_path):
        """The failed start left nothing locked."""


@asynchronous
async def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedMongoError, match=r"cannot keep its data in .*Set DATA_DIR to a folder"):
        await EmbeddedMongo.start(tmp_path / "file")
