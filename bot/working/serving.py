"""Serving claimed documents of one store: let time act on them, deliver what is due, settle, give them back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

import structlog

from bot.clock import Clock
from bot.core.changes import Change, Effect
from bot.errors import BotError, LeaseLost, NotFound, Unavailable, Upstream
from bot.gathering import Gathering
from bot.log import new_reference
from bot.storage.documents import Documents, Saved
from bot.storage.records import Claim, Waiting, Write, followed

T = TypeVar("T")
Learned = Callable[[T], Change[T]]

LEASE = timedelta(seconds=20)
DELIVERY_SECONDS = 15.0
ROUNDS = 50
AT_ONCE = 100
LONGEST_SECONDS = 60.0
# Longer than the longest pause between two tries: what was not tried here for so long is another worker's, or gone.
FORGOTTEN = timedelta(minutes=15)

log = structlog.get_logger()


class Deliver(Protocol[T]):
    """Carries one effect out. `since` is when it came to wait, `tries` how often its delivery failed already."""

    async def __call__(self, doc: T, effect: Effect, /, *, since: datetime, tries: int) -> Learned[T]: ...


class Advance(Protocol[T]):
    """What time does to a document: a pure function of `bot.core`."""

    def __call__(self, doc: T, /, *, now: datetime) -> Change[T]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Work(Generic[T]):
    """What a worker does for one store.

    `deliver` talks to the outside and returns the pure function of what was learned. It raises Upstream if that failed:
    a temporary failure is tried again later and later. `poll_seconds` is how often the store is looked through where
    nothing is known to be due; None is as often as the worker does by itself.
    """

    store: Documents[T]
    advance: Advance[T]
    deliver: Deliver[T]
    poll_seconds: float | None = None


class Watch(Protocol):
    """Who is told about the worker's doings, for the metrics."""

    def claimed(self, *, late: float) -> None: ...
    def delivered(self, kind: str, *, seconds: float, outcome: str) -> None: ...


class Unwatched:
    """Nobody is told."""

    def claimed(self, *, late: float) -> None:
        pass

    def delivered(self, kind: str, *, seconds: float, outcome: str) -> None:
        pass


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failing:
    """An effect that failed: since when it waits, and when it was last tried here."""

    since: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class _Outcome(Generic[T]):
    """One delivery: what was learned, or after how many seconds at least to try again."""

    waiting: Waiting
    learned: Learned[T] | None = None
    again_in: float = 0.0


