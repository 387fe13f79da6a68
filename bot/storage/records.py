"""The stored form of a document, as pure functions: what one decision turns one record into.

    { _id, server_id, v,                      version: every write adds one, claims and releases too
      doc: {…},                               the domain document
      outbox: [{id, key, at, since, tries, do}],  effects not yet delivered
      wake_at,                                when somebody has to look; absent when nothing is due
      lease, lease_until,                     who is serving it now
      …index fields… }

`wake_at` of a served record is the end of the lease. So one index finds what is due and what a dead worker left behind,
and a claim needs no second condition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from msgspec import Struct

from bot.core.changes import Change, Effect
from bot.errors import LeaseLost
from bot.storage import codec
from bot.storage.codec import Raw

T = TypeVar("T")

FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(seconds=60)


class Waiting(Struct, frozen=True, kw_only=True):
    """An effect in the outbox. `since` is when it first came to wait, `tries` how often its delivery failed."""

    id: str
    key: str
    at: datetime
    since: datetime
    tries: int
    do: Raw

    @property
    def kind(self) -> str:
        return str(self.do["kind"])

    @property
    def effect(self) -> Effect:
        """Raises codec.UnknownKind if a newer release left it."""
        return Effect(key=self.key, do=codec.read_do(self.do), at=self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Generic[T]):
    """A record as it was read. `due_at` is when it should have been looked at, if it was claimed."""

    id: str
    server_id: str
    doc: T
    outbox: tuple[Waiting, ...]
    lease: str
    due_at: datetime | None = None
    record: Raw = field(repr=False)

    def due(self, now: datetime) -> tuple[Waiting, ...]:
        return tuple(waiting for waiting in self.outbox if waiting.at <= now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Write(Generic[T]):
    """A wish to change one record. `decide` must be pure: it runs again when somebody else was faster.

    `settled` are ids of delivered effects; `postponed` ids of effects that failed, with the least number of seconds to
    wait. With a `lease` the write fails with LeaseLost once somebody else serves the record. A lease is kept `until`
    then if something is still due, otherwise given back.
    """

    server_id: str
    id: str
    decide: Callable[[T], Change[T]]
    settled: tuple[str, ...] = ()
    postponed: Mapping[str, float] = field(default_factory=dict)
    lease: str = ""
    until: datetime | None = None

    @property
    def serves(self) -> bool:
        return bool(self.settled or self.postponed or self.lease)


def stay(doc: T) -> Change[T]:
    """The decision to change nothing."""
    return Change(doc=doc)


def followed(first: Change[T], second: Change[T]) -> Change[T]:
    """Two decisions, the second about the document of the first, as one."""
    unwanted = (*second.dropped, *second.withdrawn)
    effects = {effect.key: effect for effect in first.effects if effect.key not in unwanted}
    for effect in second.effects:
        effects.pop(effect.key, None)
        effects[effect.key] = effect
    return Change(
        doc=second.doc,
        effects=tuple(effects.values()),
        note=second.note or first.note,
        dropped=(*first.dropped, *second.dropped),
        withdrawn=(*first.withdrawn, *second.withdrawn),
    )


def opened(record: Raw, kind: type[T], *, due_at: datetime | None = None) -> Claim[T]:
    """A record, read."""
    return holding(record, codec.read(record["doc"], kind), due_at=due_at)


def holding(record: Raw, doc: T, *, due_at: datetime | None = None) -> Claim[T]:
    """A record whose document is known already."""
    return Claim(
        id=record["_id"],
        server_id=record["server_id"],
        doc=doc,
        outbox=tuple(codec.read(entry, Waiting) for entry in record["outbox"]),
        lease=record.get("lease", ""),
        due_at=due_at,
        record=record,
    )


def first_record(id_: str, server_id: str, change: Change[Any], index: Raw, *, now: datetime) -> Raw:
    record: Raw = {"_id": id_, "server_id": server_id, "v": 1, "doc": codec.write(change.doc), **index}
    record["outbox"] = _outbox([], change, v=1, now=now)
    wake_at = _due(change.doc, record["outbox"])
    if wake_at is not None:
        record["wake_at"] = wake_at
    return record


def next_record(claim: Claim[T], change: Change[T], index: Raw, write: Write[T], *, now: datetime) -> Raw | None:
    """The record after a decision; None where there is nothing to write. `index` has None for absent fields."""
    if write.lease and claim.lease != write.lease:
        raise LeaseLost(f"{claim.id} is served by somebody else now")
    if change.doc == claim.doc and not write.serves and not (change.effects or change.dropped or change.withdrawn):
        return None
    record = {**claim.record, "v": claim.record["v"] + 1}
    record["doc"] = codec.merge(claim.record["doc"], codec.write(claim.doc), codec.write(change.doc))
    waiting = _wanted(_without(claim.record["outbox"], write, now), change, served=claim.lease not in ("", write.lease))
    record["outbox"] = _outbox(waiting, change, v=record["v"], now=now)
    record.update(index)
    _schedule(record, write, _due(change.doc, record["outbox"]), now)
    return {name: value for name, value in record.items() if value is not None}


def _without(outbox: list[Raw], write: Write[Any], now: datetime) -> list[Raw]:
    return [
        _postponed(entry, write.postponed[entry["id"]], now) if entry["id"] in write.postponed else entry
        for entry in outbox
        if entry["id"] not in write.settled
    ]


def _wanted(outbox: list[Raw], change: Change[Any], *, served: bool) -> list[Raw]:
    """Without what has lost its reason. `served`: somebody else may be carrying these out at this very moment."""
    return [
        entry
        for entry in outbox
        if entry["key"] not in change.dropped and (entry["key"] not in change.withdrawn or entry["tries"] > 0 or served)
    ]


def _postponed(entry: Raw, least: float, now: datetime) -> Raw:
    delay = max(min(FIRST_DELAY * 2 ** min(entry["tries"], 10), LONGEST_DELAY), timedelta(seconds=least))
    return {**entry, "tries": entry["tries"] + 1, "at": now + delay}


def _outbox(waiting: list[Raw], change: Change[Any], *, v: int, now: datetime) -> list[Raw]:
    """A new effect replaces the waiting one of the same key under a new id.

    Were it dropped instead, a change made while the old one is being delivered would never be shown: the old one is
    settled when it has been delivered. The new one keeps the old one's tries and delay, so that a storm of changes
    does not hammer a Mattermost that asked for a pause.
    """
    outbox = {entry["key"]: entry for entry in waiting}
    for number, effect in enumerate(change.effects):
        old = outbox.pop(effect.key, None)
        at = effect.at or now
        outbox[effect.key] = {
            "id": f"{v}.{number}",
            "key": effect.key,
            "at": max(at, old["at"]) if old and old["tries"] else at,
            "since": old["since"] if old else now,
            "tries": old["tries"] if old else 0,
            "do": codec.write_do(effect.do),
        }
    return list(outbox.values())


def _due(doc: object, outbox: list[Raw]) -> datetime | None:
    due_at: datetime | None = getattr(doc, "due_at", None)
    return min((at for at in (due_at, *(entry["at"] for entry in outbox)) if at is not None), default=None)


def _schedule(record: Raw, write: Write[Any], due_at: datetime | None, now: datetime) -> None:
    """Set `wake_at` and the lease."""
    if write.lease and (write.until is None or due_at is None or due_at > now):
        record["lease"] = record["lease_until"] = None
    elif write.lease:
        record["lease_until"] = write.until
    until = record.get("lease_until")
    served = until is not None and until > now
    record["wake_at"] = until if served else due_at
