"""The worker: wakes when something is due, claims it, has it served. Any number of them share the load.

Each store has its own loop, so that a flood of one does not hold up the other. A loop sleeps until the next due time,
a nudge from a write of this process, or a poll, whichever is first; correctness never depends on the nudge.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import structlog

from bot.clock import Clock
from bot.errors import Unavailable
from bot.log import new_reference
from bot.storage.documents import Documents
from bot.storage.records import Claim
from bot.working.room import Room
from bot.working.serving import LEASE, Serving, Watch, Work

T = TypeVar("T")

CLAIMED_AT_ONCE = 100
POLL_SECONDS = 1.0
GRACE_SECONDS = 15.0
# What is due wakes all workers at the same moment. Who lost to another lets them go first from then on, until they are
# late themselves: were all to want the same, each would have the work and all but one nothing of it.
HEAD_START_SECONDS = (0.015, 0.03)
MOST_PASSES = 1_000

log = structlog.get_logger()


class Worker:
    """Serves several stores. `last_pass` is when each of them was last looked through; None before the first time."""

    def __init__(
        self,
        works: Sequence[Work[Any]],
        clock: Clock,
        *,
        lease: timedelta = LEASE,
        poll_seconds: float = POLL_SECONDS,
        watch: Watch | None = None,
        storing: Callable[[], int] | None = None,
    ) -> None:
        """`storing` tells how many alerts this process has to store yet: it serves fewer meanwhile."""
        self._clock = clock
        room = Room(storing) if storing else Room()
        self._loops = [
            _Loop(
                work.store,
                Serving(work, clock, lease=lease, watch=watch),
                clock,
                room,
                lease,
                poll_seconds if work.poll_seconds is None else work.poll_seconds,
                watch,
            )
            for work in works
        ]

    @property
    def last_pass(self) -> datetime | None:
        passes = [loop.last_pass for loop in self._loops]
        return min((at for at in passes if at is not None), default=None) if all(passes) else None

    @property
    def oldest_unsent(self) -> datetime | None:
        """Since when the oldest effect waits of those that failed at least once."""
        found = (loop.serving.failing_since for loop in self._loops)
        return min((since for since in found if since), default=None)

    async def run(self) -> None:
        """Until `stop`."""
        await asyncio.gather(*(loop.run() for loop in self._loops))

    async def stop(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Claim nothing more, finish what has begun, give back the rest."""
        await asyncio.gather(*(loop.stop(grace_seconds) for loop in self._loops))

    async def once(self) -> bool:
        """Serve what is due now, once; whether there was anything."""
        return any(await asyncio.gather(*(loop.once() for loop in self._loops)))

    async def drain(self) -> None:
        """Serve everything due at the clock's now, and what becomes due by that. For tests, with a held clock."""
        for _ in range(MOST_PASSES):
            if not await self.once():
                return
        raise RuntimeError("There is always something due: some decision brings itself about again.")


