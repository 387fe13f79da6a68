"""One collection of documents: read, decide, replace if nobody was faster. The only way anything is written."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from msgspec import Struct
from pymongo import ASCENDING, IndexModel, InsertOne, ReplaceOne
from pymongo.errors import BulkWriteError, OperationFailure

from bot.clock import Clock
from bot.core.changes import Change
from bot.core.text import say
from bot.errors import BotError, Busy, NotFound, Unavailable
from bot.storage.claiming import Claiming
from bot.storage.codec import Raw
from bot.storage.indexes import Indexes
from bot.storage.mongo import Database, delete_of, reachable
from bot.storage.records import Claim, Write, first_record, holding, next_record, opened, stay
from bot.storage.understood import Understood

T = TypeVar("T")
Keys = list[tuple[str, int]]
Put = tuple[Change[T], Claim[T] | None]  # a decision, and the record it was made about unless it is new

TRIES = 40
LONGEST_PAUSE = 0.05
DUPLICATE = 11000
# What MongoDB answers to a hint at an index that is not there.
BAD_VALUE = 2
WAKE = IndexModel([("wake_at", ASCENDING)], partialFilterExpression={"wake_at": {"$exists": True}})


class AlreadyThere(BotError):
    """A document with this identity or this unique property exists. `fields` are the ones that collide."""

    def __init__(self, collection: str, fields: tuple[str, ...]) -> None:
        super().__init__(f"There already is such a document in {collection}: {', '.join(fields)}")
        self.fields = fields


class Saved(Struct, Generic[T], frozen=True, kw_only=True):
    """What a write came to: the decision, and the record as it is stored now."""

    change: Change[T]
    claim: Claim[T]


@dataclass(frozen=True, slots=True)
class Collision:
    """Why one write of many did not happen: the colliding fields of a unique index."""

    fields: tuple[str, ...]

    @property
    def was_slower(self) -> bool:
        return self.fields == ("_id",)


class LocalWorker(Protocol):
    """This process's worker, if it has one: serves new documents that are due at once, without claiming them first."""

    lease: timedelta

    def reserve(self, wanted: int) -> int:
        """How many of so many it will take. What is reserved has to be given with `serve`, in the end."""
        ...

    def serve(self, claims: Sequence[Claim[Any]], *, reserved: int) -> None: ...


def _nobody(at: datetime) -> None:
    pass


