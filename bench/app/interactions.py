"""T11: people type, press and submit at a Mattermost, also while alerts come in; what the bot took for each request."""

from dataclasses import asdict
from typing import Any

from bench.app.generator import payload
from bench.app.place import Place
from bench.env import child, figures
from bench.waiting import until

PER_SECOND = 20
FIRST = 5_000_000


async def prepare(here: Place, *, groups: int) -> None:
    """Open alert groups, all posted."""
    for number in range(groups):
        assert await here.send(payload(FIRST + number, 1)) == 202
    assert await until(here.is_all_delivered, 120, pause=0.2)


async def measure(here: Place, *, seconds: float, load: float = 0) -> dict[str, Any]:
    """`load` is alerts per second for groups that are open already, so that the strict Mattermost is not the limit."""
    if not load:
        return _sorted_out(await here.ask("play", PER_SECOND, seconds), seconds)
    arguments = (str(here.port), here.alert_path, "32", "1", str(seconds + 1), "0", str(load), str(FIRST))
    async with child("bench.app.generator", *arguments):
        return _sorted_out(await here.ask("play", PER_SECOND, seconds), seconds)


async def bindings(here: Place, *, times: int) -> dict[str, Any]:
    return asdict(figures([one / 1000 for one in await here.ask("bindings", times)], 1))


def _sorted_out(found: dict[str, Any], seconds: float) -> dict[str, Any]:
    failed, problems = found.pop("failed"), found.pop("problems")
    kinds = {kind: asdict(figures([one / 1000 for one in took], seconds)) for kind, took in found.items()}
    return {"kinds": kinds, "failed": failed, "problems": problems}
