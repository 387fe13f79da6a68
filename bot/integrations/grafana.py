"""Grafana Alerting's webhook contact point, version "1", of Grafana 9 and later: like Alertmanager's, with links more.

Grafana writes numbers as they are (`values`), its own title and message for people, and where to silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from bot.core.alert_group import Alert
from bot.core.replacing import replace
from bot.integrations import alertmanager
from bot.integrations.kind import Kind
from bot.integrations.payload import SUMMARY_LENGTH, VALUE_LENGTH, Payload, clean
from bot.integrations.pieces import first_text, links, mapping
from bot.integrations.signing import Signature

URLS = (
    ("Panel", "panelURL"),
    ("Dashboard", "dashboardURL"),
    ("Silence in Grafana", "silenceURL"),
    ("Image", "imageURL"),
)
VALUES_SHOWN = 10
MAIN_ORGANISATION = "1"


async def read(body: bytes, group_by: Sequence[str]) -> Payload:
    """Raises Invalid if there is no usable alert in it."""
    return await alertmanager.read(body, group_by, _enriched)


def _enriched(alert: Alert, raw: Mapping[str, Any], payload: Mapping[str, Any]) -> Alert:
    values = _values(raw.get("values")) or clean(raw.get("valueString"), VALUE_LENGTH)
    said = alert.summary or first_text(payload, ("message", "title"))
    labels = dict(alert.labels)
    organisation = clean(payload.get("orgId"), VALUE_LENGTH)
    if organisation and organisation != MAIN_ORGANISATION:
        labels.setdefault("grafana_org", organisation)
    known = ((link.label, link.url) for link in alert.links)
    return replace(
        alert,
        summary=clean("\n".join(filter(None, (said, values))), SUMMARY_LENGTH),
        labels=labels,
        links=links([*known, *((label, raw.get(name)) for label, name in URLS)]),
    )


def _values(given: object) -> str:
    """`B = 44.2, C = 1`."""
    shown = list(mapping(given).items())[:VALUES_SHOWN]
    return ", ".join(f"{clean(name, 50)} = {_number(value)}" for name, value in shown)


def _number(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else clean(value, VALUE_LENGTH)


CONFIGURATION = """In Grafana: Alerting → Contact points (a tab of *Notification configuration* since Grafana 13) → \
*Add contact point* → *Webhook*, method POST, with this URL:
```
<url>
```
Or provision it:
```yaml
apiVersion: 1
contactPoints:
  - orgId: 1
    name: oncall
    receivers:
      - uid: oncall
        type: webhook
        settings:
          url: <url>
          httpMethod: POST
```
Newer ones can sign, too: write a secret under *HMAC Signature* and give the same to `/oncall integration sign`. Leave \
the header as it is; the timestamp header is `X-Grafana-Alerting-Timestamp`, or none."""


def sample(now: datetime) -> bytes:
    labels = {"alertname": "OnCallTest", "grafana_folder": "Samples", "severity": "info"}
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": "A sample alert, to see that everything is connected."},
        "startsAt": now.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://grafana.example.com/alerting/grafana/sample/view?orgId=1",
        "fingerprint": "0123456789abcdef",
        "silenceURL": "https://grafana.example.com/alerting/silence/new",
        "dashboardURL": "https://grafana.example.com/d/sample",
        "panelURL": "https://grafana.example.com/d/sample?viewPanel=1",
        "values": {"A": 91.5, "C": 1},
    }
    return orjson.dumps(
        {
            "receiver": "oncall",
            "status": "firing",
            "orgId": 1,
            "alerts": [alert],
            "groupLabels": {"alertname": "OnCallTest", "grafana_folder": "Samples"},
            "commonLabels": labels,
            "commonAnnotations": alert["annotations"],
            "externalURL": "https://grafana.example.com/",
            "version": "1",
            "groupKey": '{}:{alertname="OnCallTest", grafana_folder="Samples"}',
            "truncatedAlerts": 0,
            "title": "[FIRING:1] OnCallTest Samples (info)",
            "state": "alerting",
            "message": "**Firing**\n\nValue: A=91.5, C=1",
        }
    )


KIND = Kind(
    name="grafana",
    label="Grafana Alerting",
    read=read,
    configuration=CONFIGURATION,
    sample=sample,
    also=("grafana_alerting",),
    groups_by_labels=True,
    signature=Signature(header="X-Grafana-Alerting-Signature", stamp="X-Grafana-Alerting-Timestamp"),
)
