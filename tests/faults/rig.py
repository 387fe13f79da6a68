"""A bot as real processes, a database of its own and a strict Mattermost: all that can go wrong, and what came of it.

The minutes between the steps of a chain are made seconds, by moving what is due in the stored groups.
"""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import aiohttp
from pymongo.errors import PyMongoError

from bot.core import alerts
from bot.core.alert_group import AlertGroup, Status
from bot.core.changes import Change
from bot.core.replacing import replace
from bot.errors import BotError
from bot.simulator.client.person import Person
from tests.faults.mongods import ReplicaSet, replica_set
from tests.faults.processes import BotProcess
from tests.town import Town, mark, town, twice
from tests.waiting import lasting

SOON = timedelta(seconds=1)
HASTEN_SECONDS = 0.2
READY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which processes, on how many mongods, with which Mattermost."""

    name: str
    surface: str
    roles: tuple[str, ...]
    members: int = 1


@dataclass(frozen=True, slots=True)
class Rig:
    """Everything that runs. `sent` are the alerts of all rounds so far.

    Those in `ended` end again; those in `taken` are acknowledged by @ana before the next person's turn comes.
    """

    town: Town
    mongods: ReplicaSet
    processes: dict[str, BotProcess]
    sent: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)

    def process(self, role: str) -> BotProcess:
        """Of this role, or the one that does everything."""
        return self.processes.get(role) or self.processes["serve"]

    async def hasten(self, chance: random.Random) -> None:
        """Until cancelled: next steps that are minutes away become due within a second, or somebody takes over."""
        while True:
            await lasting(HASTEN_SECONDS)
            with contextlib.suppress(BotError):  # the database is away: that is what this is about
                await self._hasten(chance)

    async def _hasten(self, chance: random.Random) -> None:
        now = self.town.stores.groups._clock()
        later = {"server_id": self.town.server_id, "doc.due_at": {"$gt": now + 2 * SOON}}
        for claim in await self.town.stores.groups.read(later, limit=200):
            sooner = partial(_sooner, at=now + chance.random() * SOON)
            taking = partial(alerts.acknowledge, by="@ana", now=now)
            decide = taking if claim.doc.title in self.taken else sooner
            await self.town.stores.groups.change(claim.server_id, claim.id, decide)

    # ---- what is to be seen ----

    async def is_ready(self) -> bool:
        """Whether /readyz says so; what answers nothing gets no traffic either."""
        try:
            async with self.town.session.get(f"{self.town.url}/readyz") as answer:
                return answer.status == READY
        except aiohttp.ClientError:
            return False

    async def is_unready(self) -> bool:
        return not await self.is_ready()

    async def is_done(self) -> bool:
        """The bot believes to have nothing left to do."""
        unfinished = [{"outbox": {"$ne": []}}, {"lease": {"$exists": True}}, {"doc.due_at": {"$ne": None}}]
        groups = self.town.database.collection("groups")
        mine = {"server_id": self.town.server_id}
        try:
            opened = await groups.count_documents(mine)
            return opened >= len(self.sent) and not await groups.count_documents({**mine, "$or": unfinished}, limit=1)
        except PyMongoError:
            return False

    async def problems(self) -> list[str]:
        """What is wrong with the world when the bot believes to be done; nothing, hopefully."""
        groups = await self.town.groups()
        stored = await self.town.stores.alerts.count(self.town.server_id)
        titles = Counter(group.title for group in groups)
        return [
            *_list("accepted, but in no group", self.sent - set(titles)),
            *_list("in more than one group", (title for title, count in titles.items() if count > 1)),
            *_list("numbers given twice", _repeated(group.number for group in groups)),
            *_differ("alerts stored", stored, len(self.sent) + len(self.ended)),
            *_list("not resolved", (one.title for one in groups if one.title in self.ended and one.live)),
            *_list("not acknowledged", (one.title for one in groups if one.title in self.taken and not _taken(one))),
            *self._card_problems(groups),
            *self._page_problems(groups),
            *_list("told twice in a thread", map(str, twice(self.town.told))),
            *self.town.simulator.surprises,
            *(f"{role} logged: {line}" for role, process in self.processes.items() for line in _errors(process.log)),
        ]

    def _card_problems(self, groups: list[AlertGroup]) -> Iterable[str]:
        cards = {mark(post)["group"]: post for post in self.town.cards}
        yield from _list("two posts", map(str, twice(self.town.cards)))
        yield from _list("no post", (group.title for group in groups if group.id not in cards))
        drawn = [(group, self.town.root.drawn(cards[group.id].id).words) for group in groups if group.id in cards]
        yield from _list("card shown as it was", (one.title for one, words in drawn if not _is_true(one, words)))

    def _page_problems(self, groups: list[AlertGroup]) -> Iterable[str]:
        for person in (self.town.ana, self.town.ben):
            pages = self.town.pages(person)
            paged = {mark(post)["group"] for post in pages}
            name = person.user.username
            yield from _list(f"@{name} paged twice", map(str, twice(pages)))
            yield from _list(f"@{name} not paged", self._missing(groups, paged))
            yield from _differ(f"pages of @{name}", len(pages), len(paged))
            by_id = {group.id: group for group in groups}
            drawn = [(by_id[mark(post)["group"]], person.drawn(post.id).words) for post in pages]
            yield from _list(
                f"page of @{name} as it was", (one.title for one, words in drawn if not _is_true(one, words))
            )
        ben = {mark(post)["group"] for post in self.town.pages(self.town.ben)}
        yield from _list("paged in spite of @ana", (one.title for one in groups if one.id in ben and _taken(one)))

    def _missing(self, groups: list[AlertGroup], paged: set[str]) -> Iterable[str]:
        needless = self.ended | self.taken
        return (one.title for one in groups if one.id not in paged and one.title not in needless)

    def pages(self) -> int:
        people: tuple[Person, ...] = (self.town.ana, self.town.ben)
        return sum(len(self.town.pages(person)) for person in people)


@asynccontextmanager
async def rig(layout: Layout, folder: Path) -> AsyncIterator[Rig]:
    """Everything up, installed, and taken down in the end, whatever is dead by then."""
    async with AsyncExitStack() as stack:
        mongods = await stack.enter_async_context(replica_set(folder, layout.members))
        place = await stack.enter_async_context(town(layout.surface, mongods.uri))
        processes = {role: BotProcess(place, role, folder / f"{role}.log") for role in layout.roles}
        for process in processes.values():
            stack.push_async_callback(process.stop)
            await process.start()
        await place.install()
        yield Rig(place, mongods, processes)


def _taken(group: AlertGroup) -> bool:
    return group.status is Status.ACKNOWLEDGED


def _is_true(group: AlertGroup, words: str) -> bool:
    said = {Status.RESOLVED: "Resolved by", Status.ACKNOWLEDGED: "Acknowledged by"}
    return said.get(group.status, "Firing") in words


def _sooner(group: AlertGroup, *, at: datetime) -> Change[AlertGroup]:
    if group.due_at is None or group.due_at <= at:
        return Change(doc=group)
    return Change(doc=replace(group, due_at=at))


def _errors(log: str) -> list[str]:
    """Failures that the bot did not expect. A 503 is an answer."""
    lines = [line for line in log.splitlines() if "event=request" not in line]
    return [line for line in lines if "level=error" in line or "Traceback" in line]


def _list(what: str, which: Iterable[str]) -> list[str]:
    names = sorted(which)
    return [f"{what}: {len(names)}, such as {', '.join(names[:3])}"] if names else []


def _differ(what: str, found: int, wanted: int) -> list[str]:
    return [] if found == wanted else [f"{what}: {found}, not {wanted}"]


def _repeated(numbers: Iterable[int]) -> list[str]:
    return [f"#{number}" for number, count in Counter(numbers).items() if count > 1]
