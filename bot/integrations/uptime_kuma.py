"""Uptime Kuma's webhook notification with its preset body: `heartbeat`, `monitor`, `msg`.

Its test button, and its warnings about certificates, come without heartbeat and monitor: they are alerts that only
people can resolve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
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
from bot.integrations.pieces import elements, fingerprint, first_text, links, mapping, moment, only
from bot.integrations.reading import Pace, read_json

DOWN, UP, PENDING, MAINTENANCE = "0", "1", "2", "3"
SAID = ("type", "hostname", "port", "dns_resolve_server", "docker_container", "pathName")


async def read(body: bytes, group_by: Sequence[str]) -> Payload:
    """Raises Invalid."""
    document = await read_json(body, Pace())
    beat, monitor = mapping(document.get("heartbeat")), mapping(document.get("monitor"))
    text = clean(document.get("msg"), SUMMARY_LENGTH).strip()
    if not beat and not text:
        raise Invalid({"heartbeat": "There is neither a heartbeat nor a msg. Use the preset body of Uptime Kuma."})
    if not beat:
        return _said(text)
    name = first_text(monitor, ("pathName", "name"), TITLE_LENGTH) or "Monitor"
    number = first_text(beat, ("monitorID",), VALUE_LENGTH) or first_text(monitor, ("id", "name"), VALUE_LENGTH)
    key = clean_key(f"monitor {number or name}")
    status = clean(beat.get("status"), VALUE_LENGTH)
    if status == MAINTENANCE:
        return Payload(bundles=(), acts=(Act(key=key, verb=Verb.NOTE, text=f"{name} is under maintenance in Kuma."),))
    alert = Alert(
        fingerprint=clean(key, VALUE_LENGTH),
        firing=status != UP,
        title=clean(f"{name} is {'pending' if status == PENDING else 'down'}", TITLE_LENGTH),
        summary=first_text(beat, ("msg",)) or text,
        severity="warning" if status == PENDING else "critical",
        labels=clean_labels({"monitor": name} | {name: monitor.get(name) for name in SAID[:-1]} | _tags(monitor)),
        links=links([("Monitored", monitor.get("url"))]),
        begun_at=moment(beat.get("time")),
    )
    return only(key, alert)


def _said(text: str) -> Payload:
    title = clean(text.splitlines()[0], TITLE_LENGTH)
    alert = Alert(fingerprint=fingerprint(text), firing=True, title=title, summary=text, severity="warning")
    return only(clean_key(text), alert)


def _tags(monitor: Mapping[str, Any]) -> dict[str, object]:
    found: dict[str, object] = {}
    for tag in elements(monitor.get("tags"))[:10]:
        if isinstance(tag, dict) and tag.get("name"):
            found[clean(tag["name"], VALUE_LENGTH)] = tag.get("value") or "yes"
    return found


CONFIGURATION = """In Uptime Kuma: Settings → Notifications → *Setup Notification*, type *Webhook*, \
request body *Preset - application/json*, Post URL:
```
<url>
```
The *Test* button there opens an alert group that you resolve yourself; monitors resolve theirs when they are up."""


def sample(now: datetime) -> bytes:
    return orjson.dumps(
        {
            "heartbeat": {
                "monitorID": 1,
                "status": 0,
                "time": now.strftime("%Y-%m-%d %H:%M:%S.000"),
                "msg": "A sample alert, to see that everything is connected.",
                "important": True,
                "duration": 60,
                "timezone": "UTC",
                "timezoneOffset": "+00:00",
                "localDateTime": now.strftime("%Y-%m-%d %H:%M:%S"),
            },
            "monitor": {
                "id": 1,
                "name": "OnCall test",
                "pathName": "OnCall test",
                "url": "https://example.com/",
                "hostname": None,
                "port": None,
                "type": "http",
                "interval": 60,
                "tags": [{"tag_id": 1, "name": "team", "value": "samples", "color": "#059669"}],
            },
            "msg": "[OnCall test] [🔴 Down] A sample alert, to see that everything is connected.",
        }
    )


KIND = Kind(name="uptime_kuma", label="Uptime Kuma", read=read, configuration=CONFIGURATION, sample=sample)
