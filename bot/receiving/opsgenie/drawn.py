"""Alert groups as Opsgenie's Alert API shows alerts, as far as we know what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.core.alert_group import AlertGroup, Entry, Status
from bot.core.integrations import Integration
from bot.core.people import Person
from bot.core.restating import TAGS, tags_of
from bot.integrations.opsgenie import priority_of
from bot.integrations.opsgenie_actions import ACTIONS
from bot.receiving.opsgenie.queries import status_of
from bot.receiving.opsgenie.requests import CREATE, Request
from bot.words import Reader, words

Json = dict[str, Any]
OWN = (TAGS, "source", "entity")
CREATED = ("Create", "Created alert")
NO_ALERT = "Alert does not exist"
# Zabbix asks no further when it reads how this begins.
NONE_OPEN = "There is no open alert with this alias"


def summary(group: AlertGroup, *, integration: Integration) -> Json:
    """As in a list."""
    return {
        "id": group.id,
        "tinyId": str(group.number),
        "alias": group.key,
        "message": group.title,
        "status": status_of(group.status),
        "acknowledged": group.status is Status.ACKNOWLEDGED,
        "isSeen": group.status is not Status.FIRING,
        "tags": tags_of(group.labels),
        "snoozed": group.status is Status.SILENCED,
        "snoozedUntil": written(group.silenced_until),
        "count": group.alerts + group.repeats,
        "lastOccurredAt": written(group.last_at or group.changed_at),
        "createdAt": written(group.opened_at),
        "updatedAt": written(group.changed_at),
        "source": group.labels.get("source", ""),
        "owner": group.acknowledged_by,
        "priority": priority_of(group.severity),
        "teams": [],
        "responders": [],
        "integration": {"id": integration.id, "name": integration.name, "type": "API"},
        "ownerTeamId": "",
    }


def whole(group: AlertGroup, *, integration: Integration) -> Json:
    """By itself."""
    return summary(group, integration=integration) | {
        "actions": [],
        "entity": group.labels.get("entity", ""),
        "description": group.summary,
        "details": {name: value for name, value in group.labels.items() if name not in OWN},
    }


def notes(group: AlertGroup) -> list[Json]:
    """In the order in which they were written."""
    return [
        {"note": note.text, "owner": note.by, "createdAt": written(note.at), "offset": _offset(note.at, place)}
        for place, note in enumerate(group.notes)
        if not note.deleted
    ]


def logs(group: AlertGroup, now: datetime) -> list[Json]:
    reader = Reader(now=now)
    return [_log(entry, reader) for entry in group.history]


def _log(entry: Entry, reader: Reader) -> Json:
    return {
        "log": words(entry.text, reader),
        "type": "system" if not entry.by else "alertRecipient" if entry.by.startswith("@") else "api",
        "owner": entry.by or "System",
        "createdAt": written(entry.at),
        "offset": _offset(entry.at, entry.seq),
    }


def recipients(group: AlertGroup, people: Mapping[str, Person]) -> list[Json]:
    """Who was told, each once, with what came of the last attempt."""
    last = {page.person_id: page for page in group.pages.values()}
    return [
        {
            "user": {"id": person_id, "username": people[person_id].mention if person_id in people else ""},
            "state": "error" if page.failed else "notified",
            "method": "mattermost",
            "createdAt": written(page.at),
            "updatedAt": written(page.at),
        }
        for person_id, page in last.items()
    ]


def status(request: Request, group: AlertGroup | None, *, integration: Integration) -> Json:
    """What became of a request."""
    name, done = CREATED if request.action == CREATE else (ACTIONS[request.action].name, ACTIONS[request.action].done)
    at = request.at if group is None or request.action == CREATE else group.changed_at
    return {
        "success": group is not None,
        "action": name,
        "processedAt": written(at),
        "integrationId": integration.id,
        "isSuccess": group is not None,
        "status": done if group else NONE_OPEN if request.by_alias else NO_ALERT,
        "alertId": group.id if group else "",
        "alias": group.key if group else "",
    }


def written(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def _offset(at: datetime, place: int) -> str:
    """Where a page begins; unique, and in the order of the list."""
    return f"{int(at.timestamp() * 1000)}_{place}"
