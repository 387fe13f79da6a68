"""PagerDuty's Events API v2: trigger, acknowledge, resolve. Events are checked as PagerDuty does, in its words.

An event belongs to the alert group of its dedup key; the answer names it, so one is made where the sender gave none.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from bot.core.alert_group import Alert, Link
from bot.integrations.kind import Kind
from bot.integrations.payload import (
    SEVERITY_LENGTH,
    SUMMARY_LENGTH,
    TITLE_LENGTH,
    VALUE_LENGTH,
    Act,
    Bundle,
    Invalid,
    Payload,
    Verb,
    clean,
    clean_key,
    clean_labels,
)
from bot.integrations.pieces import LOOKED_AT, alone, elements, first_text, flat, links, mapping, moment
from bot.integrations.reading import Pace, read_json

ACTIONS = ("trigger", "acknowledge", "resolve")
SEVERITIES = ("critical", "error", "warning", "info")
SAID = ("source", "component", "group", "class")
DETAILS_SAID = ("description", "summary", "message", "body", "details", "firing", "text")
MISSING = "'{field}' is missing or blank"
NO_SEVERITY = "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')"
NO_ACTION = "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event, understood. `dedup_key` is what the sender is told."""

    dedup_key: str
    payload: Payload


async def read(body: bytes, group_by: Sequence[str]) -> Payload:
    """Raises Invalid."""
    return event(await read_json(body, Pace())).payload


def event(document: Mapping[str, Any]) -> Event:
    """Raises Invalid with PagerDuty's own sentences."""
    errors = dict(_errors(document))
    if errors:
        raise Invalid(errors)
    return understood(document)


def understood(document: Mapping[str, Any]) -> Event:
    """An event without mistakes."""
    given = clean(document.get("dedup_key"), SUMMARY_LENGTH).strip()
    dedup_key = given or secrets.token_hex(16)
    key = clean_key(dedup_key)
    action = document["event_action"]
    if action == "acknowledge":
        return Event(dedup_key=dedup_key, payload=Payload(bundles=(), acts=(Act(key=key, verb=Verb.ACKNOWLEDGE),)))
    bundle = _bundle(document, key, firing=action == "trigger")
    return Event(dedup_key=dedup_key, payload=Payload(bundles=(bundle,)))


def _errors(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    action = document.get("event_action")
    if not isinstance(action, str) or not action:
        yield "event_action", MISSING.format(field="event_action")
    elif action not in ACTIONS:
        yield "event_action", NO_ACTION
    if action in ("acknowledge", "resolve") and not clean(document.get("dedup_key"), SUMMARY_LENGTH).strip():
        yield "dedup_key", MISSING.format(field="dedup_key")
    if action != "trigger":
        return
    payload = document.get("payload")
    if not isinstance(payload, dict) or not payload:
        yield "payload", MISSING.format(field="payload")
        return
    for name in ("summary", "source", "severity"):
        if not clean(payload.get(name), SUMMARY_LENGTH).strip():
            yield f"payload.{name}", MISSING.format(field=f"payload.{name}")
    if payload.get("severity") and payload["severity"] not in SEVERITIES:
        yield "payload.severity", NO_SEVERITY


def _bundle(document: Mapping[str, Any], key: str, *, firing: bool) -> Bundle:
    given = mapping(document.get("payload"))
    summary = clean(given.get("summary"), SUMMARY_LENGTH).strip()
    details = given.get("custom_details")
    alert = Alert(
        fingerprint=clean(key, VALUE_LENGTH),
        firing=firing,
        title=clean(summary, TITLE_LENGTH) or "Resolved",
        summary=_more(summary, details),
        severity=clean(given.get("severity"), SEVERITY_LENGTH),
        labels=clean_labels({name: given.get(name) for name in SAID} | flat(mapping(details))),
        links=_links(document),
        begun_at=moment(given.get("timestamp")),
    )
    return alone(key, alert)


def _more(summary: str, details: object) -> str:
    """What there is to read beside the title."""
    said = first_text(details, DETAILS_SAID) if isinstance(details, dict) else clean(details, SUMMARY_LENGTH)
    return clean(said or (summary if len(summary) > TITLE_LENGTH else ""), SUMMARY_LENGTH)


def _links(document: Mapping[str, Any]) -> tuple[Link, ...]:
    found: list[tuple[object, object]] = [(document.get("client") or "Source", document.get("client_url"))]
    found += [(one.get("text") or "Link", one.get("href")) for one in _objects(document.get("links"))]
    for one in _objects(document.get("images")):
        found += [(one.get("alt") or "Image", one.get("src")), (one.get("alt") or "Image", one.get("href"))]
    return links(found)


def _objects(given: object) -> list[Mapping[str, Any]]:
    return [one for one in elements(given)[:LOOKED_AT] if isinstance(one, dict)]


CONFIGURATION = """Wherever a sender has a PagerDuty Events API v2 URL (`https://events.pagerduty.com/v2/enqueue`), \
put `<host>/v2/enqueue`; its routing or integration key is `<key>`. Alertmanager:
```yaml
receivers:
  - name: oncall
    pagerduty_configs:
      - url: <host>/v2/enqueue
        routing_key: <key>
```
Senders of the older API keep its path, `<host>/generic/2010-04-15/create_event.json`, with `<key>` \
as `service_key`. Python (`pagerduty`): `EventsApiV2Client("<key>", base_url="<host>")`. By hand:
```sh
curl -X POST <host>/v2/enqueue -H 'Content-Type: application/json' -d '{
  "routing_key": "<key>", "event_action": "trigger", "dedup_key": "disk-db-1",
  "payload": {"summary": "Disk is full", "source": "db-1", "severity": "critical"}}'
```"""


def sample(now: datetime) -> bytes:
    return orjson.dumps(
        {
            "event_action": "trigger",
            "dedup_key": "oncall-test",
            "client": "OnCall",
            "client_url": "https://example.com/",
            "payload": {
                "summary": "OnCall test",
                "source": "sample",
                "severity": "info",
                "timestamp": now.isoformat(),
                "component": "sample",
                "group": "samples",
                "class": "test",
                "custom_details": {"description": "A sample alert, to see that everything is connected."},
            },
            "links": [{"href": "https://example.com/runbook", "text": "Runbook"}],
            "images": [{"src": "https://example.com/chart.png", "alt": "Chart"}],
        }
    )


KIND = Kind(
    name="pagerduty",
    label="PagerDuty Events API v2",
    read=read,
    address="<host>/v2/enqueue\nIntegration key: <key>",
    configuration=CONFIGURATION,
    sample=sample,
)
