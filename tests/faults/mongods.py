"""A replica set of real mongods on this machine whose members can be killed, held, and come back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError

from bot.storage.mongod import HOST, Mongod, find_mongod
from tests.ports import free_port
from tests.waiting import until

NAME = "faults"
START_SECONDS = 60
ELECTION_MILLISECONDS = 2_000  # MongoDB's own is 10,000: rounds would be spent waiting for that


class Node:
    """One member: `port` and data stay the same over its lives."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._mongod: Mongod | None = None
        (folder / "data").mkdir(parents=True)

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def running(self) -> bool:
        return self._mongod is not None and self._mongod.running

    async def start(self) -> None:
        arguments = ["--dbpath", str(self._folder / "data"), "--replSet", NAME, "--nounixsocket", "--quiet"]
        arguments += ["--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "128"]
        arguments += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        self._mongod = Mongod(find_mongod(), arguments, port=self.port, log=self._folder / "log")
        await self._mongod.until_listening()

    async def kill(self) -> None:
        """No last write, no good-bye."""
        assert self._mongod is not None
        self._signal(signal.SIGKILL)
        await until(lambda: not self.running, pause=0.01)

    def hang(self) -> None:
        """It keeps its connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, which: signal.Signals) -> None:
        assert self._mongod is not None
        os.kill(self._mongod.process_id, which)

    async def stop(self) -> None:
        if self._mongod is not None and self.running:
            self.go_on()
            await self._mongod.stop()

    async def command(self, *words: Any) -> dict[str, Any]:
        """Ask this member itself."""
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
            HOST, self.port, directConnection=True, serverSelectionTimeoutMS=2_000, socketTimeoutMS=5_000
        )
        try:
            return dict(await client.admin.command(*words))
        finally:
            client.close()

    async def is_primary(self) -> bool:
        if not self.running:
            return False
        try:
            return bool((await self.command("hello"))["isWritablePrimary"])
        except PyMongoError:
            return False


class ReplicaSet:
    """Its members, and who of them is the primary."""

    def __init__(self, folder: Path, members: int) -> None:
        self.nodes = [Node(folder / f"mongod-{number}") for number in range(members)]

    @property
    def uri(self) -> str:
        return f"mongodb://{','.join(node.address for node in self.nodes)}/?replicaSet={NAME}"

    async def start(self) -> None:
        for node in self.nodes:
            await node.start()
        members = [{"_id": number, "host": node.address} for number, node in enumerate(self.nodes)]
        settings = {"electionTimeoutMillis": ELECTION_MILLISECONDS, "heartbeatIntervalMillis": 500}
        await self.nodes[0].command("replSetInitiate", {"_id": NAME, "members": members, "settings": settings})
        await self.primary()

    async def stop(self) -> None:
        await asyncio.gather(*(node.stop() for node in self.nodes))

    async def primary(self) -> Node:
        """Wait for one."""
        found: list[Node] = []

        async def is_there() -> bool:
            found[:] = [node for node in self.nodes if await node.is_primary()]
            return bool(found)

        await until(is_there, START_SECONDS, pause=0.05)
        return found[0]

    async def step_down(self) -> None:
        """The primary hands over to another; it closes the connections of its clients."""
        primary = await self.primary()
        with contextlib.suppress(AutoReconnect, OperationFailure):
            await primary.command({"replSetStepDown": 5, "secondaryCatchUpPeriodSecs": 5})


@asynccontextmanager
async def replica_set(folder: Path, members: int) -> AsyncIterator[ReplicaSet]:
    mongods = ReplicaSet(folder, members)
    try:
        await mongods.start()
        yield mongods
    finally:
        await mongods.stop()
