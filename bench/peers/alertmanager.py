"""T15: a real Alertmanager tells the bot about very many new groups at once."""

import asyncio
import json
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from bench.app.place import Place
from bench.ports import free_port

PROGRAM = "prometheus-alertmanager"
PATIENCE = 60


def is_installed() -> bool:
    return shutil.which(PROGRAM) is not None


async def burst(here: Place, *, groups: int) -> dict[str, Any]:
    """Seconds until all are durable, what was lost, and what the bot answered."""
    with tempfile.TemporaryDirectory(prefix="oncall-bench-") as folder:
        url = f"http://127.0.0.1:{free_port()}"
        (Path(folder) / "settings.json").write_text(json.dumps(_settings(f"{here.url}{here.alert_path}")))
        process = await asyncio.create_subprocess_exec(
            PROGRAM,
            f"--config.file={folder}/settings.json",
            f"--storage.path={folder}/data",
            f"--web.listen-address={url.removeprefix('http://')}",
            "--cluster.listen-address=",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            return await _burst(here, url, groups)
        finally:
            process.terminate()
            await asyncio.wait_for(process.wait(), 20)


async def _burst(here: Place, url: str, groups: int) -> dict[str, Any]:
    await _until_ready(here.session, url)
    before, began = await here.groups({}), time.perf_counter()
    async with here.session.post(f"{url}/api/v2/alerts", json=[_alert(number) for number in range(groups)]) as answer:
        assert answer.status == 200, await answer.text()
    stored = 0
    while stored < groups and time.perf_counter() - began < PATIENCE:
        await asyncio.sleep(0.05)
        stored = await here.groups({}) - before
    took = time.perf_counter() - began
    await asyncio.sleep(1)
    return {
        "groups": groups,
        "seconds": took,
        "lost": groups - stored,
        "more": await here.groups({}) - before - groups,
        "sent": await _count(here.session, url, "alertmanager_notification_requests_total"),
        "failed": await _count(here.session, url, "alertmanager_notification_requests_failed_total"),
    }


async def _until_ready(session: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                async with session.get(f"{url}/-/ready") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.02)


async def _count(session: aiohttp.ClientSession, url: str, name: str) -> int:
    async with session.get(f"{url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    ours = [line for line in lines if line.startswith(f"{name}{{") and 'integration="webhook"' in line]
    return sum(int(float(line.rpartition(" ")[2])) for line in ours)


def _alert(number: int) -> dict[str, Any]:
    return {
        "labels": {"alertname": f"HighErrorRate{number}", "instance": "web-1:8080", "severity": "critical"},
        "annotations": {"summary": "Errors are above 5 %"},
        "endsAt": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        "generatorURL": "http://prometheus.example.com/graph?g0.expr=up",
    }


def _settings(alert_url: str) -> dict[str, Any]:
    return {
        "route": {
            "receiver": "oncall",
            "group_by": ["alertname"],
            "group_wait": "0s",
            "group_interval": "5s",
            "repeat_interval": "1h",
        },
        "receivers": [{"name": "oncall", "webhook_configs": [{"url": alert_url, "send_resolved": True}]}],
    }
