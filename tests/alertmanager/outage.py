"""T16: the bot is away while Alertmanager has a lot to say; afterwards nothing is lost and nothing is there twice."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from tests.alertmanager.alertmanager import alert
from tests.alertmanager.scene import Scene, scene_of
from tests.faults.mongods import replica_set
from tests.town import mark
from tests.waiting import lasting, until

PER_SECOND = 50
IN_A_GROUP = 5  # alerts of the same name, so that Alertmanager groups them
TICK = 0.1
BEFORE = AFTER = 3.0
PATIENCE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What was sent, how long it took after the bot was back until all had come, and what is wrong."""

    alerts: int
    groups: int
    refused: int
    given_up: int
    seconds: float
    problems: tuple[str, ...]

    def __str__(self) -> str:
        told = "".join(f"\n      PROBLEM {problem}" for problem in self.problems)
        return (
            f"{self.alerts} alerts in {self.groups} groups; {self.refused} requests refused and {self.given_up} "
            f"notifications given up for the time being; all posted, paged and complete {self.seconds:.1f} s after the "
            f"bot was back{told}"
        )


async def outage(scene: Scene, *, down_seconds: float, per_second: int = PER_SECOND) -> Outage:
    """Alerts come evenly before, during and after."""
    sent: Counter[str] = Counter()
    sending = asyncio.create_task(_send(scene, sent, BEFORE + down_seconds + AFTER, per_second))
    await lasting(BEFORE)
    await scene.bot.kill()
    await lasting(down_seconds)
    await scene.bot.start()
    back = monotonic()
    await sending
    await until(lambda: _complete(scene, sent), PATIENCE, pause=0.2)
    await until(scene.town.all_is_delivered, PATIENCE, pause=0.2)
    return Outage(
        alerts=sum(sent.values()),
        groups=len(sent),
        refused=await scene.monitoring.failures(),
        given_up=await scene.monitoring.given_up(),
        seconds=monotonic() - back,
        problems=tuple(await _problems(scene, sent)),
    )


async def _send(scene: Scene, sent: Counter[str], seconds: float, per_second: int) -> None:
    """As Prometheus does: a few alerts in every request."""
    number, began = 0, monotonic()
    while monotonic() - began < seconds:
        due = int((monotonic() - began + TICK) * per_second)
        names = [f"Alert{one // IN_A_GROUP}" for one in range(number, due)]
        await scene.monitoring.posts([alert(name, f"web-{number + place}") for place, name in enumerate(names)])
        sent.update(names)
        number = due
        await lasting(TICK)


async def _complete(scene: Scene, sent: Counter[str]) -> bool:
    groups = {group.title: group.alerts for group in await scene.town.groups()}
    return groups == sent


async def _problems(scene: Scene, sent: Counter[str]) -> list[str]:
    town = scene.town
    groups = await town.groups()
    ids = {group.id for group in groups}
    cards, pages = town.cards, town.pages(town.ana)
    checks = {
        "groups are there twice": len(groups) == len(sent),
        "alerts are missing": await town.stores.alerts.count(town.server_id) == sum(sent.values()),
        "a group has no post, or two": len(cards) == len(ids) and {mark(post)["group"] for post in cards} == ids,
        "a group was paged twice or not": len(pages) == len(ids) and {mark(post)["group"] for post in pages} == ids,
        "an alert was refused for good": not [status for status in scene.answers if status.startswith("4")],
    }
    return [name for name, holds in checks.items() if not holds]


async def main(program: str) -> int:
    """The whole thing: 30 seconds."""
    folder = Path(tempfile.mkdtemp(prefix="outage-"))
    async with replica_set(folder, 1) as mongods, scene_of("native-11.1", mongods.uri, program, folder) as scene:
        found = await outage(scene, down_seconds=30)
    print(f"  Alertmanager sends {PER_SECOND} alerts a second, the bot is down for 30 s: {found}")
    return int(bool(found.problems))


if __name__ == "__main__":
    installed = shutil.which("prometheus-alertmanager")
    sys.exit(asyncio.run(main(installed)) if installed else "This needs the Debian package prometheus-alertmanager.")
