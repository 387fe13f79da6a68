"""Datadog's webhooks integration, with a payload of ours made of Datadog's variables.

A monitor's alert group is known by the monitor and the group that it watches (`aggreg_key`), or by the cycle of the
alert. What Datadog could not fill in stays "$NAME" or "null" and is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

import orjson

from bot.core.alert_group import Alert
from bot.integrations.kind import Kind
from bot.integrations.payload import (
    SUMMARY_LENGTH,
    TITLE_LENGTH,
    VALUE_LENGTH,
    Invalid,
    Payload,
    clean,
    clean_key,
    clean_labels,
)
from bot.integrations.pieces import LOOKED_AT, first_text, links, moment, only, tags
from bot.integrations.reading import Pace, read_json

PRIORITIES = {"p1": "critical", "p2": "high", "p3": "medium", "p4": "low", "p5": "info"}
TYPES = {"error": "critical", "warning": "warning", "info": "info", "success": "", "user_update": "info"}
ENDED = ("recovered", "success", "ok")
MARKS = ("[Triggered", "[Recovered", "[Re-Triggered", "[Warn", "[No Data", "[Renotify", "[Re-Warn", "[P")


async def read(body: bytes, group_by: Sequence[str]) -> Payload:
    """Raises Invalid."""
    document = await read_json(body, Pace())
    given = {name: _filled(value) for name, value in islice(document.items(), LOOKED_AT)}
    title = _bare(first_text(given, ("alert_title", "title", "event_title"), TITLE_LENGTH))
    alert_id = first_text(given, ("alert_id",), VALUE_LENGTH)
    scope = first_text(given, ("aggreg_key", "alert_scope"), VALUE_LENGTH)
    key = f"{alert_id} {scope}".strip() or first_text(given, ("alert_cycle_key", "id"), VALUE_LENGTH) or title
    if not key:
        raise Invalid({"title": "There is neither a title nor an alert_id. Use the payload of `integration show`."})
    priority = first_text(given, ("priority",), VALUE_LENGTH).lower()
    kind = first_text(given, ("alert_type",), VALUE_LENGTH).lower()
    transition = first_text(given, ("transition",), VALUE_LENGTH).lower()
    alert = Alert(
        fingerprint=clean(key, VALUE_LENGTH),
        firing=transition not in ENDED if transition else kind not in ENDED,
        title=title or "Datadog alert",
        summary=first_text(given, ("body", "message", "text"), SUMMARY_LENGTH).strip("% \n"),
        severity=("warning" if "warn" in transition else "") or PRIORITIES.get(priority) or TYPES.get(kind, ""),
        labels=clean_labels(
            {name: given.get(name) for name in ("host", "org", "alert_scope", "alert_metric", "alert_query")}
            | tags(given.get("tags"))
        ),
        links=links([("Datadog", given.get("url")), ("Snapshot", given.get("snapshot"))]),
        begun_at=moment(given.get("date")),
    )
    return only(clean_key(key), alert)


def _filled(value: object) -> object:
    return "" if isinstance(value, str) and (value.startswith("$") or value in ("null", "None", "n/a")) else value


def _bare(title: str) -> str:
    """Without "[Triggered on {host:db-1}]" and its like, which stand for the state."""
    while title.startswith(MARKS) and "] " in title:
        title = title.partition("] ")[2].strip()
    return title


CONFIGURATION = """In Datadog: Integrations → Webhooks → *New*, name `oncall`, URL `<url>`, payload:
```json
{
  "id": "$ID",
  "alert_id": "$ALERT_ID",
  "aggreg_key": "$AGGREG_KEY",
  "alert_cycle_key": "$ALERT_CYCLE_KEY",
  "title": "$EVENT_TITLE",
  "alert_title": "$ALERT_TITLE",
  "body": "$TEXT_ONLY_MSG",
  "transition": "$ALERT_TRANSITION",
  "alert_type": "$ALERT_TYPE",
  "priority": "$ALERT_PRIORITY",
  "alert_scope": "$ALERT_SCOPE",
  "alert_metric": "$ALERT_METRIC",
  "host": "$HOSTNAME",
  "org": "$ORG_NAME",
  "tags": "$TAGS",
  "url": "$LINK",
  "snapshot": "$SNAPSHOT",
  "date": "$DATE"
}
```
Then write `@webhook-oncall` into the message of your monitors, outside of conditions, so that recoveries come, too."""


def sample(now: datetime) -> bytes:
    return orjson.dumps(
        {
            "id": "1234567",
            "alert_id": "91879842",
            "aggreg_key": "9bd4ac313a4d1e8fae2482df7b77628",
            "alert_cycle_key": "10740142391234567890",
            "title": "[P5] [Triggered on {host:sample}] OnCall test",
            "alert_title": "OnCall test",
            "body": "A sample alert, to see that everything is connected.",
            "transition": "Triggered",
            "alert_type": "error",
            "priority": "P5",
            "alert_scope": "host:sample",
            "alert_metric": "system.load.1",
            "host": "sample",
            "org": "Example",
            "tags": "env:test,role:sample",
            "url": "https://app.datadoghq.com/monitors/91879842",
            "snapshot": "null",
            "date": int(now.timestamp() * 1000),
        }
    )


KIND = Kind(name="datadog", label="Datadog", read=read, configuration=CONFIGURATION, sample=sample)
