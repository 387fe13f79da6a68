"""A real Alertmanager sends to a real bot: what it grouped is one post each, in its true state, whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.core.alert_group import Status
from bot.storage.embedded import EmbeddedMongo
from tests.alertmanager.alertmanager import Alertmanager, alert
from tests.alertmanager.outage import outage
from tests.alertmanager.scene import scene_of
from tests.town import twice
from tests.waiting import until

pytestmark = [pytest.mark.alertmanager, pytest.mark.gen_test(timeout=900)]

BURST = 2_000
PATIENCE = 300

Print = Callable[[str], None]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Print:
    """Figures are of interest even where all is well."""

    def tell(line: str) -> None:
        with capsys.disabled():
            print(f"\n  {line}", end="")

    return tell


@pytest.mark.parametrize("surface", ["apps-9.5", "native-12.0"])
async def test_a_group_is_one_post_from_its_first_alert_to_its_last(
    surface: str, mongodb_uri: str, alertmanager_program: str, tmp_path: Path
) -> None:
    async with scene_of(surface, mongodb_uri, alertmanager_program, tmp_path) as scene:
        monitoring = scene.monitoring
        await monitoring.fires("DiskFull", "web-1", "web-2", "web-3")
        await monitoring.fires("HostDown")
        group = await scene.comes_to("DiskFull", lambda group: group.alerts == 3)
        other = await scene.comes_to("HostDown", lambda group: group.alerts == 1)
        assert "Firing since" in scene.shown(group)
        assert "3 alerts" in scene.shown(group)

        await monitoring.ends("DiskFull", "web-1")
        group = await scene.comes_to("DiskFull", lambda group: len(group.firing) == 2)
        assert "Firing since" in scene.shown(group)

        await monitoring.fires("DiskFull", "web-4")
        group = await scene.comes_to("DiskFull", lambda group: group.alerts == 4)
        assert "4 alerts" in scene.shown(group)

        await monitoring.ends("DiskFull", "web-2", "web-3", "web-4")
        group = await scene.comes_to("DiskFull", lambda group: group.status is Status.RESOLVED)
        assert "Resolved by Prometheus" in scene.shown(group)
        assert "Firing since" in scene.shown(other)
        assert len(scene.town.cards) == 2
        assert len(scene.town.pages(scene.town.ana)) == 2

        await monitoring.fires("DiskFull", "web-1")
        again = await scene.comes_to("DiskFull", lambda group: group.status is Status.FIRING)
        assert again.id != group.id
        assert len(scene.town.cards) == 3
        assert scene.answers.keys() == {"202"}


async def test_what_fires_and_ends_while_the_bot_is_down_arrives_in_its_true_state(
    mongodb_uri: str, alertmanager_program: str, tmp_path: Path, tell: Print
) -> None:
    async with scene_of("native-11.1", mongodb_uri, alertmanager_program, tmp_path) as scene:
        monitoring = scene.monitoring
        await monitoring.posts([alert(f"Before{number}", "web-1") for number in range(20)])
        await until(lambda: len(scene.town.cards) == 20, PATIENCE, pause=0.02)

        await scene.bot.stop()
        await monitoring.posts([alert(f"Meanwhile{number}", "web-1") for number in range(20)])
        await monitoring.ends("Before0")
        await monitoring.fires("Before1", "web-2")
        await until(lambda: _reaches(monitoring, 40), PATIENCE, pause=0.05)
        failures = await monitoring.failures()
        back = time.monotonic()
        await scene.bot.start()

        ended = await scene.comes_to("Before0", lambda group: group.status is Status.RESOLVED)
        more = await scene.comes_to("Before1", lambda group: group.alerts == 2)
        await until(lambda: len(scene.town.cards) == 40, PATIENCE, pause=0.02)
        await until(scene.town.all_is_delivered, PATIENCE, pause=0.05)
        seconds = time.monotonic() - back
        tell(f"bot down: {failures} requests refused; all 40 groups posted {seconds:.1f} s after its start")
        assert "Resolved by Prometheus" in scene.shown(ended)
        assert "2 alerts" in scene.shown(more)
        assert twice(scene.town.cards) == []
        assert len(await scene.town.groups()) == 40
        assert len(scene.town.pages(scene.town.ana)) == 40
        assert scene.answers.keys() == {"202"}


async def test_without_its_database_the_bot_asks_to_come_back_and_gets_everything_later(
    alertmanager_program: str, tmp_path: Path, tell: Print
) -> None:
    mongo = await EmbeddedMongo.start(tmp_path, authentication=False)
    try:
        async with scene_of("native-11.1", mongo.uri, alertmanager_program, tmp_path) as scene:
            monitoring = scene.monitoring
            await monitoring.fires("Before")
            await until(lambda: len(scene.town.cards) == 1, PATIENCE, pause=0.02)

            await mongo.stop()
            began = time.monotonic()
            await monitoring.posts([alert(f"Meanwhile{number}", "web-1") for number in range(20)])
            await until(lambda: _reaches(monitoring, 20), PATIENCE, pause=0.05)
            refused = time.monotonic() - began
            mongo = await EmbeddedMongo.start(tmp_path, authentication=False)
            back = time.monotonic()

            await until(lambda: len(scene.town.cards) == 21, PATIENCE, pause=0.02)
            await until(lambda: len(scene.town.pages(scene.town.ana)) == 21, PATIENCE, pause=0.02)
            await until(scene.town.all_is_delivered, PATIENCE, pause=0.05)
            tell(
                f"database away: 20 groups refused within {refused:.1f} s, answers {dict(scene.answers)}, "
                f"all posted and paged {time.monotonic() - back:.1f} s after it was back"
            )
            assert len(await scene.town.groups()) == 21
            assert twice(scene.town.cards) == []
            assert scene.answers.keys() == {"202", "503"}
    finally:
        await mongo.stop()


async def _reaches(monitoring: Alertmanager, failures: int) -> bool:
    return await monitoring.failures() >= failures


async def test_a_burst_of_2000_groups_is_taken_whole(
    mongodb_uri: str, alertmanager_program: str, tmp_path: Path, tell: Print
) -> None:
    async with scene_of("native-11.1", mongodb_uri, alertmanager_program, tmp_path) as scene:
        place, groups = scene.town, scene.town.database.collection("groups")

        async def are_stored() -> bool:
            return await groups.count_documents({}) >= BURST

        began = time.monotonic()
        await scene.monitoring.posts([alert(f"Burst{number}", "web-1") for number in range(BURST)])
        await until(are_stored, PATIENCE, pause=0.02)
        stored = time.monotonic() - began
        await until(lambda: len(place.cards) >= BURST, PATIENCE, pause=0.2)
        await until(lambda: len(place.pages(place.ana)) >= BURST, PATIENCE, pause=0.2)
        paged = time.monotonic() - began
        await until(place.all_is_delivered, PATIENCE, pause=0.2)
        tell(
            f"burst of {BURST}: durable after {stored:.2f} s, all posted and paged after {paged:.1f} s, "
            f"threads told after {time.monotonic() - began:.1f} s; answers {dict(scene.answers)}, "
            f"{await scene.monitoring.failures()} requests failed, {await scene.monitoring.given_up()} given up"
        )
        assert {group.title for group in await place.groups()} == {f"Burst{number}" for number in range(BURST)}
        assert await groups.count_documents({}) == BURST
        assert twice(place.cards) == []
        assert len(place.cards) == len(place.pages(place.ana)) == BURST
        assert not [status for status in scene.answers if status.startswith("4")]


async def test_t16_the_bot_is_killed_while_alerts_keep_coming(
    mongodb_uri: str, alertmanager_program: str, tmp_path: Path, tell: Print
) -> None:
    """Shortly; for half a minute with `make faults`."""
    async with scene_of("native-11.1", mongodb_uri, alertmanager_program, tmp_path) as scene:
        found = await outage(scene, down_seconds=4)
    tell(f"bot down for 4 s: {found}")
    assert found.refused > 0
    assert found.problems == ()
