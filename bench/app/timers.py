"""T9: how late due steps reach Mattermost while very many groups wait for their time."""

import asyncio
import random
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.app.place import Place
from bench.env import child, figures
from bench.waiting import until
from bot.clock import DatabaseClock
from bot.core.alert_group import AlertGroup, Posted, Step
from bot.core.changes import Change
from bot.storage.mongo import Database
from bot.storage.stores import Stores, open_stores

AT_ONCE = 1_000
GRACE_SECONDS = 20


class Timers:
    """Puts groups into the bot's database that wait for their second step."""

    def __init__(self, here: Place) -> None:
        self._here = here
        self._database = Database(here.uri)
        self._stores: Stores = open_stores(self._database, DatabaseClock())
        self._numbers = iter(range(10_000_000, 100_000_000))

    def close(self) -> None:
        self._database.close()

    async def fill(self, count: int) -> None:
        """Groups whose next step is due in hours."""
        now = datetime.now(UTC)
        for begin in range(0, count, AT_ONCE):
            many = [now + timedelta(hours=random.uniform(2, 9)) for _ in range(min(AT_ONCE, count - begin))]
            await self._put(many)

    async def measure(self, *, per_second: float, seconds: float, load: float = 0) -> dict[str, Any]:
        """Steps due at exact instants; `load` is how many new groups come in per second meanwhile."""
        here = self._here
        await here.ask("forget")
        begin = datetime.now(UTC) + timedelta(seconds=3)
        steps = [begin + timedelta(seconds=place / per_second) for place in range(int(per_second * seconds))]
        due = dict(zip(await self._put(steps), steps, strict=True))
        if load:
            arguments = (str(here.port), here.alert_path, "64", "1", str(seconds + 2), "0", str(load))
            async with child("bench.app.generator", *arguments):
                await self._wait(due, seconds)
        else:
            await self._wait(due, seconds)
        return await self._judge(due, seconds)

    async def _wait(self, due: dict[str, datetime], seconds: float) -> None:
        await asyncio.sleep(seconds + 3.5)

        async def all_came() -> bool:
            return len(await self._arrivals(due)) >= len(due)

        await until(all_came, GRACE_SECONDS, pause=0.3)

    async def _arrivals(self, due: dict[str, datetime]) -> list[tuple[float, str]]:
        seen = (await self._here.ask("seen"))["posts"]
        return [(at, group) for at, _, group, what in seen if group in due and what.startswith("0.1.")]

    async def _judge(self, due: dict[str, datetime], seconds: float) -> dict[str, Any]:
        offset = time.time() - time.perf_counter()
        arrivals = await self._arrivals(due)
        late = [at + offset - due[group].timestamp() for at, group in arrivals]
        return {
            "late": asdict(figures(late, seconds)),
            "worst": max(late, default=0) * 1000,
            "early": sum(one < 0 for one in late),
            "lost": len(due) - len({group for _, group in arrivals}),
            "twice": len(arrivals) - len({group for _, group in arrivals}),
        }

    async def _put(self, due: list[datetime]) -> list[str]:
        """Ids of new groups with a card, whose first person was paged and whose second is due then."""
        source = await self._here.client[self._here.database]["integrations"].find_one({})
        people = source["doc"]["people"]
        now = datetime.now(UTC)
        groups = [self._group(source["server_id"], source["_id"], people, at, now) for at in due]
        for begin in range(0, len(groups), AT_ONCE):
            lost = await self._stores.groups.put_many(
                [(Change(doc=group), None) for group in groups[begin : begin + AT_ONCE]]
            )
            assert not lost
        return [group.id for group in groups]

    def _group(self, server_id: str, source_id: str, people: list[str], at: datetime, now: datetime) -> AlertGroup:
        number = next(self._numbers)
        return AlertGroup(
            id=f"waiting{number}",
            server_id=server_id,
            number=number,
            integration_id=source_id,
            integration_name="Prometheus",
            key=f"waiting {number}",
            title="Disk is filling up",
            summary="Less than 10 % is free",
            severity="critical",
            labels={"alertname": "DiskFull", "instance": "10.0.0.7:9100", "job": "node"},
            opened_at=now,
            changed_at=now,
            alerts=1,
            firing=(f"{number:016x}",),
            channel_id="town",
            chain=(Step(wait=0, people=(people[0],)), Step(wait=300, people=(people[1],))),
            step=1,
            due_at=at,
            card=Posted(channel_id="town", post_id=f"post{number}", edited_at=now - timedelta(minutes=1)),
        )