class Serving(Generic[T]):
    """Serves one claim at a time per call; reads and settlements of many go to the database together."""

    def __init__(self, work: Work[T], clock: Clock, *, lease: timedelta = LEASE, watch: Watch | None = None) -> None:
        self._work = work
        self._store = work.store
        self._clock = clock
        self._lease = lease
        self._watch = watch or Unwatched()
        self._reads = Gathering[tuple[str, str], Claim[T]](self._read_many, most=AT_ONCE, flights=2)
        self._writes = Gathering[tuple[Write[T], Claim[T]], Saved[T]](self._write_many, most=AT_ONCE, flights=2)
        self._failing: dict[str, _Failing] = {}

    async def serve(self, claim: Claim[T]) -> None:
        """Until nothing is due. Whatever goes wrong, the lease runs out and somebody tries again."""
        try:
            await self._serve(claim)
        except LeaseLost:
            log.warning("lease lost", store=self._store.collection_name, id=claim.id)
        except NotFound:
            log.info("deleted while served", store=self._store.collection_name, id=claim.id)
        except (Unavailable, BotError) as problem:
            log.warning("not settled", store=self._store.collection_name, id=claim.id, why=str(problem))
        except Exception:
            reference = new_reference()
            log.exception("serving failed", store=self._store.collection_name, id=claim.id, reference=reference)

    async def _serve(self, claim: Claim[T]) -> None:
        for _ in range(ROUNDS):
            if _time_acts(claim.doc, self._clock()):
                claim = await self._advance(claim)
            elif claim.due(self._clock()):
                claim = await self._deliver_round(claim)
            else:
                break
            if not claim.lease:
                return
        await self._settle(claim, (), until=None)

    async def _advance(self, claim: Claim[T]) -> Claim[T]:
        now = self._clock()
        return await self._write(claim, lambda doc: self._work.advance(doc, now=now))

    async def _deliver_round(self, claim: Claim[T]) -> Claim[T]:
        """Deliver at the same time what does not depend on each other; settle all of it with one write."""
        if any(waiting.kind == "Page" for waiting in claim.due(self._clock())):
            # Whoever acknowledges stops pages that have not started: look once more before they start.
            claim = await self._again(claim)
        round_ = _first(claim.due(self._clock()))
        attempts = [self._attempt(claim.doc, waiting) for waiting in round_]
        outcomes = [await attempts[0]] if len(attempts) == 1 else await asyncio.gather(*attempts)
        return await self._settle(claim, outcomes, until=self._clock() + self._lease)

    async def _again(self, claim: Claim[T]) -> Claim[T]:
        fresh = await self._reads.submit((claim.server_id, claim.id))
        if fresh.lease != claim.lease:
            raise LeaseLost(claim.id)
        return fresh

    async def _attempt(self, doc: T, waiting: Waiting) -> _Outcome[T]:
        began = asyncio.get_running_loop().time()
        outcome = await self._try(doc, waiting)
        seconds = asyncio.get_running_loop().time() - began
        self._watch.delivered(waiting.kind, seconds=seconds, outcome="sent" if outcome.learned else "failed")
        return outcome

    async def _try(self, doc: T, waiting: Waiting) -> _Outcome[T]:
        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                learned = await self._work.deliver(doc, waiting.effect, since=waiting.since, tries=waiting.tries)
            learned(doc)  # a mistake in it must show here, where it harms nobody else
            return _Outcome(waiting, learned)
        except Upstream as refused:
            log.warning("delivery failed", effect=waiting.kind, tries=waiting.tries, why=refused.reason)
            return _Outcome(waiting, again_in=LONGEST_SECONDS if refused.permanent else refused.retry_after)
        except TimeoutError:
            log.warning("delivery took too long", effect=waiting.kind, tries=waiting.tries)
            return _Outcome(waiting)
        except Unavailable:
            raise
        except Exception:
            reference = new_reference()
            log.exception("delivery broke", effect=waiting.kind, tries=waiting.tries, reference=reference)
            return _Outcome(waiting)

    async def _settle(self, claim: Claim[T], outcomes: Sequence[_Outcome[T]], *, until: datetime | None) -> Claim[T]:
        """Store what was learned. The lease is kept `until` then if something is due now, else given back."""
        learned = tuple(outcome.learned for outcome in outcomes if outcome.learned)
        after = await self._write(
            claim,
            partial(_all, learned),
            settled=tuple(outcome.waiting.id for outcome in outcomes if outcome.learned),
            postponed={outcome.waiting.id: outcome.again_in for outcome in outcomes if not outcome.learned},
            until=until,
        )
        self._remember_failing(after)
        return after

    def _remember_failing(self, claim: Claim[T]) -> None:
        waiting_since = min((waiting.since for waiting in claim.outbox if waiting.tries), default=None)
        if waiting_since is None:
            self._failing.pop(claim.id, None)
        else:
            self._failing[claim.id] = _Failing(since=waiting_since, seen_at=self._clock())

    @property
    def failing_since(self) -> datetime | None:
        """Since when the oldest effect waits of those that failed here, and that nobody else has served since then."""
        oldest = self._clock() - FORGOTTEN
        self._failing = {id_: one for id_, one in self._failing.items() if one.seen_at > oldest}
        return min((one.since for one in self._failing.values()), default=None)

    async def _write(self, claim: Claim[T], decide: Learned[T], **options: Any) -> Claim[T]:
        options.setdefault("until", self._clock() + self._lease)
        write = Write(server_id=claim.server_id, id=claim.id, decide=decide, lease=claim.lease, **options)
        return (await self._writes.submit((write, claim))).claim

    async def _write_many(self, items: list[tuple[Write[T], Claim[T]]]) -> list[Saved[T] | Exception]:
        outcomes = await self._store.change_many([write for write, _ in items], seen=[claim for _, claim in items])
        return list(outcomes)

    async def _read_many(self, keys: list[tuple[str, str]]) -> list[Claim[T] | Exception]:
        found = await self._store.load(keys)
        return [found.get(id_) or LeaseLost(id_) for _, id_ in keys]


def _time_acts(doc: object, now: datetime) -> bool:
    due_at: datetime | None = getattr(doc, "due_at", None)
    return due_at is not None and due_at <= now


def _first(due: Sequence[Waiting]) -> Sequence[Waiting]:
    """The thread needs the card, so what is told into it goes after everything else."""
    return [waiting for waiting in due if waiting.kind != "Tell"] or due


def _all(learned: Sequence[Learned[T]], doc: T) -> Change[T]:
    change = Change(doc=doc)
    for learn in learned:
        change = followed(change, learn(change.doc))
    return change
