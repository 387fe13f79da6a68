"""Alert groups: by number, by what opens them, by the posts that show them."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from pymongo import ASCENDING, DESCENDING, IndexModel

from bot.clock import Clock
from bot.core.alert_group import AlertGroup, Heading, Line, Status
from bot.core.many import Outline
from bot.core.retention import GROUPS_KEPT
from bot.core.storm_cards import KINDS_SHOWN, Tally
from bot.storage import codec
from bot.storage.codec import Raw
from bot.storage.documents import Collision, Documents, Keys, Put
from bot.storage.indexes import ENDING
from bot.storage.mongo import Database, reachable
from bot.storage.numbers import Numbers
from bot.storage.records import Claim

P = TypeVar("P", Heading, Line, Outline)

DAY_MILLISECONDS = 86_400_000
# The database takes another for lists and storms where it looks as good at first, and then reads far more: hence hints.
# With the severity, so that the groups of a list are counted and passed over without looking at any of them.
BY_STATUS = [("server_id", ASCENDING), ("status", ASCENDING), ("number", DESCENDING), ("doc.severity", ASCENDING)]
# Whole, so that the groups of a storm are counted without looking at any of them; by number, which never changes: what
# changes while they are counted is neither counted twice nor left out.
OF_STORM = [
    (field, ASCENDING) for field in ("storm", "number", "status", "server_id", "doc.severity", "doc.integration_name")
]
# In the order of their ends, which changes with every silence: those that have none cost nothing.
SILENCED = [(field, ASCENDING) for field in ("server_id", "status", "doc.silenced_until", "number")]
# Those that maintenance keeps silent, of which there are none most of the time, among any number of silences.
MUTED = [(field, ASCENDING) for field in ("server_id", "status", "number")]
ONLY_MUTED = {"status": Status.SILENCED.value, "doc.maintenance_id": {"$gt": ""}}
LIVE = tuple(status for status in Status if status is not Status.RESOLVED)


def open_key(server_id: str, integration_id: str, key: str) -> str:
    """What at most one live group has: a digest, because senders' keys may be long and many."""
    text = "\0".join((server_id, integration_id, key))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


