"""Alert groups to try verbs on."""

from datetime import UTC, datetime
from typing import Any

from bot.core import alerts
from bot.core.alert_group import Alert, AlertGroup, Step
from bot.core.changes import Change, Effect, Page
from bot.core.replacing import replace

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CHAIN = (Step(wait=0, people=("ana",)), Step(wait=300, people=("ben",)), Step(wait=300, people=("cho", "dan")))


def blank(**fields: Any) -> AlertGroup:
    group = AlertGroup(
        id="G1",
        server_id="S1",
        number=7,
        integration_id="I1",
        integration_name="Production",
        key="k",
        title="Disk full",
        opened_at=NOW,
        changed_at=NOW,
        channel_id="town",
        chain=CHAIN,
    )
    return replace(group, **fields)


def alert(fingerprint: str = "a", *, firing: bool = True) -> Alert:
    return Alert(fingerprint=fingerprint, firing=firing, title="Disk full")


def fired(**fields: Any) -> AlertGroup:
    return alerts.opened(blank(**fields), [alert()], now=NOW).doc


def pages(change: Change[AlertGroup]) -> list[Page]:
    return [effect.do for effect in change.effects if isinstance(effect.do, Page)]


def keys(effects: tuple[Effect, ...]) -> list[str]:
    return [effect.key for effect in effects]
