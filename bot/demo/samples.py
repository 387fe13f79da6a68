"""The sample alerts: what they say, and what an Alertmanager would send when they fire and when they end."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.simulator.page.settings import Sample

NEVER = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleAlert:
    """One rule of a Prometheus and the machines it fires for; `summary` is true of each of them."""

    name: str
    label: str
    description: str
    severity: str
    summary: str
    instances: tuple[str, ...]
    service: str

    @property
    def _annotations(self) -> dict[str, str]:
        return {"summary": self.summary, "runbook_url": f"https://runbooks.example.com/{self.service}"}

    def shown(self) -> Sample:
        return Sample(name=self.name, label=self.label, description=self.description)

    def payload(self, *, began: datetime, ended: datetime | None = None) -> dict[str, Any]:
        """The body of Alertmanager's webhook, version 4."""
        common = {"alertname": self.name, "service": self.service, "severity": self.severity}
        return {
            "version": "4",
            "groupKey": f'{{}}:{{alertname="{self.name}"}}',
            "truncatedAlerts": 0,
            "status": "resolved" if ended else "firing",
            "receiver": "oncall",
            "groupLabels": {"alertname": self.name},
            "commonLabels": common,
            "commonAnnotations": self._annotations,
            "externalURL": "http://alertmanager.example.com",
            "alerts": [self._alert({**common, "instance": name}, began, ended) for name in self.instances],
        }

    def _alert(self, labels: dict[str, str], began: datetime, ended: datetime | None) -> dict[str, Any]:
        return {
            "status": "resolved" if ended else "firing",
            "labels": labels,
            "annotations": self._annotations,
            "startsAt": began.isoformat(),
            "endsAt": ended.isoformat() if ended else NEVER,
            "generatorURL": "http://prometheus.example.com/graph",
            "fingerprint": hashlib.blake2b(repr(sorted(labels.items())).encode(), digest_size=8).hexdigest(),
        }


SAMPLES = (
    SampleAlert(
        name="DiskAlmostFull",
        label="Disk almost full",
        description="A warning from one machine.",
        severity="warning",
        summary="The disk is 91 % full and fills up in about four hours.",
        instances=("db-2",),
        service="database",
    ),
    SampleAlert(
        name="HighErrorRate",
        label="Error rate",
        description="A warning from three machines in one card.",
        severity="warning",
        summary="More than 5 % of the requests fail.",
        instances=("web-1", "web-2", "web-3"),
        service="shop",
    ),
    SampleAlert(
        name="DatabaseDown",
        label="Database down",
        description="Critical, one machine.",
        severity="critical",
        summary="The shop's database has not answered for two minutes.",
        instances=("db-1",),
        service="database",
    ),
    SampleAlert(
        name="NodesNotReady",
        label="Nodes not ready",
        description="Critical, eight machines at once, still one card.",
        severity="critical",
        summary="No sign of life for five minutes.",
        instances=tuple(f"node-{number}" for number in range(1, 9)),
        service="cluster",
    ),
)
