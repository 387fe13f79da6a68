"""Any JSON: what senders in the wild call things, and when an alert has ended."""

import asyncio
import json
from typing import Any

import pytest

from bot.core.alert_group import Link
from bot.integrations import webhook
from bot.integrations.payload import Bundle, Invalid, Payload, Verb


def read(payload: object) -> Payload:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return asyncio.run(webhook.read(body, ()))


def one(payload: object) -> Bundle:
    (bundle,) = read(payload).bundles
    return bundle


def test_what_the_configuration_shows():
    bundle = one(
        {
            "title": "Disk is full",
            "message": "/var on db-1: 97 %",
            "severity": "Critical",
            "status": "firing",
            "id": "disk-db-1",
            "url": "https://wiki.example.com/disk",
            "labels": {"host": "db-1"},
        }
    )
    assert (bundle.key, bundle.title, bundle.summary) == ("id=disk-db-1", "Disk is full", "/var on db-1: 97 %")
    assert (bundle.severity, bundle.alerts[0].firing) == ("critical", True)
    assert bundle.links == (Link(label="Source", url="https://wiki.example.com/disk"),)
    assert bundle.labels["host"] == "db-1" and "message" not in bundle.labels


def test_the_state_is_no_label_because_it_changes():
    (bundle,) = read({"id": 1, "title": "a", "status": "firing", "state": "Bavaria", "type": "disk"}).bundles
    assert bundle.labels == {"id": "1", "title": "a", "state": "Bavaria", "type": "disk"}


IN_THE_WILD: dict[str, tuple[dict[str, Any], str, bool]] = {
    "UptimeRobot": (
        {"monitorID": 7, "monitorURL": "https://x.example", "monitorFriendlyName": "x", "alertType": "1", "title": "x"},
        "monitorid=7",
        True,
    ),
    "Netdata": ({"name": "ram", "status": "CLEAR", "host": "db", "info": "used"}, "", False),
    "Jenkins": ({"name": "build", "build": {"number": 7, "status": "FAILURE"}}, "", True),
    "Healthchecks": ({"name": "backup", "status": "up", "key": "k1"}, "key=k1", False),
    "Pingdom": ({"check_id": 9, "check_name": "web", "current_state": "DOWN"}, "checkid=9", True),
    "StatusCake": ({"Name": "web", "Status": "Up", "Token": "t"}, "", False),
    "Kapacitor": ({"id": "cpu:nil", "message": "cpu", "level": "OK"}, "id=cpu:nil", False),
    "Azure": ({"data": {"essentials": {"alertId": "/a", "alertRule": "r", "severity": "Sev3"}}}, "alertid=/a", True),
    "nested": ({"event": {"incident": {"title": "Burns", "state": "resolved", "id": 5}}}, "id=5", False),
    "bare flag": ({"title": "x", "resolved": True}, "", False),
    "is_firing": ({"title": "x", "is_firing": False}, "", False),
}


@pytest.mark.parametrize("name", IN_THE_WILD)
def test_senders_in_the_wild(name: str):
    given, key, firing = IN_THE_WILD[name]
    bundle = one(given)
    assert bundle.alerts[0].firing is firing
    assert bundle.key == key or not key


@pytest.mark.parametrize(
    "word", ["ok", "OK", "Resolved", "recovered", "closed", "up", "CLEAR", "normal", "Back to normal", "healthy"]
)
@pytest.mark.parametrize("name", ["status", "state", "alert_state", "newState", "action"])
def test_ends(word: str, name: str):
    assert not one({"title": "x", name: word}).alerts[0].firing


@pytest.mark.parametrize("payload", [{"x": 1}, {"status": "??"}, {"status": 200}, {"status": None, "title": "x"}])
def test_what_cannot_be_told_is_firing(payload: object):
    assert one(payload).alerts[0].firing


def test_fire_and_end_without_an_id_have_one_key():
    fire = one({"title": "[FIRING:2] Disk is full", "host": "db-1"})
    end = one({"title": "[RESOLVED] Disk is full", "host": "db-1"})
    assert fire.key == end.key and fire.title == end.title == "Disk is full"
    assert (fire.alerts[0].firing, end.alerts[0].firing) == (True, False)
    assert one({"title": "[staging] Disk is full"}).title == "[staging] Disk is full"


@pytest.mark.parametrize("wrap", [lambda given: given, lambda given: {"alerts": given, "severity": "high"}])
def test_lists_of_alerts(wrap: Any):
    payload = read(wrap([{"id": 1, "title": "a"}, {"id": 2, "title": "b", "status": "ok"}, 7]))
    assert [(bundle.key, bundle.alerts[0].firing) for bundle in payload.bundles] == [("id=1", True), ("id=2", False)]
    assert list(payload.notes.values()) == ["An alert has to be a JSON object with something in it; this was left out."]


def test_what_stands_around_a_list_holds_for_each():
    assert one({"alerts": [{"title": "a"}], "severity": "high"}).severity == "high"


def test_acknowledging_is_an_act():
    payload = read({"id": 1, "title": "a", "status": "Acknowledged"})
    assert payload.bundles == () and [(act.key, act.verb) for act in payload.acts] == [("id=1", Verb.ACKNOWLEDGE)]


def test_addresses_become_links_with_words():
    given = {
        "title": "x",
        "runbook_url": "https://a.example/",
        "dashboardURL": "https://b.example/",
        "href": "https://c.example/",
        "evil": "https://x.example/<script>",
        "bad": "javascript:alert(1)",
    }
    assert [(link.label, link.url) for link in one(given).links] == [
        ("Runbook", "https://a.example/"),
        ("Dashboard", "https://b.example/"),
        ("Source", "https://c.example/"),
    ]


@pytest.mark.parametrize("body", [b"7", b'"x"', b"null", b"[]", b"{}", b"[1, 2]"])
def test_what_is_no_object_is_refused(body: bytes):
    with pytest.raises(Invalid):
        read(body)
