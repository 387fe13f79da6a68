"""Opsgenie's Alert API: what its requests mean. The alias is the group's key; a request without one gets one.

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
from bot.integrations.pieces import LOOKED_AT, alone, elements, flat, in_one, links, mapping, moment
from bot.integrations.reading import Pace, read_json

SEVERITIES = {"P1": "critical", "P2": "high", "P3": "medium", "P4": "low", "P5": "info"}
USUAL = "P3"
LEFT_OUT = ("responders", "visibleTo", "actions", "teams")
NOT_USED = "This is not used: the integration decides who is paged."
EMPTY = "Message can not be empty."
BAD_PRIORITY = "Priority must be one of [P1, P2, P3, P4, P5]."
BAD_TIME = "EndTime must be an instant in the future, like 2027-04-05T22:00:00Z."
VERBS = {
    "acknowledge": Verb.ACKNOWLEDGE,
    "unacknowledge": Verb.UNACKNOWLEDGE,
    "notes": Verb.NOTE,
    "snooze": Verb.SILENCE,
}
# What is decided here and not by the sender is kept as a note: the member that says it, and the words before it.
NOTED = {
    "assign": ("owner", "Assigned to"),
    "responders": ("responder", "Responder added:"),
    "teams": ("team", "Team added:"),
    "escalate": ("escalation", "Escalated to"),
    "tags": ("tags", "Tags added:"),
    "details": ("details", "Details added:"),
    "message": ("message", "Now called"),
    "description": ("description", "Described as"),
    "priority": ("priority", "Priority is now"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Payloads to take in one after the other, about the group of this alias."""

    alias: str
    payloads: tuple[Payload, ...]


async def read(body: bytes, group_by: Sequence[str]) -> Payload:
    """A create request. Raises Invalid."""
    return created(await read_json(body, Pace())).payloads[0]


def created(document: Mapping[str, Any]) -> Step:
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
    return Step(alias=alias, payloads=(payload,))


def acted(action: str, alias: str, document: Mapping[str, Any], *, now: datetime) -> Step:
    """Any other request about one alert; `action` is the end of its path. Raises Invalid."""
    note = _note(document, alias)
    noted = (Payload(bundles=(), acts=(note,)),) if note else ()
    if action == "close":
        end = Alert(fingerprint=clean(alias, VALUE_LENGTH), firing=False, title="Closed")
        return Step(alias=alias, payloads=(*noted, Payload(bundles=(alone(alias, end),))))
    if action in NOTED:
        return Step(alias=alias, payloads=(*noted, Payload(bundles=(), acts=(_said(action, alias, document),))))
    verb = VERBS[action]
    if verb is Verb.NOTE:
        if note is None:
            raise Invalid({"note": "Note can not be empty."})
        return Step(alias=alias, payloads=noted)
    until = moment(document.get("endTime")) if verb is Verb.SILENCE else None
    if verb is Verb.SILENCE and (until is None or until <= now):
        raise Invalid({"endTime": BAD_TIME})
    act = Act(key=alias, verb=verb, by=_user(document), until=until)
    return Step(alias=alias, payloads=(*noted, Payload(bundles=(), acts=(act,))))


def _note(document: Mapping[str, Any], alias: str) -> Act | None:
    text = clean(document.get("note"), SUMMARY_LENGTH).strip()
    return Act(key=alias, verb=Verb.NOTE, by=_user(document), text=text) if text else None


def _said(action: str, alias: str, document: Mapping[str, Any]) -> Act:
    """Raises Invalid."""
    member, words = NOTED[action]
    value = document.get(member)
    if isinstance(value, dict):
        named = next((value[name] for name in ("username", "name", "id") if value.get(name)), "")
        said = clean(named, VALUE_LENGTH) or ", ".join(f"{name} {text}" for name, text in clean_labels(value).items())
    else:
        said = in_one(value) if isinstance(value, list) else clean(value, SUMMARY_LENGTH)
    if not said.strip():
        raise Invalid({member: f"{member.capitalize()} can not be empty."})
    return Act(key=alias, verb=Verb.NOTE, by=_user(document), text=clean(f"{words} {said}", SUMMARY_LENGTH))


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
Close, acknowledge, unacknowledge, snooze and notes work as well, and pinging the heartbeat; owners, responders, teams \
and tags that are added become notes, because they are decided here."""


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
