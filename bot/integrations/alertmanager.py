"""Prometheus Alertmanager's webhook, version 4, as Alertmanager 0.25 sends it.

There is no delivery id: a redelivery is known by group key, fingerprint, start and status. An end that is not known yet
is the year 1. The checks are written by hand: this is the hottest path of the bot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from bot.clock import to_milliseconds
from bot.core.alert_group import Alert, Link
from bot.integrations.kind import Kind
from bot.integrations.payload import (
    SEVERITY_LENGTH,
    TITLE_LENGTH,
    VALUE_LENGTH,
    Bundle,
    Invalid,
    Payload,
    clean,
    clean_key,
    clean_labels,
    safe_url,
)
from bot.integrations.pieces import fingerprint, first_text, mapping, note, worst
from bot.integrations.reading import Pace, read_json

STATUSES = {"firing": True, "resolved": False}
SUMMARIES = ("summary", "message", "description", "title")
LINKS = {
    "runbook_url": "Runbook",
    "runbook": "Runbook",
    "dashboard_url": "Dashboard",
    "dashboard": "Dashboard",
}
UNTITLED = "Alert"

# What another sender of this format knows beside: the alert, its JSON and the whole payload's make a richer alert.
Enrich = Callable[[Alert, Mapping[str, Any], Mapping[str, Any]], Alert]


async def read(body: bytes, group_by: Sequence[str], enrich: Enrich | None = None) -> Payload:
    """Alerts and what could not be read. `group_by` are label names; empty is Alertmanager's own grouping.

    Raises Invalid if there is no usable alert in it.
    """
    pace = Pace()
    payload = await read_json(body, pace)
    given = payload.get("alerts")
    if not isinstance(given, list) or not given:
        raise Invalid({"alerts": "There must be a list of at least one alert."})
    problems: dict[str, str] = {}
    members: dict[tuple[str, ...], list[Alert]] = {}
    for number, raw in enumerate(given):
        alert = read_alert(raw, f"alerts.{number}", problems, otherwise=payload.get("status"))
        if alert is not None:
            if enrich is not None:
                alert = enrich(alert, raw, payload)
            chosen = tuple(clean(raw["labels"].get(name), VALUE_LENGTH) for name in group_by)
            members.setdefault(chosen, []).append(alert)
        given[number] = None  # to free thousands of them in one go would hold up the loop, too
        await pace.breathe()
    if not members:
        raise Invalid(problems)
    if group_by:
        return Payload(bundles=tuple(_by_labels(payload, members, group_by)), notes=problems)
    return Payload(bundles=(_as_sent(payload, members[()]),), notes=problems)


def read_alert(raw: object, place: str, problems: dict[str, str], *, otherwise: object) -> Alert | None:
    """One alert; None if it cannot be used, with the reason in `problems`."""
    labels = raw.get("labels") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(labels, dict) or not labels:
        note(problems, place, "This alert is not an object with labels; it was left out.")
        return None
    annotations = mapping(raw.get("annotations"))
    status = clean(raw.get("status") or otherwise or "firing", VALUE_LENGTH)
    if status not in STATUSES:
        note(problems, f"{place}.status", "This status is neither firing nor resolved; it was taken as firing.")
    kept = clean_labels(labels)
    return Alert(
        fingerprint=clean(raw.get("fingerprint"), VALUE_LENGTH) or _identity(labels),
        firing=STATUSES.get(status, True),
        title=clean(labels.get("alertname"), TITLE_LENGTH) or _in_words(kept) or UNTITLED,
        summary=first_text(annotations, SUMMARIES),
        severity=clean(labels.get("severity"), SEVERITY_LENGTH),
        labels=kept,
        links=_links(raw.get("generatorURL"), annotations),
        begun_at=_instant(raw.get("startsAt"), f"{place}.startsAt", problems),
    )


# ---- grouping ----


def _as_sent(payload: Mapping[str, Any], alerts: Sequence[Alert]) -> Bundle:
    group = clean_labels(mapping(payload.get("groupLabels")))
    common = clean_labels(mapping(payload.get("commonLabels")))
    key = clean_key(payload.get("groupKey")) or _identity(group or common or alerts[0].labels)
    annotations = mapping(payload.get("commonAnnotations"))
    return _bundle(key, group, {**group, **common}, alerts, summary=first_text(annotations, SUMMARIES))


def _by_labels(
    payload: Mapping[str, Any], members: Mapping[tuple[str, ...], Sequence[Alert]], group_by: Sequence[str]
) -> Iterable[Bundle]:
    """One bundle for each combination of the chosen labels, whatever the sender grouped by."""
    common = clean_labels(mapping(payload.get("commonLabels")))
    for values, alerts in members.items():
        group = {name: value for name, value in zip(group_by, values, strict=True) if value}
        key = "\n".join(f"{name}={value}" for name, value in zip(group_by, values, strict=True))
        yield _bundle(clean_key(key), group, {**group, **common}, alerts, summary="")


def _bundle(
    key: str, group: Mapping[str, str], labels: dict[str, str], alerts: Sequence[Alert], *, summary: str
) -> Bundle:
    first = next((alert for alert in alerts if alert.firing), alerts[0])
    name = group.get("alertname") or labels.get("alertname") or first.title
    others = _in_words({label: value for label, value in group.items() if label != "alertname"})
    return Bundle(
        key=key,
        title=clean(f"{name} ({others})" if others else name, TITLE_LENGTH),
        summary=summary or first.summary,
        severity=labels.get("severity", "")[:SEVERITY_LENGTH]
        or worst(alert.severity for alert in alerts if alert.firing),
        labels=labels or first.labels,
        links=first.links,
        alerts=tuple(alerts),
    )


# ---- pieces ----


def _links(generator: object, annotations: Mapping[str, Any]) -> tuple[Link, ...]:
    found = {"Source": safe_url(generator)}
    for name, label in LINKS.items():
        if name in annotations and not found.get(label):
            found[label] = safe_url(annotations[name])
    return tuple(Link(label=label, url=url) for label, url in found.items() if url)


def _instant(value: object, place: str, problems: dict[str, str]) -> datetime | None:
    if not value:
        return None
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        if at is None:
            raise ValueError
        if at.tzinfo is not UTC:
            at = at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        note(problems, place, "This time cannot be read; it was left out.")
        return None
    return None if at.year == 1 else to_milliseconds(at)


def _in_words(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in labels.items())[:TITLE_LENGTH]


def _identity(labels: Mapping[str, Any]) -> str:
    """Senders that only look like Alertmanager leave the fingerprint out."""
    return fingerprint(*(f"{name}={value}" for name, value in sorted(labels.items())))


# ---- the declaration ----

CONFIGURATION = """Paste this into `alertmanager.yml`, name the receiver in a route, and reload Alertmanager:
```yaml
receivers:
  - name: oncall
    webhook_configs:
      - url: <url>
        send_resolved: true
```"""


def sample(now: datetime) -> bytes:
    labels = {"alertname": "OnCallTest", "severity": "info", "instance": "sample"}
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": "A sample alert, to see that everything is connected."},
        "startsAt": now.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example.com/graph?g0.expr=up",
        "fingerprint": "0123456789abcdef",
    }
    return orjson.dumps(
        {
            "version": "4",
            "groupKey": '{}:{alertname="OnCallTest"}',
            "status": "firing",
            "receiver": "oncall",
            "groupLabels": {"alertname": "OnCallTest"},
            "commonLabels": labels,
            "commonAnnotations": alert["annotations"],
            "externalURL": "http://alertmanager.example.com",
            "alerts": [alert],
        }
    )


KIND = Kind(
    name="alertmanager",
    label="Prometheus Alertmanager",
    read=read,
    configuration=CONFIGURATION,
    sample=sample,
    groups_by_labels=True,
)
