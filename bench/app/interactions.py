"""T11: people type, press and submit at a Mattermost, also while alerts come in; what the bot took for each request.

The times are those that the bot logs for its requests: the strict Mattermost, which draws every client's screen in the
same process, is slower than the bot and would be what is measured.
"""

import re
from dataclasses import asdict
from typing import Any

from bench.app.generator import payload
from bench.app.place import Place
from bench.env import child, figures
from bench.waiting import until

PER_SECOND = 20
FIRST = 5_000_000
REQUEST = re.compile(r"event=request route=((?:native|apps)-\S+) method=POST status=(\d+) ms=([0-9.]+)")


async def prepare(here: Place, *, groups: int) -> None:
    """Open alert groups, all posted."""
    for number in range(groups):
        assert await here.send(payload(FIRST + number, 1)) == 202
    assert await until(here.is_all_delivered, 120, pause=0.2)


async def measure(here: Place, *, seconds: float, load: float = 0) -> dict[str, Any]:
    """`load` is alerts per second for groups that are open already, whose cards change every two seconds."""
    begin = len(here.log("serve0"))
    if load:
        arguments = (str(here.port), here.alert_path, "32", "1", str(seconds + 1), "0", str(load), str(FIRST))
        async with child("bench.app.generator", *arguments):
            played = await here.ask("play", PER_SECOND, seconds)
    else:
        played = await here.ask("play", PER_SECOND, seconds)
    return {"kinds": _by_route(here.log("serve0")[begin:], seconds), "failed": played["failed"], "seen": played}


async def bindings(here: Place, *, times: int) -> dict[str, Any]:
    begin = len(here.log("serve0"))
    await here.ask("bindings", times)
    return _by_route(here.log("serve0")[begin:], 1)["apps-bindings"]


def _by_route(log: str, seconds: float) -> dict[str, dict[str, Any]]:
    took: dict[str, list[float]] = {}
    for route, status, milliseconds in REQUEST.findall(log):
        took.setdefault(route if status == "200" else f"{route} {status}", []).append(float(milliseconds) / 1000)
    return {route: asdict(figures(times, seconds)) for route, times in took.items()}