class Documents(Claiming[T]):
    """Base of the stores. Everything but claiming names the server it is about.

    `woken` is called with the instant at which something will be due, whenever a write leaves something to do. New
    documents that are due at once go to the `worker` directly, as far as it takes them: they are stored with its lease.
    `understood` leaves out what only a newer release can read.
    """

    collection_name: ClassVar[str]
    kind: type[T]
    indexes: ClassVar[tuple[IndexModel, ...]] = ()
    retired: ClassVar[tuple[IndexModel, ...]] = ()

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database.collection(self.collection_name), clock)
        self._database = database
        self.understood = Understood(self.collection_name)
        self._indexes = Indexes(database, self.collection_name, [WAKE, *self.indexes], self.retired)
        self.woken: Callable[[datetime], None] = _nobody
        self.worker: LocalWorker | None = None

    def index_fields(self, doc: T) -> Raw:
        """What the indexes need, computed from the document; None where a field must be absent."""
        return {}

    def server_of(self, doc: T) -> str:
        return str(doc.server_id)  # type: ignore[attr-defined]

    def changed(self, doc: T) -> None:
        """Called after a document was written by this process; for stores that remember some."""

    async def prepare(self) -> None:
        await self._indexes.prepare()

    # ---- reading ----

    async def find(self, server_id: str, id_: str) -> T | None:
        claims = await self.load([(server_id, id_)])
        return claims[id_].doc if id_ in claims else None

    async def load(self, keys: Sequence[tuple[str, str]]) -> dict[str, Claim[T]]:
        """Many documents by (server id, id); those that are not there are left out."""
        owners = {id_: server_id for server_id, id_ in keys}
        query = {"_id": {"$in": list(owners)}, "server_id": {"$in": list(set(owners.values()))}}
        found = await self.read(query, limit=len(owners))
        return {claim.id: claim for claim in found if owners[claim.id] == claim.server_id}

    async def read(
        self,
        query: Mapping[str, Any],
        *,
        limit: int,
        sort: tuple[str, int] | None = None,
        skip: int = 0,
        hint: Keys | None = None,
    ) -> list[Claim[T]]:
        """For subclasses: their queries name the server. `hint` names the index, where another may look as good."""
        return self._opened(await self.records(query, limit=limit, sort=sort, skip=skip, hint=hint))

    async def records(
        self,
        query: Mapping[str, Any],
        fields: Mapping[str, int] | None = None,
        *,
        limit: int,
        sort: tuple[str, int] | Keys | None = None,
        skip: int = 0,
        hint: Keys | None = None,
    ) -> list[Raw]:
        """For subclasses, what is stored or some fields of it. Where the index of the hint is gone another will do."""
        order = [sort] if isinstance(sort, tuple) else sort
        try:
            with reachable():
                cursor = self._collection.find(query, fields, limit=limit, skip=skip, sort=order, hint=hint)
                return await cursor.to_list(length=limit)
        except OperationFailure as refused:
            if hint is None or refused.code != BAD_VALUE:
                raise
        self._indexes.make_anew()
        return await self.records(query, fields, limit=limit, sort=sort, skip=skip)

    def _opened(self, records: Iterable[Raw], due: Mapping[str, datetime] | None = None) -> list[Claim[T]]:
        known = due or {}
        return self.understood.of(records, lambda one: opened(one, self.kind, due_at=known.get(one["_id"])))

    # ---- writing ----

    async def add(self, change: Change[T]) -> T:
        """Store a new document with its effects. Raises AlreadyThere."""
        collision = (await self.put_many([(change, None)])).get(0)
        if collision is not None:
            raise AlreadyThere(self.collection_name, collision.fields)
        return change.doc

    async def change(
        self,
        server_id: str,
        id_: str,
        decide: Callable[[T], Change[T]],
        *,
        settled: tuple[str, ...] = (),
        postponed: Mapping[str, float] | None = None,
        lease: str = "",
        until: datetime | None = None,
    ) -> Change[T]:
        """Decide about one document and store the decision. Raises NotFound, Busy, LeaseLost, AlreadyThere.

        `decide` must be pure: it runs again when somebody else was faster. For the rest see `Write`.
        """
        write = Write(
            server_id=server_id,
            id=id_,
            decide=decide,
            settled=settled,
            postponed=postponed or {},
            lease=lease,
            until=until,
        )
        outcome = (await self.change_many([write]))[0]
        if isinstance(outcome, BotError):
            raise outcome
        return outcome.change

    async def change_many(
        self, writes: Sequence[Write[T]], *, seen: Iterable[Claim[T]] = ()
    ) -> list[Saved[T] | BotError]:
        """Decide about many documents at once: one query, one bulk of versioned replaces, again for those who lost.

        `seen` are records read a moment ago, which saves the query where nobody was faster.
        """
        outcomes: dict[int, Saved[T] | BotError] = {}
        claims = {claim.id: claim for claim in seen}
        for turn in range(TRIES):
            open_ = [number for number in range(len(writes)) if number not in outcomes]
            if not open_:
                break
            if turn:
                await asyncio.sleep(random.uniform(0, min(0.005 * turn, LONGEST_PAUSE)))
                claims = {}
            unread = [writes[number] for number in open_ if writes[number].id not in claims]
            if unread:
                claims |= await self.load([(write.server_id, write.id) for write in unread])
            await self._decide(writes, open_, claims, outcomes)
        return [outcomes.get(number) or Busy() for number in range(len(writes))]

    async def _decide(
        self,
        writes: Sequence[Write[T]],
        open_: list[int],
        claims: Mapping[str, Claim[T]],
        outcomes: dict[int, Saved[T] | BotError],
    ) -> None:
        """One turn: what is finished goes into `outcomes`, what lost the race does not."""
        puts: dict[int, tuple[Change[T], Claim[T], Raw]] = {}
        for number in open_:
            write, claim = writes[number], claims.get(writes[number].id)
            if claim is None or claim.server_id != write.server_id:
                outcomes[number] = NotFound(say("That does not exist any more."))
                continue
            try:
                change = write.decide(claim.doc)
                record = self._next(claim, change, write)
            except BotError as refused:
                outcomes[number] = refused
                continue
            if record is None:
                outcomes[number] = Saved(change=change, claim=claim)
            else:
                puts[number] = (change, claim, record)
        lost = await self._bulk([_replace(record) for _, _, record in puts.values()])
        for place, (number, (change, _, record)) in enumerate(puts.items()):
            collision = lost.get(place)
            if collision is None:
                self._notice(change.doc, record)
                outcomes[number] = Saved(change=change, claim=holding(record, change.doc))
            elif not collision.was_slower:
                outcomes[number] = AlreadyThere(self.collection_name, collision.fields)

    def _next(self, claim: Claim[T], change: Change[T], write: Write[T]) -> Raw | None:
        return next_record(claim, change, self.index_fields(change.doc), write, now=self._clock())

    async def put_many(self, puts: Sequence[Put[T]]) -> dict[int, Collision]:
        """Store decisions made about documents just read, or about new ones (None), in one bulk.

        Returns what was refused, by position. A decision made about an old version collides on `_id` alone.
        """
        records = [self._first(change) if claim is None else self._again(change, claim) for change, claim in puts]
        with self._handing_over([record for record in records if record["v"] == 1]) as handed:
            lost = await self._bulk([InsertOne(one) if one["v"] == 1 else _replace(one) for one in records])
            for number, ((change, _), record) in enumerate(zip(puts, records, strict=True)):
                if number in lost:
                    continue
                if record["_id"] in handed:
                    self.changed(change.doc)
                    handed[record["_id"]] = holding(record, change.doc, due_at=self._clock())
                else:
                    self._notice(change.doc, record)
        return lost

    @contextmanager
    def _handing_over(self, records: Sequence[Raw]) -> Iterator[dict[str, Claim[T] | None]]:
        """Lease new records to this process's worker before they are stored; it gets the claims that come to be."""
        now, worker = self._clock(), self.worker
        due = [record for record in records if "wake_at" in record and record["wake_at"] <= now] if worker else []
        reserved = worker.reserve(len(due)) if worker and due else 0
        handed: dict[str, Claim[T] | None] = {}
        if worker is None or not reserved:
            yield handed
            return
        lease = {"lease": secrets.token_hex(8), "lease_until": now + worker.lease, "wake_at": now + worker.lease}
        for record in due[:reserved]:
            record |= lease
            handed[record["_id"]] = None
        try:
            yield handed
        finally:
            worker.serve([claim for claim in handed.values() if claim], reserved=reserved)

    def _first(self, change: Change[T]) -> Raw:
        doc = change.doc
        index = {name: value for name, value in self.index_fields(doc).items() if value is not None}
        return first_record(str(doc.id), self.server_of(doc), change, index, now=self._clock())  # type: ignore[attr-defined]

    def _again(self, change: Change[T], claim: Claim[T]) -> Raw:
        write: Write[T] = Write(server_id=claim.server_id, id=claim.id, decide=lambda doc: change)
        return self._next(claim, change, write) or {**claim.record, "v": claim.record["v"] + 1}

    def _notice(self, doc: T, record: Raw) -> None:
        self.changed(doc)
        if "wake_at" in record:
            self.woken(record["wake_at"])

    async def _bulk(self, operations: Sequence[InsertOne[Raw] | ReplaceOne[Raw]]) -> dict[int, Collision]:
        """Write; returns the collisions by position.

        A versioned replace is an upsert: one that finds no such version tries to insert and collides with the existing
        document. That is how MongoDB tells which of many lost; the count of matches alone does not.
        """
        if not operations:
            return {}
        try:
            with reachable():
                result = await self._collection.bulk_write(list(operations), ordered=False)
            upserted, errors = list((result.upserted_ids or {}).values()), []
        except BulkWriteError as problem:
            details = problem.details
            upserted = [one["_id"] for one in details.get("upserted", ())]
            errors = details["writeErrors"]
            if details.get("writeConcernErrors"):
                raise Unavailable(f"The database did not take a write safely: {problem}") from problem
            if any(error["code"] != DUPLICATE for error in errors):
                raise
        if upserted:
            await self._delete_revived(upserted)
        return {error["index"]: Collision(tuple(error.get("keyPattern", {"_id": 1}))) for error in errors}

    async def _delete_revived(self, ids: list[str]) -> None:
        """A document deleted between its reading and its replacing must not come back."""
        with reachable():
            await self._collection.delete_many({"_id": {"$in": ids}, "v": {"$gt": 1}})

    async def delete_of(self, server_id: str) -> None:
        """Everything of one server."""
        await delete_of(self._collection, server_id)

    async def release(self, claim: Claim[T]) -> None:
        """Give a document back as it is now; nothing happens if somebody else took it over."""
        write: Write[T] = Write(server_id=claim.server_id, id=claim.id, decide=stay, lease=claim.lease)
        await self.change_many([write])


def _replace(record: Raw) -> ReplaceOne[Raw]:
    """Replace the version before this one."""
    query = {"_id": record["_id"], "server_id": record["server_id"], "v": record["v"] - 1}
    return ReplaceOne(query, record, upsert=True)
