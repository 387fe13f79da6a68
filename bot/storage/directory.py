"""Servers, people and integrations: who is who. What every alert needs is remembered for a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pymongo import ASCENDING, IndexModel

from bot.clock import Clock
from bot.core.integrations import Integration
from bot.core.people import Person
from bot.core.servers import Server, State
from bot.errors import Unavailable
from bot.storage.codec import Raw
from bot.storage.documents import Documents
from bot.storage.mongo import Database, reachable

T = TypeVar("T")

REMEMBERED_SECONDS = 1.0
# So long before the end the first who asks reads anew, and the others, hundreds a second, need not do it with them.
RENEWED_SECONDS = 0.2
REMEMBERED = 10_000


@dataclass(slots=True)
class _Known(Generic[T]):
    answer: T
    renew_at: float
    until: float


class Memory(Generic[T]):
    """Answers that may be a second old. What this process writes itself is forgotten at once.

    `T` may be an answer "there is none": a sender with a revoked key must not reach the database with each request.
    """

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._known: dict[str, _Known[T]] = {}

    def recall(self, key: str) -> tuple[T] | None:
        """None for whoever has to read it, and then to `keep` it."""
        known, now = self._known.get(key), self._ticks()
        if known is None or known.until <= now:
            return None
        if known.renew_at <= now:
            known.renew_at = known.until
            return None
        return (known.answer,)

    def keep(self, key: str, value: T) -> T:
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        until = self._ticks() + REMEMBERED_SECONDS
        self._known[key] = _Known(value, until - RENEWED_SECONDS, until)
        return value

    def forget(self) -> None:
        self._known.clear()


class Servers(Documents[Server]):
    """The tenants: the only documents that belong to themselves."""

    collection_name = "servers"
    kind = Server

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._memory = Memory[Server | None]()

    def server_of(self, doc: Server) -> str:
        return doc.id

    def changed(self, doc: Server) -> None:
        self._memory.forget()

    async def following(self, after: str, limit: int) -> list[Server]:
        """Some of all servers, in the order of their ids: those that come after this one."""
        found = await self.read({"_id": {"$gt": after}}, limit=limit, sort=("_id", ASCENDING))
        return [claim.doc for claim in found]

    async def delete_of(self, server_id: str) -> None:
        """Only one that is not served: who installs it again at this instant keeps it."""
        gone = [State.REMOVED.value, State.PENDING.value]
        with reachable():
            await self._collection.delete_one({"_id": server_id, "doc.state": {"$in": gone}})
        self._memory.forget()

    async def by_id(self, server_id: str) -> Server | None:
        """As stored now."""
        return await self.find(server_id, server_id)

    async def recent(self, server_id: str) -> Server | None:
        """As it was at most a second ago."""
        known = self._memory.recall(server_id)
        if known is not None:
            return known[0]
        return self._memory.keep(server_id, await self.by_id(server_id))


class People(Documents[Person]):
    """A Mattermost user has at most one person; some people have no Mattermost user yet.

    Profiles that went into somebody else and people who were removed are kept, but found by their id only.
    """

    collection_name = "people"
    kind = Person
    indexes = (
        IndexModel(
            [("server_id", ASCENDING), ("mattermost_user_id", ASCENDING)],
            unique=True,
            partialFilterExpression={"mattermost_user_id": {"$exists": True}},
        ),
        IndexModel([("server_id", ASCENDING), ("username", ASCENDING)]),
        IndexModel([("server_id", ASCENDING), ("name", ASCENDING)]),
        IndexModel([("server_id", ASCENDING), ("email", ASCENDING)]),
        IndexModel(
            [("server_id", ASCENDING), ("link_digest", ASCENDING)],
            partialFilterExpression={"link_digest": {"$exists": True}},
        ),
    )

    def __init__(self, database: Database, clock: Clock, *, ticks: Callable[[], float] = time.monotonic) -> None:
        super().__init__(database, clock)
        self._memory = Memory[dict[str, Person]](ticks)
        self._users = Memory[Person | None](ticks)

    def changed(self, doc: Person) -> None:
        self._memory.forget()
        self._users.forget()

    def index_fields(self, doc: Person) -> Raw:
        found = {
            "mattermost_user_id": doc.mattermost_user_id,
            "username": doc.username.lower(),
            "name": doc.name.casefold(),
            "email": doc.email.casefold(),
            "link_digest": doc.link_digest,
        }
        shown = {field: value or None for field, value in found.items()}
        return {**shown, "hidden": None} if doc.current else {**dict.fromkeys(shown), "hidden": True}

    async def with_ids(self, server_id: str, ids: Sequence[str]) -> dict[str, Person]:
        """By the ids asked for. A profile that went into somebody is that person; removed ones are left out."""
        found = await self._by_ids(server_id, ids)
        heirs = await self._by_ids(server_id, [one.merged_into for one in found.values() if one.merged_into])
        for id_, profile in found.items():
            found[id_] = heirs.get(profile.merged_into, profile)
        return {id_: person for id_, person in found.items() if person.current}

    async def recent(self, server_id: str, ids: Sequence[str]) -> dict[str, Person]:
        """As `with_ids`, as they were at most a second ago. Not to be changed."""
        remembered_as = " ".join((server_id, *ids))
        known = self._memory.recall(remembered_as)
        if known is not None:
            return known[0]
        return self._memory.keep(remembered_as, await self.with_ids(server_id, ids))

    async def _by_ids(self, server_id: str, ids: Sequence[str]) -> dict[str, Person]:
        claims = await self.load([(server_id, id_) for id_ in ids]) if ids else {}
        return {id_: claim.doc for id_, claim in claims.items()}

    async def by_user(self, server_id: str, mattermost_user_id: str) -> Person | None:
        if not mattermost_user_id:
            return None
        found = _first(await self._where(server_id, 1, mattermost_user_id=mattermost_user_id))
        return self._users.keep(f"{server_id} {mattermost_user_id}", found)

    async def recent_by_user(self, server_id: str, mattermost_user_id: str) -> Person | None:
        """As they were at most a second ago: whoever answers has mostly looked already."""
        known = self._users.recall(f"{server_id} {mattermost_user_id}")
        return known[0] if known is not None else await self.by_user(server_id, mattermost_user_id)

    async def by_username(self, server_id: str, username: str) -> Person | None:
        """Usernames may change hands in Mattermost, so an old one may be left with somebody else."""
        return _first(await self._where(server_id, 1, username=username.lower()))

    async def by_name(self, server_id: str, name: str) -> list[Person]:
        """Everybody who is called exactly so, two at most."""
        return await self._where(server_id, 2, name=name.casefold())

    async def by_email(self, server_id: str, email: str) -> list[Person]:
        """Everybody with this address, two at most."""
        return await self._where(server_id, 2, email=email.casefold()) if email else []

    async def by_link_digest(self, server_id: str, digests: Sequence[str]) -> Person | None:
        return _first(await self._where(server_id, 1, link_digest={"$in": list(digests), "$exists": True}))

    async def waiting(self, server_id: str) -> bool:
        """Whether anybody with an e-mail address has not been seen in Mattermost yet."""
        return bool(await self._where(server_id, 1, email={"$exists": True}, mattermost_user_id={"$exists": False}))

    async def _where(self, server_id: str, limit: int, **wanted: object) -> list[Person]:
        return [claim.doc for claim in await self.read({"server_id": server_id, **wanted}, limit=limit)]

    async def listed(self, server_id: str, limit: int) -> list[Person]:
        query = {"server_id": server_id, "hidden": {"$exists": False}}
        found = await self.read(query, limit=limit, sort=("name", ASCENDING))
        return [claim.doc for claim in found]


class Integrations(Documents[Integration]):
    """Sources of alerts, known by their keys' digests."""

    collection_name = "integrations"
    kind = Integration
    indexes = (
        IndexModel(
            [("key_digests", ASCENDING)], unique=True, partialFilterExpression={"key_digests": {"$exists": True}}
        ),
        IndexModel([("server_id", ASCENDING), ("name", ASCENDING)]),
    )

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._memory = Memory[Integration | None]()

    def index_fields(self, doc: Integration) -> Raw:
        return {"key_digests": [*doc.key_digests, *doc.old_digests] or None, "name": doc.name}

    def changed(self, doc: Integration) -> None:
        self._memory.forget()

    async def by_key(self, digests: Sequence[str], *, patience: float | None = None) -> Integration | None:
        """Whoever shows the key is who it says: the one look-up without a server. At most a second old.

        Raises Unavailable, also where the database takes longer than `patience` seconds.
        """
        remembered_as = " ".join(digests)
        known = self._memory.recall(remembered_as)
        if known is not None:
            return known[0]
        try:
            async with asyncio.timeout(patience):
                found = await self.read({"key_digests": {"$in": list(digests), "$exists": True}}, limit=1)
        except TimeoutError:
            raise Unavailable("The database takes too long") from None
        return self._memory.keep(remembered_as, found[0].doc if found else None)

    async def listed(self, server_id: str) -> list[Integration]:
        """Those that were not removed, by name."""
        found = await self.read({"server_id": server_id}, limit=1000, sort=("name", ASCENDING))
        return [claim.doc for claim in found if claim.doc.removed_at is None]


def _first(people: Sequence[Person]) -> Person | None:
    return people[0] if people else None
