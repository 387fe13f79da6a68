"""Grafana Alerting's webhook: the payload of its documentation, and what it adds to Alertmanager's."""

import asyncio
import json
from pathlib import Path

from bot.core.alert_group import Link
from bot.integrations import grafana
from bot.integrations.payload import Payload

DATA = Path(__file__).parent.parent / "data" / "grafana"


def read(payload: object, *group_by: str) -> Payload:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return asyncio.run(grafana.read(body, group_by))


def test_a_real_notification():
    (bundle,) = read((DATA / "firing.json").read_bytes()).bundles
    assert bundle.key == '{}:{alertname="High memory usage"}'
    assert bundle.title == "High memory usage"
    first, second = bundle.alerts
    assert first.summary == "This alert was triggered for zone us-1\nB = 44.2394, C = 1"
    assert first.links == (
        Link(label="Source", url="https://play.grafana.org/alerting/1afz29v7z/edit"),
        Link(label="Runbook", url="https://myrunbook.com/runbook/1234"),
        Link(label="Panel", url="https://play.grafana.org/d/abc?viewPanel=2"),
        Link(label="Dashboard", url="https://play.grafana.org/d/abc"),
        Link(
            label="Silence in Grafana",
            url="https://play.grafana.org/alerting/silence/new?alertmanager=grafana&matchers=alertname%3DT2",
        ),
    )
    assert bundle.links == first.links
    assert (first.firing, second.firing) == (True, False)
    assert second.labels["zone"] == "eu-1"


def test_without_a_summary_grafanas_own_message_serves():
    alert = {"labels": {"alertname": "X"}}
    (bundle,) = read({"alerts": [alert], "message": "It burns", "orgId": 7}).bundles
    assert bundle.alerts[0].summary == "It burns"
    assert bundle.alerts[0].labels["grafana_org"] == "7"


def test_chosen_labels_group_it_too():
    bundles = read((DATA / "firing.json").read_bytes(), "zone").bundles
    assert [bundle.key for bundle in bundles] == ["zone=us-1", "zone=eu-1"]
