"""T6 to T8: from an alert's POST to the chat post and the first page, as the Mattermost saw their requests come."""

import asyncio
import json
import time
from dataclasses import asdict
from typing import Any

from bench.app.generator import payload
from bench.app.place import Place
from bench.env import child, figures, first_line
from bench.waiting import until

PATIENCE = 60
CARD, PAGE = "card", "0.0."


async def latency(here: Place, *, per_second: float, seconds: float, first: int) -> dict[str, Any]:
    """Open loop: milliseconds from sending to the request for the card (T7) and for the page (T8)."""
    await here.ask("forget")
    sent: dict[int, float] = {}
    statuses: list[int] = []

    async def send(number: int) -> None:
        body = payload(number, 1)
        sent[number] = time.perf_counter()
        statuses.append(await here.send(body))

    begin = time.perf_counter() + 0.1
    async with asyncio.TaskGroup() as tasks:
        for place in range(int(per_second * seconds)):
            await asyncio.sleep(max(begin + place / per_second - time.perf_counter(), 0))
            tasks.create_task(send(first + place))
    posts = await _until_posted(here, len(sent))
    return {
        "T7": asdict(figures([at - sent[number] for at, number, _, what in posts if what == CARD], seconds)),
        "T8": asdict(figures([at - sent[number] for at, number, _, what in posts if what.startswith(PAGE)], seconds)),
        "lost": 2 * len(sent) - len({(number, what) for _, number, _, what in posts}),
        "twice": len(posts) - len({(number, what) for _, number, _, what in posts}),
        "refused": sum(status != 202 for status in statuses),
    }


async def burst(here: Place, *, groups: int, connections: int = 64) -> dict[str, Any]:
    """T6: so many new groups as fast as they are taken; how many are posted and paged per second, from the first POST
    to the last of them."""
    await here.ask("forget")
    used = here.cpu("serve0") if "serve0" in here.bots else 0.0
    arguments = (str(here.port), here.alert_path, str(connections), "1", "120", str(groups))
    async with child("bench.app.generator", *arguments) as generator:
        taken = json.loads(await first_line(generator, seconds=120))
    posts = await _until_posted(here, groups)
    last = max(at for at, *_ in posts)
    done: dict[int, float] = {}
    for at, number, _, _ in posts:
        done[number] = max(at, done.get(number, 0))
    return {
        "groups": groups,
        "taken_per_second": taken["rate"],
        "taken_p99": taken["p99"],
        "errors": taken["errors"],
        "per_second": groups / (last - taken["began"]),
        "cpu_ms_per_group": (here.cpu("serve0") - used) / groups * 1000 if used else None,
        "lost": 2 * groups - len({(number, what) for _, number, _, what in posts}),
        "twice": len(posts) - len({(number, what) for _, number, _, what in posts}),
    }


async def ceiling(here: Place, *, seconds: float) -> float:
    """Posts per second that the bare Mattermost takes: the limit of T6, far away if all is well."""
    arguments = (here.mattermost_url.rpartition(":")[2], "/api/v4/posts", "32", "1", str(seconds))
    async with child("bench.app.generator", *arguments) as generator:
        taken = json.loads(await first_line(generator))
    await here.ask("forget")
    return float(taken["rate"])


async def _until_posted(here: Place, groups: int) -> list[tuple[float, int, str, str]]:
    """Cards and pages, once there are as many as there must be, or when patience ends."""

    async def all_came() -> bool:
        return bool((await here.ask("count"))["first"] >= 2 * groups)

    await until(all_came, PATIENCE, pause=0.2)
    await asyncio.sleep(0.5)  # one that comes twice should show
    seen = (await here.ask("seen"))["posts"]
    return [tuple(one) for one in seen if one[3] == CARD or one[3].startswith(PAGE)]
