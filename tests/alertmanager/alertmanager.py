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

from tests.ports import free_port
from tests.town import Town
from tests.waiting import until

# Flushes of a group are so far apart; within it a failed notification is repeated with growing pauses.
GROUP_INTERVAL = 2
OK = 200
ROUTE = f"""route:
  receiver: oncall
  group_by: [alertname]
  group_wait: 0s
  group_interval: {GROUP_INTERVAL}s
  repeat_interval: 1h"""


class Alertmanager:
    """Groups by `alertname` and tells `town`'s bot: by its webhook, or as `receivers` say, in YAML."""

    def __init__(self, program: str, town: Town, folder: Path, receivers: str = "") -> None:
        self._program = program
        self._town = town
        self._receivers = receivers or f"receivers: {json.dumps([_webhook(town.alert_url)])}"  # JSON is YAML
        self._folder = folder
        self._process: Process | None = None
        self.url = f"http://127.0.0.1:{free_port()}"

    async def start(self) -> None:
        settings = self._folder / "alertmanager.yml"
        settings.write_text(f"{ROUTE}\n{self._receivers}\n")
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
        await until(self._is_ready, pause=0.02)

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await asyncio.wait_for(self._process.wait(), 60)

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
async def alertmanager(program: str, town: Town, folder: Path, receivers: str = "") -> AsyncIterator[Alertmanager]:
    sender = Alertmanager(program, town, folder, receivers)
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
    return {"name": "oncall", "webhook_configs": [{"url": alert_url, "send_resolved": True}]}
