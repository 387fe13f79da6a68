"""Alert groups for tests of storing and serving."""

from datetime import datetime

from bot.core import alerts
from bot.core.alert_group import Alert, AlertGroup, Step
from bot.core.changes import Change
from bot.storage.ids import new_id

SERVER = "server-one"


def group(
    now: datetime,
    *,
    number: int = 1,
    key: str = "disk",
    channel_id: str = "",
    people: tuple[str, ...] = (),
    wait: int = 300,
    labels: dict[str, str] | None = None,
    server_id: str = SERVER,
) -> AlertGroup:
    """A live group without alerts; `people` are paged one after the other, the first at once."""
    return AlertGroup(
        id=new_id(now),
        server_id=server_id,
        number=number,
        integration_id="prometheus",
        integration_name="Prometheus",
        key=key,
        title="Disk is full",
        labels=labels or {},
        opened_at=now,
        changed_at=now,
        channel_id=channel_id,
        chain=tuple(Step(wait=wait if place else 0, people=(person,)) for place, person in enumerate(people)),
    )


def opened_group(now: datetime, **options) -> Change[AlertGroup]:
    alert = Alert(fingerprint="f1", firing=True, title="Disk is full", begun_at=now)
    return alerts.opened(group(now, **options), [alert], now=now)
