"""What becomes of the alerts that wait for one group: it opens, goes on or ends. Pure but for the ids of new groups.

Several senders may have sent some of them, so each stands with the place of its sender in the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Struct

from bot.core import alerts, muted, routing
from bot.core.alert_group import AlertGroup, Place
from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.core.maintenance_cover import Calendar, Cover
from bot.core.replacing import replace
from bot.core.retention import USUAL, Retention
from bot.integrations import heartbeat
from bot.integrations.payload import Bundle, Payload
from bot.storage.groups import open_key
from bot.storage.ids import new_id
from bot.storage.records import Claim, followed


class Arrival(Struct, frozen=True, kw_only=True):
    """One sender's payload. `channel_id` is where its groups are posted; empty is nowhere."""

    integration: Integration
    channel_id: str
    payload: Payload
    retention: Retention = USUAL


@dataclass(slots=True)
class Pending:
    """The bundles of one group key that wait to be applied, with the places of their senders."""

    server_id: str
    bundles: list[tuple[int, Arrival, Bundle]] = field(default_factory=list)

    @property
    def fires(self) -> bool:
        return any(fires(bundle) for _, _, bundle in self.bundles)


class Decision(Struct, frozen=True, kw_only=True):
    """What the first `taken` of the waiting bundles make of a group; without a change they have no effect."""

    taken: int
    change: Change[AlertGroup] | None
    claim: Claim[AlertGroup] | None


def pending_of(arrivals: Sequence[Arrival]) -> dict[str, Pending]:
    pending: dict[str, Pending] = {}
    for place, arrival in enumerate(arrivals):
        source = arrival.integration
        for bundle in arrival.payload.bundles:
            key = open_key(source.server_id, source.id, bundle.key)
            pending.setdefault(key, Pending(source.server_id)).bundles.append((place, arrival, bundle))
    return pending


def fires(bundle: Bundle) -> bool:
    return any(alert.firing for alert in bundle.alerts)


def decide(
    waiting: Pending, claim: Claim[AlertGroup] | None, number: int, calendar: Calendar | None, now: datetime
) -> Decision:
    """Bundles are applied in order, until the group is resolved and a later one opens another."""
    change = Change(doc=claim.doc) if claim else None
    flaps = claim is not None and not claim.doc.live
    taken = 0
    for _, arrival, bundle in waiting.bundles:
        if change is None and fires(bundle):
            change = _open(arrival, bundle, number, calendar, now)
        elif change is not None and flaps and fires(bundle):
            change, flaps = followed(change, alerts.flapped(change.doc, bundle.alerts, now=now)), False
        elif change is not None and change.doc.live:
            change = followed(change, alerts.received(change.doc, bundle.alerts, now=now))
        elif change is not None and fires(bundle):
            break
        taken += 1
    return Decision(taken=taken, change=change, claim=claim)


def has_conditions(waiting: Pending) -> bool:
    return any(arrival.integration.routes for _, arrival, _ in waiting.bundles)


def without_conditions(waiting: Pending) -> Pending:
    """Groups go the way of their integration, and nothing keeps them silent: that loses nothing."""
    bundles = [
        (place, replace(arrival, integration=replace(arrival.integration, routes=())), bundle)
        for place, arrival, bundle in waiting.bundles
    ]
    return Pending(waiting.server_id, bundles)


def goes_on(waiting: Pending, last: AlertGroup) -> bool:
    return all(
        alerts.goes_on(last, severity=bundle.severity, way=_way_before(arrival, last))
        for _, arrival, bundle in waiting.bundles
        if fires(bundle)
    )


def _way_before(arrival: Arrival, last: AlertGroup) -> routing.Destination | None:
    """The way that this group took, as it is by now; None where that route is gone. Costs no matching."""
    source = arrival.integration
    route = next((one for one in source.routes if one.id == last.route_id and one.on), None)
    if last.route_id and route is None:
        return None
    return routing.destination(route, channel_id=arrival.channel_id, chain=source.chain)


def _open(
    arrival: Arrival, bundle: Bundle, number: int, calendar: Calendar | None, now: datetime
) -> Change[AlertGroup]:
    source = arrival.integration
    way = _way(arrival, bundle)
    group = AlertGroup(
        id=new_id(now),
        server_id=source.server_id,
        number=number,
        integration_id=source.id,
        integration_name=source.name,
        key=bundle.key,
        title=bundle.title,
        summary=bundle.summary,
        severity=bundle.severity,
        labels=bundle.labels,
        links=bundle.links,
        opened_at=now,
        changed_at=now,
        channel_id=way.channel_id,
        chain=way.chain,
        also=tuple(Place(channel_id=channel_id) for channel_id in way.also),
        route=way.route.name if way.route else "",
        route_id=way.route.id if way.route else "",
        kept_days=arrival.retention.groups,
        close_after=0 if bundle.key == heartbeat.KEY else arrival.retention.close,  # its report comes only once
    )
    cover = cover_of(calendar, arrival, bundle) if calendar is not None else None
    group = muted.covered(group, cover) if cover else group
    change = alerts.opened(group, bundle.alerts, now=now)
    if change.doc.firing:
        return change
    return followed(change, alerts.received(change.doc, (), now=now))


def cover_of(calendar: Calendar, arrival: Arrival, bundle: Bundle) -> Cover | None:
    """The maintenance that keeps such a group silent."""
    if not calendar.quiet:
        return None
    known = routing.facts(bundle.labels, severity=bundle.severity, title=bundle.title)
    return calendar.cover(arrival.integration.id, known)


def _way(arrival: Arrival, bundle: Bundle) -> routing.Destination:
    """Where the group goes: by the routes of its integration, where there are any."""
    source = arrival.integration
    route = None
    if source.routes:
        known = routing.facts(bundle.labels, severity=bundle.severity, title=bundle.title)
        route = routing.taken_by(source.routes, known)
    return routing.destination(route, channel_id=arrival.channel_id, chain=source.chain)


def take(pending: dict[str, Pending], key: str, decision: Decision, numbers: list[list[int]]) -> None:
    """The bundles that were applied are done."""
    waiting = pending[key]
    if decision.change is not None:
        for place, _, _ in waiting.bundles[: decision.taken]:
            numbers[place].append(decision.change.doc.number)
    waiting.bundles = waiting.bundles[decision.taken :]
    if not waiting.bundles:
        del pending[key]
