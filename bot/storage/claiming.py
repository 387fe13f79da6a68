"""What is due in a collection, and who of many processes serves it: leased in batches, without two wanting the same."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Generic, TypeVar

from pymongo import ASCENDING

from bot.clock import Clock
from bot.storage.codec import Raw
from bot.storage.mongo import Collection, reachable
from bot.storage.records import Claim

T = TypeVar("T")

# At how many places of the queue rivals begin. Of what they find there each takes one half.
PLACES = 4
# So long the half of a short queue that is not ours is left to them.
LEFT_TO_RIVALS = timedelta(seconds=1)


class Claiming(Generic[T]):
    """The side of `Documents` that a worker uses.

    `outrun` is whether others took most of what was due here, when anything last was; `long` whether more was due at
    the last claim than it looked at.
    """

    def __init__(self, collection: Collection, clock: Clock) -> None:
        self._collection = collection
        self._clock = clock
        self.outrun = self.long = False
        self._rivals = False
        self._half = 0

    def _opened(self, records: Iterable[Raw], due: Mapping[str, datetime] | None = None) -> list[Claim[T]]:
        raise NotImplementedError

    async def claim(self, limit: int, *, lease: timedelta) -> list[Claim[T]]:
        """Take what is due, longest overdue first, for as long as `lease`. Nobody else gets it meanwhile.

        Where others take from the same queue at the same time, they would all want the same: then from somewhere near
        its beginning, and only half of what is there. Who gets the smaller part goes over to the other half.
        """
        now, seen = self._clock(), limit * 2 if self._rivals else limit
        skip = seen * random.randrange(PLACES) if self._rivals and self.long else 0
        found = await self._due(now, seen, skip)
        if skip and not found:
            found = await self._due(now, seen)
        self.long = len(found) == seen
        due = self._share(found, limit, now) if self._rivals else found
        claims = await self._take(due, now, lease) if due else []
        self._rivals = bool(found) and (self._rivals or (self.long and len(claims) < len(due)))
        if due:
            self.outrun = len(claims) < len(due) / 2
            self._half ^= self.outrun
        return claims

    def _share(self, found: Mapping[str, datetime], limit: int, now: datetime) -> dict[str, datetime]:
        """Our half of it; if nothing of that is left, the other.

        Of the other, too, what was left lying though there is not much: its rival stopped, or has its hands full.
        """
        left = {id_ for id_, at in found.items() if at < now - LEFT_TO_RIVALS and not self.long}
        ours = {id_: at for id_, at in found.items() if ord(id_[-1]) % 2 == self._half or id_ in left} or found
        return dict(islice(ours.items(), limit))

    async def _due(self, now: datetime, limit: int, skip: int = 0) -> dict[str, datetime]:
        with reachable():
            records = await self._collection.find(
                {"wake_at": {"$lte": now}}, {"wake_at": 1}, sort=[("wake_at", ASCENDING)], limit=limit, skip=skip
            ).to_list(length=limit)
        return {record["_id"]: record["wake_at"] for record in records}

    async def _take(self, due: Mapping[str, datetime], now: datetime, lease: timedelta) -> list[Claim[T]]:
        """Those of them that nobody else took first."""
        token, until = secrets.token_hex(8), now + lease
        with reachable():
            await self._collection.update_many(
                {"_id": {"$in": list(due)}, "wake_at": {"$lte": now}},
                {"$set": {"lease": token, "lease_until": until, "wake_at": until}, "$inc": {"v": 1}},
            )
            taken = await self._collection.find({"_id": {"$in": list(due)}, "lease": token}).to_list(length=len(due))
        return self._opened(taken, due)

    async def renew(self, claims: Iterable[Claim[T]], *, lease: timedelta) -> None:
        """Keep serving; leases that were lost meanwhile stay lost."""
        until = self._clock() + lease
        by_lease: dict[str, list[str]] = {}
        for claim in claims:
            by_lease.setdefault(claim.lease, []).append(claim.id)
        with reachable():
            for token, ids in by_lease.items():
                await self._collection.update_many(
                    {"_id": {"$in": ids}, "lease": token},
                    {"$set": {"lease_until": until, "wake_at": until}, "$inc": {"v": 1}},
                )

    async def next_wake(self) -> datetime | None:
        """When the next document is due or its lease ends; None if none waits."""
        with reachable():
            record = await self._collection.find_one(
                {"wake_at": {"$exists": True}}, {"wake_at": 1}, sort=[("wake_at", ASCENDING)]
            )
        return record["wake_at"] if record else None
