"""Taking alerts in: whoever is answered has their alerts on the journal of a majority.

Alerts that arrive while others are being written are written together with the next ones (group commit): one query for
the live groups they belong to, pure decisions, one bulk for the groups beside one for the raw alerts.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain

from msgspec import Struct

from bot.clock import Clock
from bot.core import storms
from bot.core.alert_group import AlertGroup
from bot.core.integrations import Integration
from bot.core.maintenance_cover import Calendar
from bot.core.replacing import replace
from bot.core.retention import USUAL, retention
from bot.errors import OverBudget, Unavailable
from bot.gathering import Gathering
from bot.integrations.payload import Bundle, Payload
from bot.receiving import deciding
from bot.receiving.allowance import Allowance
from bot.receiving.budgets import Budgets
from bot.receiving.deciding import Arrival, Decision, Pending
from bot.receiving.flapping import Flapping
from bot.receiving.storms import StormWatch
from bot.storage.alerts import Receipt
from bot.storage.maintenances import Planned
from bot.storage.records import Claim
from bot.storage.stores import Stores

TOGETHER = 1_000
WAITING = 50_000
TRIES = 20
LONGEST_PAUSE = 0.05
# Alertmanager waits ten seconds for an answer. One that has 503 by then knows more than one without an answer.
PATIENCE = 5.0
# Conditions are written by admins of all servers, and some take long. So much of a batch may one server have for groups
# with conditions: far more than a thousand of them take on a busy machine, and less than the others wait.
MATCHING_SECONDS = 3.0


class Accepted(Struct, frozen=True, kw_only=True):
    """What became of a payload: how many alerts are stored now, and in which groups, by number."""

    alerts: int
    groups: tuple[int, ...]


class Intake:
    """Takes payloads in for all servers; one per process.

    `taken` counts the alerts that were stored, `refused` the payloads that were sent away for now. Without `budgets`
    everybody may send what they like, and without `storms` or `flapping` nobody looks for them.
    """

    def __init__(
        self,
        stores: Stores,
        clock: Clock,
        *,
        waiting: int = WAITING,
        budgets: Budgets | None = None,
        storms: StormWatch | None = None,
        flapping: Flapping | None = None,
        matching_seconds: float = MATCHING_SECONDS,
    ) -> None:
        self._stores = stores
        self._matching_seconds = matching_seconds
        self._budgets = budgets
        self._storms = storms
        self._flapping = flapping
        self._clock = clock
        self._gathering = Gathering[Arrival, Accepted](
            self._flush,
            most=TOGETHER,
            waiting=waiting,
            weigh=lambda arrival: arrival.payload.alerts,
            patience=PATIENCE,
            owner=lambda arrival: arrival.integration.server_id,
        )

        self.taken = 0
        self.refused = 0

    @property
    def waiting(self) -> int:
        """How many alerts wait to be written."""
        return self._gathering.weight

    def storing(self) -> int:
        """How many wait or are being written."""
        return self._gathering.unanswered

    async def accept(self, integration: Integration, payload: Payload) -> Accepted:
        """Store the alerts of a payload; returns when they are durable. Raises Unavailable: to be sent again.

        What the sender does beside counts for its budget, though others do it.
        """
        self.spend(integration, payload.alerts + len(payload.acts))
        try:
            channel_id = integration.channel_id or await self._default_channel(integration.server_id)
            parts = [
                await self._gathering.submit(Arrival(integration=integration, channel_id=channel_id, payload=part))
                for part in _parts(payload)
            ]
        except Unavailable:
            self.refused += 1
            raise
        self.taken += payload.alerts
        return Accepted(alerts=payload.alerts, groups=tuple(dict.fromkeys(chain(*(part.groups for part in parts)))))

    def spend(self, integration: Integration, amount: int) -> None:
        """For what a sender does without a payload, too. Raises OverBudget."""
        if self._budgets is None:
            return
        try:
            self._budgets.spend(integration, amount)
        except OverBudget:
            self.refused += 1
            raise

    async def _default_channel(self, server_id: str) -> str:
        server = await self._stores.servers.recent(server_id)
        return server.channel_id if server else ""

    async def _kept(self, arrivals: list[Arrival]) -> list[Arrival]:
        """With how long their servers keep things, where that is not as usual."""
        ids = {arrival.integration.server_id for arrival in arrivals}
        kept = {server_id: retention(await self._stores.servers.recent(server_id)) for server_id in ids}
        if all(one == USUAL for one in kept.values()):
            return arrivals
        return [replace(arrival, retention=kept[arrival.integration.server_id]) for arrival in arrivals]

    async def _flush(self, arrivals: list[Arrival]) -> list[Accepted | Exception]:
        arrivals = await self._kept(arrivals)
        receipts = [_receipt(arrival, bundle) for arrival in arrivals for bundle in arrival.payload.bundles]
        numbers: list[list[int]] = [[] for _ in arrivals]
        pending = deciding.pending_of(arrivals)
        outcomes = await asyncio.gather(
            self._apply(pending, numbers), self._stores.alerts.record_many(receipts), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        late = {place for left in pending.values() for place, _, _ in left.bundles}
        return [
            Unavailable("Too many write to the same alert groups")
            if place in late
            else Accepted(alerts=arrival.payload.alerts, groups=tuple(dict.fromkeys(numbers[place])))
            for place, arrival in enumerate(arrivals)
        ]

    async def _apply(self, pending: dict[str, Pending], numbers: list[list[int]]) -> None:
        """Apply all bundles to their groups; what is left in `pending` at the end lost every race."""
        for turn in range(TRIES):
            if turn:
                await asyncio.sleep(random.uniform(0, min(0.005 * turn, LONGEST_PAUSE)))
            live = await self._stores.groups.live({key: waiting.server_id for key, waiting in pending.items()})
            opening = {key: each for key, each in pending.items() if key not in live and each.fires}
            if self._flapping is not None and opening:
                again = await self._again(self._flapping, opening)
                live |= again
                opening = {key: each for key, each in opening.items() if key not in again}
            fresh, planned = await asyncio.gather(self._number(opening), self._planned(opening.values()))
            now = self._clock()
            calendars = {server_id: Calendar(some, now) for server_id, some in planned.items() if some}
            decisions = await self._decided(pending, live, fresh, calendars, now)
            if self._storms is not None and fresh:
                decisions |= await _caught(self._storms, decisions)
            lost = await self._write(decisions)
            for key in decisions.keys() - lost:
                deciding.take(pending, key, decisions[key], numbers)
            if self._flapping is not None:
                await self._flapping.opened(_opened(decisions, lost), now)
            if not pending:
                return

    async def _decided(
        self,
        pending: Mapping[str, Pending],
        live: Mapping[str, Claim[AlertGroup]],
        fresh: Mapping[str, int],
        calendars: Mapping[str, Calendar],
        now: datetime,
    ) -> dict[str, Decision]:
        """In slices, so that others get their turn. Who took too long has no conditions for the rest of the batch."""
        decisions: dict[str, Decision] = {}
        allowance = Allowance(self._matching_seconds)
        for key, waiting in pending.items():
            server_id = waiting.server_id
            calendar = calendars.get(server_id)
            if allowance.spent(server_id):
                waiting, calendar = deciding.without_conditions(waiting), None
            decisions[key] = deciding.decide(waiting, live.get(key), fresh.get(key, 0), calendar, now)
            matches = key in fresh and (calendar is not None or deciding.has_conditions(waiting))
            await allowance.step(server_id if matches else None)
        allowance.tell()
        return decisions

    async def _again(self, flapping: Flapping, opening: Mapping[str, Pending]) -> dict[str, Claim[AlertGroup]]:
        """The resolved groups that go on because their keys flap. What maintenance covers opens as usual."""
        now = self._clock()
        lasts = await flapping.lasts(opening, now)
        if not lasts:
            return {}
        planned = await self._planned([opening[key] for key in lasts])
        found = await self._stores.groups.load([(opening[key].server_id, last) for key, last in lasts.items()])
        again = {
            key: found[last]
            for key, last in lasts.items()
            if last in found and deciding.goes_on(opening[key], found[last].doc)
        }
        covered = await self._covered({key: opening[key] for key in again}, planned, now)
        return {key: claim for key, claim in again.items() if key not in covered}

    async def _covered(self, opening: Mapping[str, Pending], planned: Mapping[str, Planned], now: datetime) -> set[str]:
        """The keys that a running maintenance keeps silent."""
        calendars = {server_id: Calendar(some, now) for server_id, some in planned.items() if some}
        covered: set[str] = set()
        allowance = Allowance(self._matching_seconds)
        for key, waiting in opening.items():
            calendar = calendars.get(waiting.server_id)
            if calendar is None or allowance.spent(waiting.server_id):
                continue
            if any(
                deciding.cover_of(calendar, arrival, bundle)
                for _, arrival, bundle in waiting.bundles
                if deciding.fires(bundle)
            ):
                covered.add(key)
            await allowance.step(waiting.server_id)
        allowance.tell()
        return covered

    async def _number(self, opening: Mapping[str, Pending]) -> dict[str, int]:
        """Numbers for new groups: of each server as many as it needs, at once."""
        keys: dict[str, list[str]] = {}
        for key, waiting in opening.items():
            keys.setdefault(waiting.server_id, []).append(key)
        reserved = await asyncio.gather(
            *(self._stores.groups.reserve_numbers(server_id, len(of_server)) for server_id, of_server in keys.items())
        )
        pairs = (zip(*pair, strict=True) for pair in zip(keys.values(), reserved, strict=True))
        return dict(chain.from_iterable(pairs))

    async def _planned(self, opening: Iterable[Pending]) -> Mapping[str, Planned]:
        """Maintenance by server; only who opens groups needs to know."""
        return await self._stores.maintenances.recent({waiting.server_id for waiting in opening})

    async def _write(self, decisions: Mapping[str, Decision]) -> set[str]:
        """Store what was decided; returns the keys where somebody else was faster."""
        keys, puts = [], []
        for key, decision in decisions.items():
            if decision.change is not None:
                keys.append(key)
                puts.append((decision.change, decision.claim))
        lost = await self._stores.groups.put_many(puts)
        return {keys[place] for place in lost}


def _opened(decisions: Mapping[str, Decision], lost: set[str]) -> dict[str, str]:
    """The groups that opened, or went on though they were resolved: their ids, by key."""
    return {
        key: one.change.doc.id
        for key, one in decisions.items()
        if key not in lost and one.change is not None and (one.claim is None or not one.claim.doc.live)
    }


async def _caught(watch: StormWatch, decisions: Mapping[str, Decision]) -> dict[str, Decision]:
    """The decisions about new groups that are part of a storm, as they are then."""
    opening = {key: one.change for key, one in decisions.items() if one.claim is None and one.change is not None}
    storm_of = await watch.caught({key: change.doc for key, change in opening.items()})
    return {
        key: replace(decisions[key], change=storms.caught(opening[key], storm_id=storm_id))
        for key, storm_id in storm_of.items()
    }


def _parts(payload: Payload) -> Iterator[Payload]:
    """As many groups at once as go into one batch: a payload of a hundred thousand must not hold up the others."""
    if len(payload.bundles) <= TOGETHER:
        yield payload
        return
    for start in range(0, len(payload.bundles), TOGETHER):
        yield replace(payload, bundles=payload.bundles[start : start + TOGETHER])


def _receipt(arrival: Arrival, bundle: Bundle) -> Receipt:
    source = arrival.integration
    return Receipt(
        server_id=source.server_id,
        integration_id=source.id,
        key=bundle.key,
        alerts=bundle.alerts,
        kept_days=arrival.retention.alerts,
    )
