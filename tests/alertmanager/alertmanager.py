"""A real Alertmanager as a process of its own, and what monitoring rules do with it."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from tests.town import Town, free_port
from tests.waiting import until

# Flushes of a group are so far apart; within it a failed notification is repeated with growing pauses.
GROUP_INTERVAL = 2
OK = 200


class Alertmanager:
    """Groups by `alertname` and tells `town`'s bot: by its webhook, or as `receiver` says."""

    def __init__(self, program: str, town: Town, folder: Path, receiver: dict[str, Any] | None = None) -> None:
        self._program = program
        self._town = town
        self._receiver = receiver
        self._folder = folder
        self._process: Process | None = None
        self.url = f"http://127.0.0.1:{free_port()}"

    async def start(self) -> None:
        settings = self._folder / "alertmanager.json"  # JSON is YAML
        settings.write_text(json.dumps(_settings(self._receiver or _webhook(self._town.alert_url))))
        with (self._folder / "alertmanager.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                self._program,
                f"--config.file={settings}",
                f"--storage.path={self._folder / 'alertmanager'}",
                f"--web.listen-address={self.url.removeprefix('http://')}",
                "--cluster.listen-address=",
                stdout=log,
                stderr=log,
            )
        await until(self._is_ready, seconds=10, pause=0.02)

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await asyncio.wait_for(self._process.wait(), 10)

    async def _is_ready(self) -> bool:
        try:
            async with self._town.session.get(f"{self.url}/-/ready") as answer:
                return answer.status == OK
        except aiohttp.ClientError:
            return False

    # ---- what monitoring does ----

    async def fires(self, name: str, *instances: str) -> None:
        await self.posts([alert(name, instance) for instance in instances or ("web-1",)])

    async def ends(self, name: str, *instances: str) -> None:
        await self.posts([alert(name, instance, ended=True) for instance in instances or ("web-1",)])

    async def posts(self, alerts: Sequence[dict[str, Any]]) -> None:
        async with self._town.session.post(f"{self.url}/api/v2/alerts", json=list(alerts)) as answer:
            assert answer.status == OK, await answer.text()

    # ---- what it says of itself ----

    async def failures(self) -> int:
        """Requests to the bot that did not succeed."""
        return await self._count("alertmanager_notification_requests_failed_total")

    async def given_up(self) -> int:
        """Notifications whose attempt ended without success, to come again with the group's next flush."""
        return await self._count("alertmanager_notifications_failed_total")

    async def _count(self, name: str) -> int:
        async with self._town.session.get(f"{self.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        ours = [line for line in lines if line.startswith(f"{name}{{") and 'integration="webhook"' in line]
        return sum(int(float(line.rpartition(" ")[2])) for line in ours)


@asynccontextmanager
async def alertmanager(
    program: str, town: Town, folder: Path, receiver: dict[str, Any] | None = None
) -> AsyncIterator[Alertmanager]:
    sender = Alertmanager(program, town, folder, receiver)
    try:
        await sender.start()
        yield sender
    finally:
        await sender.stop()


def alert(name: str, instance: str, *, ended: bool = False) -> dict[str, Any]:
    """As Prometheus posts it: one that fires ends in the future."""
    now = datetime.now(UTC)
    return {
        "labels": {"alertname": name, "instance": instance, "severity": "critical"},
        "annotations": {"summary": f"{name} on {instance}"},
        "endsAt": (now - timedelta(milliseconds=1) if ended else now + timedelta(hours=1)).isoformat(),
        "generatorURL": "http://prometheus.example.com/graph?g0.expr=up",
    }


def _webhook(alert_url: str) -> dict[str, Any]:
    return {"webhook_configs": [{"url": alert_url, "send_resolved": True}]}


def _settings(receiver: dict[str, Any]) -> dict[str, Any]:
    return {
        "route": {
            "receiver": "oncall",
            "group_by": ["alertname"],
            "group_wait": "0s",
            "group_interval": f"{GROUP_INTERVAL}s",
            "repeat_interval": "1h",
        },
        "receivers": [{"name": "oncall", **receiver}],
    }
