"""Prometheus Alertmanager's webhook, version 4, as Alertmanager 0.25 sends it.

There is no delivery id: a redelivery is known by group key, fingerprint, start and status. An end that is not known yet
is the year 1. The checks are written by hand: this is the hottest path of the bot.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.clock import to_milliseconds
from bot.core.alerts import Alert, Link
from bot.integrations.payload import (
    PROBLEMS_TOLD,
    SEVERITY_LENGTH,
    SUMMARY_LENGTH,
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
from bot.integrations.reading import Pace, read_json

STATUSES = {"firing": True, "resolved": False}
SEVERITIES = ("critical", "page", "fatal", "error", "high", "warning", "medium", "low", "info", "none")
SUMMARIES = ("summary", "message", "description", "title")
LINKS = (
    ("Runbook", ("runbook_url", "runbook")),
    ("Dashboard", ("dashboard_url", "dashboard")),
)
UNTITLED = "Alert"
EMPTY: dict[str, Any] = {}


async def read(body: bytes, group_by: Sequence[str]) -> Payload:
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
        _note(problems, place, "This alert is not an object with labels; it was left out.")
        return None
    annotations = _mapping(raw.get("annotations"))
    status = clean(raw.get("status") or otherwise or "firing", VALUE_LENGTH)
    if status not in STATUSES:
        _note(problems, f"{place}.status", "This status is neither firing nor resolved; it was taken as firing.")
    kept = clean_labels(labels)
    return Alert(
        fingerprint=clean(raw.get("fingerprint"), VALUE_LENGTH) or _fingerprint(labels),
        firing=STATUSES.get(status, True),
        title=clean(labels.get("alertname"), TITLE_LENGTH) or _in_words(kept) or UNTITLED,
        summary=_first_text(annotations, SUMMARIES),
        severity=clean(labels.get("severity"), SEVERITY_LENGTH),
        labels=kept,
        links=_links(raw.get("generatorURL"), annotations),
        begun_at=_instant(raw.get("startsAt"), f"{place}.startsAt", problems),
    )


def _note(problems: dict[str, str], place: str, sentence: str) -> None:
    if len(problems) < PROBLEMS_TOLD:
        problems[place] = sentence


# ---- grouping ----


def _as_sent(payload: Mapping[str, Any], alerts: Sequence[Alert]) -> Bundle:
    group = clean_labels(_mapping(payload.get("groupLabels")))
    common = clean_labels(_mapping(payload.get("commonLabels")))
    key = clean_key(payload.get("groupKey")) or _fingerprint(group or common or alerts[0].labels)
    annotations = _mapping(payload.get("commonAnnotations"))
    return _bundle(key, group, {**group, **common}, alerts, summary=_first_text(annotations, SUMMARIES))


def _by_labels(
    payload: Mapping[str, Any], members: Mapping[tuple[str, ...], Sequence[Alert]], group_by: Sequence[str]
) -> Iterable[Bundle]:
    """One bundle for each combination of the chosen labels, whatever the sender grouped by."""
    common = clean_labels(_mapping(payload.get("commonLabels")))
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
        severity=labels.get("severity", "")[:SEVERITY_LENGTH] or _worst(alerts),
        labels=labels or first.labels,
        links=first.links,
        alerts=tuple(alerts),
    )


def _worst(alerts: Sequence[Alert]) -> str:
    said = dict.fromkeys(alert.severity for alert in alerts if alert.severity and alert.firing)
    known = [severity for severity in SEVERITIES if severity in said]
    return known[0] if known else next(iter(said), "")


# ---- pieces ----


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else EMPTY


def _first_text(annotations: Mapping[str, Any], names: Sequence[str]) -> str:
    for name in names:
        text = clean(annotations.get(name), SUMMARY_LENGTH).strip()
        if text:
            return text
    return ""


def _links(generator: object, annotations: Mapping[str, Any]) -> tuple[Link, ...]:
    found = [("Source", safe_url(generator))]
    for label, names in LINKS:
        found.append((label, next((url for name in names if (url := safe_url(annotations.get(name)))), "")))
    return tuple(Link(label=label, url=url) for label, url in found if url)


def _instant(value: object, place: str, problems: dict[str, str]) -> datetime | None:
    if not value:
        return None
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        if at is None:
            raise ValueError
        at = at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        _note(problems, place, "This time cannot be read; it was left out.")
        return None
    return None if at.year == 1 else to_milliseconds(at)


def _in_words(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in labels.items())[:TITLE_LENGTH]


def _fingerprint(labels: Mapping[str, Any]) -> str:
    """Senders that only look like Alertmanager leave it out."""
    text = "\n".join(f"{name}={value}" for name, value in sorted(labels.items()))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