class Groups(Documents[AlertGroup]):
    """`open_key` is present only while a group is live and its index is unique: two processes never open one twice."""

    collection_name = "groups"
    kind = AlertGroup
    indexes = (
        IndexModel([("server_id", ASCENDING), ("number", ASCENDING)], unique=True),
        IndexModel(BY_STATUS),
        IndexModel([("open_key", ASCENDING)], unique=True, partialFilterExpression={"open_key": {"$exists": True}}),
        IndexModel([("posts", ASCENDING)], partialFilterExpression={"posts": {"$exists": True}}),
        ENDING,
        IndexModel(SILENCED, partialFilterExpression={"status": Status.SILENCED.value}),
        IndexModel(MUTED, partialFilterExpression=ONLY_MUTED),
        IndexModel(OF_STORM, partialFilterExpression={"storm": {"$exists": True}}),
    )
    # Not the one of storms by their status: processes of the release that made it hint at it, and fail without.
    retired = (
        IndexModel([("server_id", ASCENDING), ("status", ASCENDING), ("number", DESCENDING)]),
        IndexModel([("storm", ASCENDING), ("number", ASCENDING)], partialFilterExpression={"storm": {"$exists": True}}),
    )

    def __init__(self, database: Database, clock: Clock, *, ticks: Callable[[], float] = time.monotonic) -> None:
        super().__init__(database, clock)
        self._numbers = Numbers(database.hasty_collection("counters"), self._collection, ticks)

    def index_fields(self, doc: AlertGroup) -> Raw:
        shown = (doc.card, *(place.post for place in doc.also), *(page.post for page in doc.pages.values()))
        return {
            "number": doc.number,
            "status": doc.status.value,
            "open_key": open_key(doc.server_id, doc.integration_id, doc.key) if doc.live else None,
            "posts": [post.post_id for post in shown if post] or None,
            "storm": doc.storm or None,
            "expire_at": None if doc.live else doc.changed_at + timedelta(days=doc.kept_days),
        }

    async def by_number(self, server_id: str, number: int) -> AlertGroup | None:
        return _first(await self.read({"server_id": server_id, "number": number}, limit=1))

    async def of_post(self, server_id: str, post_id: str) -> AlertGroup | None:
        """The group that a post of ours shows."""
        query = {"server_id": server_id, "posts": {"$eq": post_id, "$exists": True}}
        return _first(await self.read(query, limit=1))

    async def open(self, server_id: str, limit: int, *, channel_id: str = "", before: int = 0) -> list[AlertGroup]:
        return await self.listed(server_id, LIVE, limit, channel_id=channel_id, before=before)

    async def listed(
        self, server_id: str, statuses: Sequence[Status], limit: int, *, channel_id: str = "", before: int = 0
    ) -> list[AlertGroup]:
        """Those in one of the states, newest first, from `before` on down. An empty channel means all of them."""
        query: dict[str, Any] = {"server_id": server_id, "status": {"$in": [status.value for status in statuses]}}
        if before:
            query["number"] = {"$lt": before}
        if channel_id:
            query["$or"] = [{"doc.channel_id": channel_id}, {"doc.also.channel_id": channel_id}]
        return [claim.doc for claim in await self.read(query, limit=limit, sort=("number", DESCENDING))]

    async def of_integration(
        self, server_id: str, integration_id: str, statuses: Sequence[Status], *, limit: int, skip: int
    ) -> list[AlertGroup]:
        """Those in one of the states, newest first. Groups are large: no more are read than are wanted."""
        query = _of_integration(server_id, integration_id, statuses)
        return [claim.doc for claim in await self.read(query, limit=limit, skip=skip, sort=("number", DESCENDING))]

    async def pages_of_integration(
        self, server_id: str, integration_id: str, statuses: Sequence[Status], *, page: int, most: int
    ) -> AsyncIterator[list[AlertGroup]]:
        """The same, so many at a time, on so many pages. What cannot be read makes a page shorter, and ends nothing."""
        query = _of_integration(server_id, integration_id, statuses)
        for _ in range(most):
            found = await self.records(query, limit=page, sort=("number", DESCENDING))
            yield [claim.doc for claim in self._opened(found)]
            if len(found) < page:
                return
            query["number"] = {"$lt": found[-1]["number"]}

    async def count_of_integration(self, server_id: str, integration_id: str, statuses: Sequence[Status]) -> int:
        with reachable():
            query = _of_integration(server_id, integration_id, statuses)
            return int(await self._collection.count_documents(query))

    async def headings(self, server_id: str, status: Status, limit: int) -> list[Heading]:
        """Of those in the state, newest first. Groups are large, and of hundreds in a list little is shown."""
        return await self._parts(Heading, {"server_id": server_id, "status": status.value}, limit=limit)

    async def severities(self, server_id: str, status: Status, *, most: int) -> dict[str, int]:
        """How many in the state have which severity; so many of them are counted, the newest."""
        pipeline: list[Raw] = [
            {"$match": {"server_id": server_id, "status": status.value}},
            {"$sort": {"number": DESCENDING}},
            {"$limit": most},
            {"$group": {"_id": "$doc.severity", "count": {"$sum": 1}}},
        ]
        with reachable():
            rows = await self._collection.aggregate(pipeline).to_list(length=most)
        return {row["_id"]: row["count"] for row in rows}

    async def lines(
        self, server_id: str, status: Status, severities: Sequence[str], *, skip: int, limit: int
    ) -> list[Line]:
        """Of those in the state with one of the severities, newest first."""
        query = {"server_id": server_id, "status": status.value, "doc.severity": {"$in": list(severities)}}
        return await self._parts(Line, query, skip=skip, limit=limit, hint=BY_STATUS)

    async def outlines(self, server_id: str, status: Status, *, page: int) -> AsyncIterator[list[Outline]]:
        """Of those in the state, newest first, so many at a time."""
        query: dict[str, Any] = {"server_id": server_id, "status": status.value}
        while found := await self._records_of(Outline, query, limit=page):
            yield self._understood_as(Outline, found)
            query["number"] = {"$lt": found[-1]["number"]}

    async def _parts(
        self, kind: type[P], query: Mapping[str, Any], *, limit: int, skip: int = 0, hint: Keys | None = None
    ) -> list[P]:
        return self._understood_as(kind, await self._records_of(kind, query, limit=limit, skip=skip, hint=hint))

    async def _records_of(
        self, kind: type[P], query: Mapping[str, Any], *, limit: int, skip: int = 0, hint: Keys | None = None
    ) -> list[Raw]:
        """Newest first. Of a group no more is read than is wanted."""
        wanted = {"number": 1, **{f"doc.{field}": 1 for field in kind.__struct_fields__}}
        return await self.records(query, wanted, sort=("number", DESCENDING), limit=limit, skip=skip, hint=hint)

    def _understood_as(self, kind: type[P], records: Iterable[Raw]) -> list[P]:
        return self.understood.of(records, lambda one: codec.read(one["doc"], kind))

    async def silenced(self, server_id: str, *, skip: int, limit: int) -> list[int]:
        """The numbers of the silenced ones, those first that end first. Reads nothing but the index."""
        query = {"server_id": server_id, "status": Status.SILENCED.value}
        found = await self.records(
            query, {"number": 1, "_id": 0}, sort=SILENCED[2:], skip=skip, limit=limit, hint=SILENCED
        )
        return [one["number"] for one in found]

    async def ids_of(self, server_id: str, numbers: Sequence[int]) -> dict[int, str]:
        """By number; those that are not there are left out."""
        query = {"server_id": server_id, "number": {"$in": list(numbers)}}
        with reachable():
            found = await self._collection.find(query, {"number": 1}).to_list(length=len(numbers))
        return {one["number"]: one["_id"] for one in found}

    async def muted(self, server_id: str, after: int, limit: int) -> list[AlertGroup]:
        """Those that maintenance keeps silent, in the order of their numbers, after this one."""
        query = {"server_id": server_id, "number": {"$gt": after}, **ONLY_MUTED}
        return [claim.doc for claim in await self.read(query, limit=limit, sort=("number", ASCENDING), hint=MUTED)]

    async def of_storm(self, server_id: str, storm_id: str, *, limit: int, after: int = 0) -> list[Claim[AlertGroup]]:
        """Live groups of a storm by number, those after this one."""
        query = _live_of_storm(server_id, storm_id) | {"number": {"$gt": after}}
        return await self.read(query, limit=limit, sort=("number", ASCENDING), hint=OF_STORM)

    async def newest_of_storm(self, server_id: str, storm_id: str, *, limit: int) -> list[Heading]:
        """Of its live groups."""
        return await self._parts(Heading, _live_of_storm(server_id, storm_id), limit=limit)

    async def tally(self, server_id: str, storm_id: str) -> Tally:
        """All groups of a storm, whole, however many kinds there are of them. Reads nothing but the index."""
        alike = {"states": "$status", "severities": "$doc.severity", "sources": "$doc.integration_name"}
        pipeline: list[Raw] = [
            {"$match": {"server_id": server_id, "storm": storm_id}},
            {"$group": {"_id": alike, "count": {"$sum": 1}}},
            {"$facet": {name: _most_frequent(f"$_id.{name}", KINDS_SHOWN + 1) for name in alike}},
        ]
        with reachable():
            (found,) = await self._collection.aggregate(pipeline).to_list(length=1)
        states, severities, sources = ({one["_id"]: one["count"] for one in found[name]} for name in alike)
        return Tally(
            states={status: states.get(status.value, 0) for status in Status}, severities=severities, sources=sources
        )

    async def live(self, keys: Mapping[str, str]) -> dict[str, Claim[AlertGroup]]:
        """The live groups of some open keys (open key to server id), by open key, in one query."""
        query: dict[str, Any] = {
            "open_key": {"$in": list(keys), "$exists": True},
            "server_id": {"$in": list(set(keys.values()))},
        }
        found = await self.read(query, limit=len(keys))
        return {claim.record["open_key"]: claim for claim in found}

    async def give_end(self, limit: int) -> int:
        """To some that were resolved before groups had one; how many. Who changes one meanwhile writes it, too."""
        query = {"expire_at": None, "status": Status.RESOLVED.value}
        days = {"$ifNull": ["$doc.kept_days", GROUPS_KEPT]}
        end = {"$add": ["$doc.changed_at", {"$multiply": [days, DAY_MILLISECONDS]}]}
        with reachable():
            found = await self._collection.find(query, {"_id": 1}, limit=limit).to_list(length=limit)
            if found:
                wanted = query | {"_id": {"$in": [record["_id"] for record in found]}}
                await self._collection.update_many(wanted, [{"$set": {"expire_at": end}}])
        return len(found)

    async def delete_of(self, server_id: str) -> None:
        """With the counter, last: numbers begin anew only where no group is left."""
        await super().delete_of(server_id)
        await self._numbers.delete_of(server_id)

    async def reserve_numbers(self, server_id: str, count: int) -> range:
        """The next `count` numbers of this server, for groups to be put next."""
        return await self._numbers.take(server_id, count)

    async def put_many(self, puts: Sequence[Put[AlertGroup]]) -> dict[int, Collision]:
        writing = asyncio.gather(super().put_many(puts), self._numbers.follow(), return_exceptions=True)
        lost, _ = await writing
        if isinstance(lost, BaseException):
            raise lost
        collided = {puts[place][0].doc.server_id for place, one in lost.items() if "number" in one.fields}
        await self._numbers.collided(collided)
        return lost


def _of_integration(server_id: str, integration_id: str, statuses: Sequence[Status]) -> dict[str, Any]:
    return {
        "server_id": server_id,
        "status": {"$in": [status.value for status in statuses]},
        "doc.integration_id": integration_id,
    }


def _live_of_storm(server_id: str, storm_id: str) -> dict[str, Any]:
    return {"server_id": server_id, "storm": storm_id, "status": {"$in": [status.value for status in LIVE]}}


def _first(claims: Sequence[Claim[AlertGroup]]) -> AlertGroup | None:
    return claims[0].doc if claims else None


def _most_frequent(what: str, most: int) -> list[Raw]:
    """Of counted ones."""
    return [
        {"$group": {"_id": what, "count": {"$sum": "$count"}}},
        {"$sort": {"count": DESCENDING, "_id": ASCENDING}},
        {"$limit": most},
    ]
