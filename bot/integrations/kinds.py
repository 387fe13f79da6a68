"""All kinds of senders, in the order in which people see them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.integrations import (
    alertmanager,
    datadog,
    grafana,
    heartbeat,
    opsgenie,
    pagerduty,
    sentry,
    sns,
    uptime_kuma,
    webhook,
    zabbix,
)
from bot.integrations.kind import Kind

KINDS: tuple[Kind, ...] = (
    alertmanager.KIND,
    grafana.KIND,
    webhook.KIND,
    pagerduty.KIND,
    opsgenie.KIND,
    zabbix.KIND,
    uptime_kuma.KIND,
    sentry.KIND,
    datadog.KIND,
    sns.KIND,
    heartbeat.KIND,
)
_NAMED: Mapping[str, Kind] = MappingProxyType({name: kind for kind in KINDS for name in (kind.name, *kind.also)})


def kind_named(name: str) -> Kind | None:
    """By the name in a URL or in a stored integration; None if a newer release wrote it."""
    return _NAMED.get(name)
