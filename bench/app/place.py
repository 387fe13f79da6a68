"""The real bot as processes of its own, installed in a Mattermost of its own, on a database of its own."""

import asyncio
import os
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from motor.motor_asyncio import AsyncIOMotorClient

from bench.env import ROOT, child, first_line
from bench.machine import cpu_seconds
from bench.ports import free_port
from bot.vault import generate_keys

READY_SECONDS = 30


class Place:
    """`bots` are the processes by role. `ask` talks to the Mattermost's control."""

    def __init__(self, uri: str, surface: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.surface = surface
        self.folder = tempfile.TemporaryDirectory(prefix="oncall-bench-")
        self.database = f"bench_{secrets.token_hex(4)}"
        parts = urlsplit(uri)
        self.uri = parts._replace(path=f"/{self.database}").geturl()
        self.admin_token = secrets.token_urlsafe(32)
        self.bots: dict[str, asyncio.subprocess.Process] = {}
        self.ports: dict[str, int] = {}  # of each bot that alerts may be sent to
        self.alert_path = self.server_id = self.mattermost_url = self._control = ""
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64))
        self.client: Any = AsyncIOMotorClient(self.uri, w="majority", journal=True, tz_aware=True)
        self._keys = generate_keys()

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "PUBLIC_URL": self.url,
            "MONGODB_URI": self.uri,
            "ENCRYPTION_KEYS": self._keys,
            "ADMIN_TOKEN": self.admin_token,
            "ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
            "ALERTS_PER_SECOND": "0",
            "DATA_DIR": self.folder.name,
        }

    async def start(self, name: str, role: str, *command: str) -> float:
        """One process of the bot; seconds until it is ready."""
        began = time.perf_counter()
        port = free_port() if role == "worker" or self.ports else self.port
        if role != "worker":
            self.ports[name] = port
        log = (Path(self.folder.name) / f"{name}.log").open("ab")
        with log:
            self.bots[name] = await asyncio.create_subprocess_exec(
                sys.executable,
                *(command or ("-m", "bot", role)),
                cwd=ROOT,
                env={**os.environ, **self.environ, "PORT": str(port)},
                stdout=log,
                stderr=log,
            )
        await self._until_ready(name, role)
        return time.perf_counter() - began

    async def _until_ready(self, name: str, role: str) -> None:
        deadline = time.perf_counter() + READY_SECONDS
        while not await self._is_ready(name, role):
            if self.bots[name].returncode is not None or time.perf_counter() > deadline:
                raise RuntimeError(f"The bot did not get ready:\n{self.log(name)[-2000:]}")
            await asyncio.sleep(0.003)

    async def _is_ready(self, name: str, role: str) -> bool:
        if role == "worker":
            return "event=ready" in self.log(name)
        try:
            async with self.session.get(f"http://127.0.0.1:{self.ports[name]}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    def log(self, name: str) -> str:
        file = Path(self.folder.name) / f"{name}.log"
        return file.read_text() if file.exists() else ""

    async def stop(self, name: str) -> None:
        process = self.bots.pop(name)
        self.ports.pop(name, None)
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 30)

    async def ask(self, *words: object) -> Any:
        timeout = aiohttp.ClientTimeout(total=300)
        async with self.session.post(self._control, json=list(words), timeout=timeout) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json(content_type=None)

    async def send(self, body: bytes) -> int:
        async with self.session.post(f"{self.url}{self.alert_path}", data=body) as answer:
            await answer.read()
            return answer.status

    def memory(self, name: str) -> float:
        """Resident megabytes."""
        status = Path(f"/proc/{self.bots[name].pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024

    def cpu(self, name: str) -> float:
        return cpu_seconds(self.bots[name].pid)

    async def install(self, mattermost: asyncio.subprocess.Process, integrations: int) -> None:
        self._control = await first_line(mattermost)
        installed = await self.ask("install", integrations)
        self.alert_path = urlsplit(installed["alert_url"]).path
        self.server_id = installed["server_id"]

    async def groups(self, query: dict[str, Any]) -> int:
        return int(await self.client[self.database]["groups"].count_documents(query))

    async def is_all_delivered(self) -> bool:
        return await self.groups({"outbox": {"$ne": []}}) == 0

    async def metric(self, name: str) -> float:
        async with self.session.get(f"{self.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


@asynccontextmanager
async def place(
    uri: str,
    *,
    surface: str = "native-9.5",
    roles: tuple[str, ...] = ("serve",),
    people: int = 20,
    integrations: int = 1,
    fast: bool = True,
    command: tuple[str, ...] = (),
) -> AsyncIterator[Place]:
    """Installed and ready; `fast` puts the bare Mattermost into the strict one's place. `command` runs the bot."""
    async with AsyncExitStack() as stack:
        here = Place(uri, surface)
        stack.callback(here.folder.cleanup)
        stack.push_async_callback(here.session.close)
        stack.callback(here.client.close)
        stack.push_async_callback(here.client.drop_database, here.database)
        arguments = (surface, here.url, here.admin_token, str(people))
        mattermost = await stack.enter_async_context(child("bench.app.fake_mattermost", *arguments))
        stack.push_async_callback(_stop_all, here)
        for number, role in enumerate(roles):
            await here.start(f"{role}{number}", role, *command)
        await here.install(mattermost, integrations)
        if fast:
            here.mattermost_url = await here.ask("fast")
        yield here


async def _stop_all(here: Place) -> None:
    for name in tuple(here.bots):
        await here.stop(name)
