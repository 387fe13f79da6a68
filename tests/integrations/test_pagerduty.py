"""PagerDuty's events, as its documentation shows them."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.core.alert_group import Link
from bot.integrations import pagerduty
from bot.integrations.payload import Invalid, Verb

DATA = Path(__file__).parent.parent / "data" / "pagerduty"
PAYLOAD = {"summary": "Disk is full", "source": "db-1", "severity": "error"}


def event(document: dict[str, Any]) -> pagerduty.Event:
    return pagerduty.event(document)


def errors(document: dict[str, Any]) -> list[str]:
    with pytest.raises(Invalid) as invalid:
        event(document)
    return list(invalid.value.errors.values())


def test_the_documented_event():
    payload = asyncio.run(pagerduty.read((DATA / "trigger.json").read_bytes(), ()))
    (bundle,) = payload.bundles
    assert (bundle.key, bundle.title, bundle.severity) == (
        "samplekeyhere",
        "Example alert on host1.example.com",
        "info",
    )
    assert bundle.labels == {
        "source": "monitoringtool:cloudvendor:central-region-dc-01:852559987:cluster/api-stats-prod-003",
        "component": "postgres",
        "group": "prod-datapipe",
        "class": "deploy",
        "ping time": "1500ms",
        "load avg": "0.75",
    }
    assert bundle.links == (
        Link(label="Sample Monitoring Service", url="https://monitoring.service.com"),
        Link(label="An example link.", url="http://pagerduty.example.com"),
        Link(label="An example link with an image", url="https://chart.googleapis.com/chart.png"),
        Link(label="An example link with an image", url="https://google.com"),
    )
    assert bundle.alerts[0].begun_at == datetime(2015, 7, 17, 8, 42, 58, 315000, UTC)


def test_without_a_dedup_key_one_is_made():
    first, second = (event({"event_action": "trigger", "payload": PAYLOAD}) for _ in range(2))
    assert first.dedup_key != second.dedup_key and len(first.dedup_key) == 32
    assert first.payload.bundles[0].key == first.dedup_key


def test_acknowledge_and_resolve():
    act = event({"event_action": "acknowledge", "dedup_key": "k"}).payload.acts[0]
    assert (act.key, act.verb) == ("k", Verb.ACKNOWLEDGE)
    (bundle,) = event({"event_action": "resolve", "dedup_key": "k"}).payload.bundles
    assert (bundle.key, bundle.alerts[0].firing) == ("k", False)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, ["'event_action' is missing or blank"]),
        (
            {"event_action": "page"},
            ["'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"],
        ),
        ({"event_action": "resolve"}, ["'dedup_key' is missing or blank"]),
        ({"event_action": "trigger"}, ["'payload' is missing or blank"]),
        (
            {"event_action": "trigger", "payload": {"severity": "error"}},
            ["'payload.summary' is missing or blank", "'payload.source' is missing or blank"],
        ),
        (
            {"event_action": "trigger", "payload": {**PAYLOAD, "severity": "P1"}},
            ["'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')"],
        ),
    ],
)
def test_refusals_in_pagerdutys_words(document: dict[str, Any], expected: list[str]):
    assert errors(document) == expected


def test_a_long_summary_is_kept_beside_the_title():
    bundle = event({"event_action": "trigger", "payload": {**PAYLOAD, "summary": "x" * 900}}).payload.bundles[0]
    assert len(bundle.title) == 200 and len(bundle.summary) == 900


def test_custom_details_may_be_a_text():
    given = {"event_action": "trigger", "payload": {**PAYLOAD, "custom_details": "It burns"}}
    assert event(json.loads(json.dumps(given))).payload.bundles[0].summary == "It burns"
