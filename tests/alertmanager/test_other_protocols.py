"""A real Alertmanager with what `integration add` shows pasted into it, in all three protocols that it speaks to us."""

from __future__ import annotations

import asyncio
import re
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

from bot.contexts.integrations import KEY_LENGTH
from bot.core.alert_group import AlertGroup
from bot.integrations.kind import KEY_PLACE
from tests.alertmanager.alertmanager import ROUTE, alertmanager
from tests.faults.processes import BotProcess
from tests.town import Town, town
from tests.waiting import until

pytestmark = [pytest.mark.alertmanager, pytest.mark.gen_test(timeout=300)]
PATIENCE = 60
KINDS = ("alertmanager", "pagerduty", "opsgenie")
BLOCK = re.compile(r"```yaml\n(receivers:.*?)```", re.DOTALL)
KEY = re.compile(rf"\b[A-Za-z0-9]{{{KEY_LENGTH}}}\b")


async def pasted(place: Town, kind: str) -> str:
    """What the answer shows to paste into `alertmanager.yml`."""
    await place.root.types(f"/oncall integration add Other @ana --kind {kind}", channel="alerts")
    found = BLOCK.search(place.root.sees)
    assert found and KEY.search(found[1]) and KEY_PLACE not in found[1], place.root.notices
    return found[1]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_pasted_posts_what_fires_and_resolves_what_ends(
    mongodb_uri: str, alertmanager_program: str, tmp_path: Path, kind: str
):
    async with town("native-11.1", mongodb_uri) as place:
        bot = BotProcess(place, "serve", tmp_path / "bot.log")
        try:
            await bot.start()
            await place.install()
            receivers = await pasted(place, kind)
            assert await checked(receivers, tmp_path) == ""
            async with alertmanager(alertmanager_program, place, tmp_path, receivers) as monitoring:
                await monitoring.fires("DiskFull", "db-1", "db-2")
                group = await comes(place, live=True)
                assert "DiskFull" in group.title and group.integration_name == "Other"
                assert len(place.cards) == 1 and len(place.pages(place.ana)) == 1
                await monitoring.ends("DiskFull", "db-1", "db-2")
                ended = await comes(place, live=False)
                assert ended.id == group.id
        finally:
            await bot.stop()


async def checked(receivers: str, folder: Path) -> str:
    """What amtool has to say against it."""
    settings = folder / "checked.yml"
    settings.write_text(f"{ROUTE}\n{receivers}\n")
    amtool = await asyncio.create_subprocess_exec("amtool", "check-config", str(settings), stdout=PIPE, stderr=STDOUT)
    said, _ = await amtool.communicate()
    return said.decode() if amtool.returncode else ""


async def test_amtool_finds_what_is_wrong(alertmanager_program: str, tmp_path: Path):
    assert "receiver" in await checked("receivers:\n  - name: another", tmp_path)


async def comes(place: Town, *, live: bool) -> AlertGroup:
    async def there() -> bool:
        groups = await place.groups()
        return bool(groups) and groups[0].live is live and await place.all_is_delivered()

    await until(there, PATIENCE, pause=0.05)
    return (await place.groups())[0]
