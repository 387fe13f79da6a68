"""Zabbix, Uptime Kuma, Sentry and Datadog: payloads in the shape of their documentation, and how alerts of each end."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.alert_group import Link
from bot.integrations import datadog, sentry, uptime_kuma, zabbix
from bot.integrations.kind import Kind
from bot.integrations.payload import Bundle, Invalid, Payload, Verb

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def read(kind: Kind, payload: object) -> Payload:
    return asyncio.run(kind.read(json.dumps(payload).encode(), ()))


def one(kind: Kind, payload: object) -> Bundle:
    (bundle,) = read(kind, payload).bundles
    return bundle


# ---- Zabbix ----

PROBLEM: dict[str, Any] = json.loads(zabbix.KIND.sample(NOW)) | {"event_id": "5123", "severity": "4"}


def test_a_zabbix_problem():
    bundle = one(zabbix.KIND, PROBLEM)
    assert (bundle.key, bundle.severity, bundle.alerts[0].firing) == ("5123", "high", True)
    assert bundle.labels == {
        "host": "sample",
        "hostgroup": "Samples",
        "trigger_id": "10001",
        "scope": "capacity",
        "component": "storage",
    }
    assert bundle.links == (
        Link(label="Zabbix", url="https://zabbix.example.com/tr_events.php?triggerid=10001&eventid=1"),
    )


@pytest.mark.parametrize("more", [{"event_value": "0"}, {"event_value": "0", "event_update_status": "1"}])
def test_a_zabbix_recovery_has_the_key_of_its_problem(more: dict[str, Any]):
    bundle = one(zabbix.KIND, PROBLEM | more)
    assert (bundle.key, bundle.alerts[0].firing) == ("5123", False)


def test_an_update_in_zabbix_acknowledges_and_notes():
    update = {"event_update_status": "1", "event_ack": "Yes", "update_message": "on it", "user": "ana"}
    payload = read(zabbix.KIND, PROBLEM | update)
    assert [(act.verb, act.text, act.by) for act in payload.acts] == [
        (Verb.NOTE, "on it", "ana"),
        (Verb.ACKNOWLEDGE, "", "ana"),
    ]
    assert payload.bundles == ()


@pytest.mark.parametrize(("given", "severity"), [("Disaster", "critical"), ("5", "critical"), ("0", "none")])
def test_zabbix_severities(given: str, severity: str):
    assert one(zabbix.KIND, PROBLEM | {"severity": given}).severity == severity


def test_zabbix_tags_may_be_json():
    bundle = one(zabbix.KIND, PROBLEM | {"tags": '[{"tag":"scope","value":"x"},{"tag":"up","value":""}]'})
    assert (bundle.labels["scope"], bundle.labels["up"]) == ("x", "yes")
    assert "scope" not in one(zabbix.KIND, PROBLEM | {"tags": "[{"}).labels


def test_zabbix_needs_an_event_and_a_title():
    for missing in ({"event_id": "{EVENT.ID}", "trigger_id": ""}, {"title": ""}):
        with pytest.raises(Invalid):
            read(zabbix.KIND, PROBLEM | missing)


# ---- Uptime Kuma ----

DOWN: dict[str, Any] = json.loads(uptime_kuma.KIND.sample(NOW))


def test_a_monitor_of_kuma_goes_down_and_up():
    down = one(uptime_kuma.KIND, DOWN)
    up = one(uptime_kuma.KIND, DOWN | {"heartbeat": DOWN["heartbeat"] | {"status": 1, "msg": "200 - OK"}})
    assert (down.title, down.severity, down.alerts[0].firing) == ("OnCall test is down", "critical", True)
    assert down.labels == {"monitor": "OnCall test", "type": "http", "team": "samples"}
    assert (up.key, up.alerts[0].firing) == (down.key, False)
    assert down.alerts[0].begun_at == NOW


def test_maintenance_in_kuma_is_a_note():
    payload = read(uptime_kuma.KIND, DOWN | {"heartbeat": DOWN["heartbeat"] | {"status": 3}})
    assert [act.verb for act in payload.acts] == [Verb.NOTE] and payload.bundles == ()


def test_kumas_test_button_and_its_warnings():
    bundle = one(uptime_kuma.KIND, {"heartbeat": None, "monitor": None, "msg": "My Notification Testing"})
    assert (bundle.title, bundle.alerts[0].firing) == ("My Notification Testing", True)


# ---- Sentry ----

EVENT: dict[str, Any] = json.loads(sentry.KIND.sample(NOW))
METRIC: dict[str, Any] = {
    "action": "critical",
    "actor": {"id": "sentry", "name": "Sentry", "type": "application"},
    "data": {
        "description_text": "1000 events in the last 10 minutes\nFilter: level:error",
        "description_title": "Critical: Too many errors",
        "metric_alert": {
            "alert_rule": {"aggregate": "count()", "id": "7", "name": "Too many errors", "query": "level:error"},
            "date_started": "2020-09-08T17:25:17.000000Z",
            "id": "119",
            "identifier": "43",
            "projects": ["bar"],
            "status": 20,
            "title": "Too many errors",
        },
        "web_url": "https://sentry.io/organizations/foo/alerts/43/",
    },
    "installation": {"uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"},
}


def issue(action: str) -> dict[str, Any]:
    return {
        "action": action,
        "data": {"issue": {"id": "1170820242", "shortId": "FRONT-1", "title": "ReferenceError: heck is not defined"}},
        "actor": {"type": "user", "id": 1, "name": "Ana"},
    }


def test_a_sentry_issue_alert_and_the_end_of_its_issue():
    bundle = one(sentry.KIND, EVENT)
    assert (bundle.key, bundle.title) == ("issue 1170820242", "OnCall test: ReferenceError")
    assert bundle.labels["rule"] == "Sample rule" and bundle.labels["browser"] == "Firefox"
    for action in ("resolved", "archived"):
        end = one(sentry.KIND, issue(action))
        assert (end.key, end.alerts[0].firing) == (bundle.key, False)


def test_to_be_assigned_in_sentry_is_to_be_acknowledged():
    (act,) = read(sentry.KIND, issue("assigned")).acts
    assert (act.verb, act.key, act.by) == (Verb.ACKNOWLEDGE, "issue 1170820242", "Ana")


@pytest.mark.parametrize("payload", [issue("created"), issue("unresolved"), {"data": {"comment": "x"}}])
def test_only_rules_of_sentry_raise_alerts(payload: object):
    taken = read(sentry.KIND, payload)
    assert (taken.bundles, taken.acts) == ((), ()) and taken.remarks


def test_a_sentry_metric_alert_fires_and_ends():
    bundle = one(sentry.KIND, METRIC)
    assert (bundle.key, bundle.title, bundle.severity) == ("metric 43", "Too many errors", "critical")
    assert bundle.links == (Link(label="Sentry", url="https://sentry.io/organizations/foo/alerts/43/"),)
    data = METRIC["data"] | {"description_title": "Resolved: Too many errors"}
    end = one(sentry.KIND, METRIC | {"action": "resolved", "data": data})
    assert (end.key, end.title, end.alerts[0].firing) == ("metric 43", "Too many errors", False)


def test_sentrys_older_plugin():
    given = {
        "id": "27379932",
        "project": "backend",
        "level": "error",
        "culprit": "raven.scripts.runner in main",
        "message": "This is an example Python exception",
        "url": "https://sentry.io/organizations/example/issues/27379932/",
        "event": {"title": "This is an example Python exception", "event_id": "5c9b", "tags": [["level", "error"]]},
    }
    bundle = one(sentry.KIND, given)
    assert (bundle.key, bundle.severity) == ("issue 27379932", "error")
    assert bundle.links[0].url.endswith("/27379932/")


# ---- Datadog ----

TRIGGERED: dict[str, Any] = json.loads(datadog.KIND.sample(NOW))


def test_a_datadog_monitor_triggers_and_recovers():
    bundle = one(datadog.KIND, TRIGGERED)
    assert (bundle.title, bundle.severity, bundle.alerts[0].begun_at) == ("OnCall test", "info", NOW)
    assert bundle.labels["env"] == "test" and bundle.links == (
        Link(label="Datadog", url="https://app.datadoghq.com/monitors/91879842"),
    )
    end = one(datadog.KIND, TRIGGERED | {"transition": "Recovered", "alert_type": "success", "id": "other"})
    assert (end.key, end.alerts[0].firing) == (bundle.key, False)


@pytest.mark.parametrize("title", ["[Triggered on {host:a}] CPU", "[P2] [Re-Triggered] CPU", "CPU"])
def test_datadogs_titles_lose_their_state(title: str):
    assert one(datadog.KIND, TRIGGERED | {"alert_title": "$ALERT_TITLE", "title": title}).title == "CPU"


def test_what_datadog_could_not_fill_in_is_left_out():
    bundle = one(datadog.KIND, TRIGGERED | {"host": "$HOSTNAME", "priority": "null", "org": "n/a"})
    assert "host" not in bundle.labels and "org" not in bundle.labels
    assert bundle.severity == "critical"


def test_a_warning_of_datadog_is_one_whatever_its_priority():
    assert one(datadog.KIND, TRIGGERED | {"transition": "Warn"}).severity == "warning"
