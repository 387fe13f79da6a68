"""Opsgenie's Alert API: what it means to create an alert. The alias is the group's key.

Responders, teams, visibility and actions have no counterpart: who is paged is decided here. That is noted, not refused.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import orjson

from bot.core.alert_group import Alert
from bot.integrations.kind import Kind
from bot.integrations.payload import (
    SUMMARY_LENGTH,
    TITLE_LENGTH,
    VALUE_LENGTH,
    Act,
    Invalid,
    Payload,
    Verb,
    clean,
    clean_key,
    clean_labels,
)
from bot.integrations.pieces import LOOKED_AT, alone, elements, flat, in_one, links, mapping
from bot.integrations.reading import Pace, read_json

SEVERITIES = {"P1": "critical", "P2": "high", "P3": "medium", "P4": "low", "P5": "info"}
USUAL = "P3"
LEFT_OUT = ("responders", "visibleTo", "actions", "teams")
NOT_USED = "This is not used: the integration decides who is paged."
EMPTY = "Message can not be empty."
BAD_PRIORITY = "Priority must be one of [P1, P2, P3, P4, P5]."


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """What creates an alert. A request without an alias got one."""

    alias: str
    payload: Payload


def priority_of(severity: str) -> str:
    """What comes nearest: people may have given it another one."""
    return next((priority for priority, ours in SEVERITIES.items() if ours == severity.lower()), USUAL)


async def read(body: bytes, group_by: Sequence[str]) -> Payload:
    """A create request. Raises Invalid."""
    return created(await read_json(body, Pace())).payload


def created(document: Mapping[str, Any]) -> Created:
    """Raises Invalid with Opsgenie's field names."""
    message = clean(document.get("message"), SUMMARY_LENGTH).strip()
    priority = document.get("priority") or USUAL
    errors = {"message": EMPTY} if not message else {}
    if priority not in SEVERITIES if isinstance(priority, str) else True:
        errors["priority"] = BAD_PRIORITY
    if errors:
        raise Invalid(errors)
    alias = clean_key(document.get("alias")).strip() or secrets.token_hex(16)
    alert = Alert(
        fingerprint=clean(alias, VALUE_LENGTH),
        firing=True,
        title=clean(message, TITLE_LENGTH),
        summary=clean(document.get("description"), SUMMARY_LENGTH).strip(),
        severity=SEVERITIES[priority],
        labels=clean_labels(_labels(document)),
        links=links(_addresses(mapping(document.get("details")))),
    )
    remarks = {name: NOT_USED for name in LEFT_OUT if document.get(name)}
    note = _note(document, alias)
    payload = Payload(bundles=(alone(alias, alert),), remarks=remarks, acts=(note,) if note else ())
    return Created(alias=alias, payload=payload)


def _note(document: Mapping[str, Any], alias: str) -> Act | None:
    text = clean(document.get("note"), SUMMARY_LENGTH).strip()
    return Act(key=alias, verb=Verb.NOTE, by=_user(document), text=text) if text else None


def _user(document: Mapping[str, Any]) -> str:
    return clean(document.get("user"), VALUE_LENGTH).strip()


def _labels(document: Mapping[str, Any]) -> dict[str, object]:
    labels: dict[str, object] = {name: document.get(name) for name in ("source", "entity")}
    labels["tags"] = in_one(elements(document.get("tags")))
    return labels | flat(mapping(document.get("details")))


def _addresses(details: Mapping[str, Any]) -> list[tuple[object, object]]:
    """Details that are addresses are worth a click."""
    return [(name, value) for name, value in islice(details.items(), LOOKED_AT) if isinstance(value, str)]


CONFIGURATION = """Wherever a sender has an Opsgenie API URL (`https://api.opsgenie.com`), put `<host>`; \
its API key is `<key>`. Alertmanager:
```yaml
receivers:
  - name: oncall
    opsgenie_configs:
      - api_url: <host>/
        api_key: <key>
```
Python (`opsgenie-sdk`): `configuration.host = "<host>"`. By hand:
```sh
curl -X POST <host>/v2/alerts -H 'Authorization: GenieKey <key>' -H 'Content-Type: application/json' \
-d '{"message": "Disk is full", "alias": "disk-db-1", "priority": "P1"}'
```
Everything else of its Alert API works as well, and pinging the heartbeat. Owners, responders, teams and escalations \
become notes, because who is paged is decided here."""


def sample(now: datetime) -> bytes:
    return orjson.dumps(
        {
            "message": "OnCall test",
            "alias": "oncall-test",
            "description": "A sample alert, to see that everything is connected.",
            "tags": ["sample"],
            "details": {"runbook": "https://example.com/runbook"},
            "entity": "sample",
            "source": "OnCall",
            "priority": "P5",
            "user": "sample",
        }
    )


KIND = Kind(
    name="opsgenie",
    label="Opsgenie Alert API",
    read=read,
    address="<host>/v2/alerts\nAPI key: <key>",
    configuration=CONFIGURATION,
    sample=sample,
)
