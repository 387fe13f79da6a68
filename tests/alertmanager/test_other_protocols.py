"""A real Alertmanager that speaks PagerDuty's and Opsgenie's protocols: it needs another host and key only."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.contexts.integrations import KEY_LENGTH
from bot.core.alert_group import AlertGroup
from tests.alertmanager.alertmanager import alertmanager
from tests.faults.processes import BotProcess
from tests.town import Town, town
from tests.waiting import until

pytestmark = [pytest.mark.alertmanager, pytest.mark.gen_test(timeout=60)]
PATIENCE = 20

Receiver = Callable[[str, str], dict[str, Any]]


def _pagerduty(url: str, key: str) -> dict[str, Any]:
    return {"pagerduty_configs": [{"url": f"{url}/v2/enqueue", "routing_key": key, "send_resolved": True}]}


def _opsgenie(url: str, key: str) -> dict[str, Any]:
    return {"opsgenie_configs": [{"api_url": f"{url}/", "api_key": key, "priority": "P1", "send_resolved": True}]}


async def key_of(place: Town, kind: str) -> str:
    await place.root.types(f"/oncall integration add Other @ana --kind {kind}", channel="alerts")
    found = re.search(rf"\b[A-Za-z0-9]{{{KEY_LENGTH}}}\b", place.root.sees)
    assert found, place.root.notices
    return found.group()


@pytest.mark.parametrize(("kind", "receiver"), [("pagerduty", _pagerduty), ("opsgenie", _opsgenie)])
async def test_what_fires_is_posted_and_what_ends_is_resolved(
    mongodb_uri: str, alertmanager_program: str, tmp_path: Path, kind: str, receiver: Receiver
):
    async with town("native-11.1", mongodb_uri) as place:
        bot = BotProcess(place, "serve", tmp_path / "bot.log")
        try:
            await bot.start()
            await place.install()
            wanted = receiver(place.url, await key_of(place, kind))
            async with alertmanager(alertmanager_program, place, tmp_path, wanted) as monitoring:
                await monitoring.fires("DiskFull", "db-1", "db-2")
                group = await comes(place, live=True)
                assert "DiskFull" in group.title and group.severity in ("error", "critical")
                assert len(place.cards) == 1 and len(place.pages(place.ana)) == 1
                await monitoring.ends("DiskFull", "db-1", "db-2")
                ended = await comes(place, live=False)
                assert ended.id == group.id
        finally:
            await bot.stop()


async def comes(place: Town, *, live: bool) -> AlertGroup:
    async def there() -> bool:
        groups = await place.groups()
        return bool(groups) and groups[0].live is live and await place.all_is_delivered()

    await until(there, PATIENCE, pause=0.05)
    return (await place.groups())[0]