class _Loop(Generic[T]):
    """One store's loop."""

    def __init__(
        self,
        store: Documents[T],
        serving: Serving[T],
        clock: Clock,
        room: Room,
        lease: timedelta,
        poll_seconds: float,
        watch: Watch | None,
    ) -> None:
        self.serving = serving
        self.last_pass: datetime | None = None
        self._store = store
        self._clock = clock
        self._room = room
        self.lease = lease
        self._poll_seconds = poll_seconds
        self._watch = watch
        self._nudged = asyncio.Event()
        self._stopping = asyncio.Event()
        self._next_at: datetime | None = None
        self._running: asyncio.Task[Any] | None = None
        self._behind = True
        self._reserved = 0
        self._claims: dict[str, Claim[T]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        store.woken = self._woken
        store.worker = self

    # ---- the loop ----

    async def run(self) -> None:
        renewing = asyncio.create_task(self._renew())
        self._running = asyncio.current_task()
        try:
            while not self._stopping.is_set():
                await self._pass()
        finally:
            self._running = None
            renewing.cancel()

    async def _pass(self) -> None:
        """Never raises: a worker that ended would page nobody."""
        if self._store.outrun:
            await asyncio.sleep(random.uniform(*HEAD_START_SECONDS))
            if self._stopping.is_set():
                return
        self._nudged.clear()
        try:
            more = await self._claim_and_serve()
            if not more and not self._nudged.is_set():
                self._next_at = await self._store.next_wake()
        except Unavailable as problem:
            log.warning("worker waits for the database", store=self._store.collection_name, why=str(problem))
            more = self._later()
        except Exception:
            log.exception("worker failed", store=self._store.collection_name, reference=new_reference())
            more = self._later()
        if not more:
            await self._sleep()

    async def _claim_and_serve(self) -> bool:
        """Whether there may be more to claim at once."""
        if self._room_left < CLAIMED_AT_ONCE // 2:
            return False  # the next completion wakes us
        for claim in await self._claim(self._room_left):
            self._start(claim)
        self._behind = self._store.long
        return self._behind

    @property
    def _room_left(self) -> int:
        return CLAIMED_AT_ONCE - len(self._claims) - self._reserved

    async def _claim(self, limit: int) -> list[Claim[T]]:
        claims = await self._store.claim(limit, lease=self.lease)
        self.last_pass = self._clock()
        self._tell(claims)
        return claims

    def _tell(self, claims: Sequence[Claim[T]]) -> None:
        now = self._clock()
        for claim in claims:
            if self._watch and claim.due_at:
                self._watch.claimed(late=(now - claim.due_at).total_seconds())

    def _start(self, claim: Claim[T]) -> None:
        self._claims[claim.id] = claim
        task = asyncio.create_task(self._serve(claim))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, claim: Claim[T]) -> None:
        try:
            async with self._room:
                if self._stopping.is_set():
                    await self._store.release(claim)
                else:
                    await self.serving.serve(claim)
        finally:
            self._claims.pop(claim.id, None)
            if len(self._claims) == CLAIMED_AT_ONCE // 2:
                self._nudged.set()

    # ---- what this process stores with our lease ----

    def reserve(self, wanted: int) -> int:
        """None while something older waits: it goes first."""
        if not self._running or self._behind or self._stopping.is_set():
            return 0
        granted = max(min(wanted, self._room_left), 0)
        self._reserved += granted
        return granted

    def serve(self, claims: Sequence[Claim[T]], *, reserved: int) -> None:
        self._reserved -= reserved
        self._tell(claims)
        for claim in claims:
            self._start(claim)

    # ---- sleeping ----

    def _woken(self, at: datetime) -> None:
        self._behind = self._behind or at <= self._clock()
        if self._next_at is None or at < self._next_at or at <= self._clock():
            self._next_at = at
            self._nudged.set()

    def _later(self) -> bool:
        self._next_at = None
        return False

    async def _sleep(self) -> None:
        seconds = self._poll_seconds * random.uniform(0.8, 1.0)
        if self._next_at is not None and len(self._claims) <= CLAIMED_AT_ONCE // 2:
            seconds = min(seconds, max((self._next_at - self._clock()).total_seconds(), 0))
        try:
            async with asyncio.timeout(seconds):
                await self._nudged.wait()
        except TimeoutError:
            pass

    # ---- leases ----

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self.lease.total_seconds() / 3)
            if not self._claims:
                continue
            try:
                await self._store.renew(self._claims.values(), lease=self.lease)
            except Unavailable as problem:
                log.warning("leases not renewed", store=self._store.collection_name, why=str(problem))
            except Exception:  # were this to end, every longer delivery would be made twice from then on
                log.exception("leases not renewed", store=self._store.collection_name, reference=new_reference())

    # ---- stopping, and one pass for tests ----

    async def stop(self, grace_seconds: float) -> None:
        self._stopping.set()
        self._nudged.set()
        under_way = self._tasks | ({self._running} if self._running else set())  # a claim may still bring some
        if under_way:
            await asyncio.wait(under_way, timeout=grace_seconds)
        left = tuple(self._claims.values())
        unfinished = tuple(self._tasks)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        for claim in left:
            await self._store.release(claim)

    async def once(self) -> bool:
        claims = await self._claim(CLAIMED_AT_ONCE)
        await asyncio.gather(*(self._serve(claim) for claim in claims))
        return bool(claims)
