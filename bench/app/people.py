"""People who act in the strict stand-in, and how long the bot took for each request that Mattermost made for them."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.simulator.client.person import Person
from bot.simulator.outgoing import Answer
from bot.simulator.server import Simulator

KINDS = ("command", "opening", "button", "dialog")
PLAYED = ("command", "button", "dialog")
CARDS = 60


@dataclass(frozen=True)
class Timed:
    kind: str
    milliseconds: float


class Players:
    """Measures at the stand-in's way out: from the moment a request leaves until its answer is read."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._people: list[Person] = []
        self._timed: list[Timed] = []
        self._send = simulator.outgoing.send
        simulator.outgoing.send = self._timing  # type: ignore[method-assign]

    def take(self, people: Sequence[Person]) -> None:
        self._people = list(people)

    async def _timing(self, method: str, url: str, **more: Any) -> Answer:
        began = time.perf_counter()
        try:
            return await self._send(method, url, **more)
        finally:
            took = (time.perf_counter() - began) * 1000
            self._timed.append(Timed(_kind(urlsplit(url).path), took))

    async def play(self, per_second: float, seconds: float) -> dict[str, list[float]]:
        """Open loop: everybody in turn does the next thing at its time, whether others are done or not."""
        self._timed.clear()
        problems: list[str] = []
        begin = time.perf_counter()
        kinds, people = itertools.cycle(PLAYED), itertools.cycle(self._people)
        async with asyncio.TaskGroup() as tasks:
            for number in range(int(per_second * seconds)):
                await asyncio.sleep(max(begin + number / per_second - time.perf_counter(), 0))
                tasks.create_task(self._act(next(people), next(kinds), number, problems))
        found: dict[str, Any] = {"problems": problems[:3], "failed": len(problems)}
        for one in self._timed:
            found.setdefault(one.kind, []).append(one.milliseconds)
        return found

    async def repeat(self, kind: str, count: int) -> dict[str, Any]:
        """Closed loop: one after the other."""
        problems: list[str] = []
        people = itertools.cycle(self._people)
        for number in range(count):
            await self._act(next(people), kind, number, problems)
        return {"problems": problems[:3], "failed": len(problems)}

    async def _act(self, person: Person, kind: str, number: int, problems: list[str]) -> None:
        try:
            if kind == "command":
                await person.types(f"/oncall show {number % 20 + 1}")
            elif kind == "dialog":
                await person.types(f"/oncall silence {number % 20 + 1}")
                await person.submits(duration="30m")
            elif kind == "opening":
                await person.types(f"/oncall silence {number % 20 + 1}")
            else:
                await self._press(person, number)
        except Exception as problem:  # counted and told
            problems.append(f"{kind}: {problem!r}"[:300])

    async def _press(self, person: Person, number: int) -> None:
        """A write: acknowledge, or take it back. Only one post is drawn: a whole channel takes the stand-in long."""
        found = (post for post in person.desk.channel("alerts").posts if not post.root_id and "oncall" in post.props)
        posts = list(itertools.islice(found, CARDS))
        card = person.drawn(posts[number % len(posts)])
        wanted = ("Acknowledge", "Unacknowledge")
        label = next((one for one in card.buttons if one in wanted), card.buttons[0])
        await person.clicks(label, card)

    async def bindings(self, times: int) -> list[float]:
        """What opening a channel asks of an app."""
        self._timed.clear()
        for person in itertools.islice(itertools.cycle(self._people), times):
            person.apps.forget()
            await person.header_buttons("alerts")
        return [one.milliseconds for one in self._timed if one.kind == "bindings"]


def _kind(path: str) -> str:
    """`/native/{server}/command`, `/mattermost/{server}/command/show`."""
    parts = path.strip("/").split("/")
    return f"{parts[0]} {parts[2]}" if len(parts) > 2 and parts[2] != "bindings" else parts[-1]
