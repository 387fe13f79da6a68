"""Real payloads of Alertmanager 0.25, and everything a sender could get wrong."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.alert_group import Link
from bot.integrations import alertmanager
from bot.integrations.payload import KEY_LENGTH, LABELS_KEPT, TITLE_LENGTH, VALUE_LENGTH, Invalid, Payload
from bot.storage import codec

DATA = Path(__file__).parent.parent / "data" / "alertmanager"

FIRING: dict[str, Any] = {"status": "firing", "labels": {"alertname": "Disk"}, "fingerprint": "f1"}


def read(payload: object, *group_by: str) -> Payload:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return asyncio.run(alertmanager.read(body, group_by))


def errors(payload: object) -> dict[str, str]:
    with pytest.raises(Invalid) as invalid:
        read(payload)
    return invalid.value.errors


def sample(name: str) -> bytes:
    return (DATA / f"{name}.json").read_bytes()


def test_a_real_alert():
    payload = read(sample("firing-single"))
    (bundle,) = payload.bundles
    assert bundle.key == '{}:{alertname="InstanceDown", grp="api"}'
    assert (bundle.title, bundle.summary, bundle.severity) == (
        "InstanceDown (grp: api)",
        "InstanceDown on api",
        "critical",
    )
    assert bundle.links == (
        Link(label="Source", url="http://prometheus.example.com/graph?g0.expr=up%3D%3D0&g0.tab=1"),
        Link(label="Runbook", url="https://runbooks.example.com/InstanceDown"),
    )
    (alert,) = bundle.alerts
    assert alert.firing and alert.begun_at is not None and alert.begun_at.tzinfo == UTC
    assert alert.begun_at.microsecond % 1000 == 0
    assert payload.notes == {}


def test_several_alerts_share_a_group_with_the_worst_severity():
    (bundle,) = read(sample("firing-multi")).bundles
    assert len({alert.fingerprint for alert in bundle.alerts}) == 3
    assert bundle.severity == "critical"


def test_a_group_may_be_resolved_in_part_or_in_whole():
    assert [alert.firing for alert in read(sample("partly-resolved")).bundles[0].alerts] == [False, True, True]
    assert [alert.firing for alert in read(sample("resolved")).bundles[0].alerts] == [False]


def test_a_redelivery_reads_the_same():
    assert read(sample("firing-multi")) == read(sample("firing-multi"))


def test_chosen_labels_split_one_payload_into_groups():
    bundles = read(sample("firing-multi"), "instance").bundles
    assert [bundle.key for bundle in bundles] == [f"instance=10.0.0.{n}:8080" for n in (1, 2, 3)]
    assert bundles[2].severity == "warning"
    assert bundles[0].title == "HighErrorRate (instance: 10.0.0.1:8080)"


def test_a_chosen_label_may_be_missing():
    assert [bundle.key for bundle in read({"alerts": [FIRING]}, "team", "zone").bundles] == ["team=\nzone="]


def test_the_least_that_is_taken():
    payload = read({"alerts": [{"labels": {"x": 1}}]})
    (bundle,) = payload.bundles
    assert (bundle.title, bundle.alerts[0].firing, bundle.alerts[0].labels) == ("x: 1", True, {"x": "1"})
    assert bundle.key and bundle.alerts[0].fingerprint


def test_a_status_missing_at_the_alert_is_the_groups():
    assert not read({"status": "resolved", "alerts": [{"labels": {"x": "1"}}]}).bundles[0].alerts[0].firing


def test_the_readable_part_is_taken_and_the_rest_is_told():
    payload = read({"alerts": [FIRING, 7, {"labels": []}, {**FIRING, "status": "odd", "startsAt": "yesterday"}]})
    assert payload.alerts == 2
    assert payload.notes == {
        "alerts.1": "This alert is not an object with labels; it was left out.",
        "alerts.2": "This alert is not an object with labels; it was left out.",
        "alerts.3.status": "This status is neither firing nor resolved; it was taken as firing.",
        "alerts.3.startsAt": "This time cannot be read; it was left out.",
    }


@pytest.mark.parametrize("payload", [{}, {"alerts": None}, {"alerts": []}, {"alerts": {}}, {"alerts": "x"}])
def test_without_alerts_it_is_refused(payload: object):
    assert errors(payload) == {"alerts": "There must be a list of at least one alert."}


def test_without_a_usable_alert_each_is_explained():
    assert list(errors({"alerts": [1, None, {}]})) == ["alerts.0", "alerts.1", "alerts.2"]
    assert len(errors({"alerts": [1] * 1000})) == 20


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null"])
def test_a_body_that_is_no_object_is_refused(body: bytes):
    assert errors(body) == {"": "The body must be a JSON object."}


@pytest.mark.parametrize(
    "body", [b"{", b'{"alerts": [', b"\xff\xfe", b"{}x", b'{"a" 1}', b"{1: 2}", b"[" * 100_000, b"9" * 10_000]
)
def test_a_body_that_is_no_json_is_refused(body: bytes):
    assert errors(body)[""].startswith("This is not JSON: ")


def test_every_text_is_bounded():
    long = "ä" * 10_000
    labels = {"alertname": long, long: long} | {f"l{number}": long for number in range(500)}
    alert = {"labels": labels, "annotations": {"summary": long * 10}, "fingerprint": long}
    (bundle,) = read({"alerts": [alert], "groupKey": long, "groupLabels": labels}).bundles
    assert len(bundle.title) == TITLE_LENGTH
    assert len(bundle.key) == KEY_LENGTH
    assert len(bundle.labels) <= 2 * LABELS_KEPT
    assert max(len(text) for pair in bundle.labels.items() for text in pair) == VALUE_LENGTH
    assert len(bundle.alerts[0].labels) == LABELS_KEPT
    assert len(bundle.alerts[0].fingerprint) == VALUE_LENGTH


def test_long_keys_that_begin_alike_stay_different():
    first, second = (read({"alerts": [FIRING], "groupKey": "k" * 9_000 + end}).bundles[0].key for end in "ab")
    assert first != second


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://x",
        "http://a b",
        "http\u017f://x",
        "http://x`",
        "https://x\n",
        7,
        None,
        "http://x/" + "y" * 3_000,
        '<"',
    ],
)
def test_only_plain_web_addresses_become_links(url: object):
    assert read({"alerts": [{**FIRING, "generatorURL": url}]}).bundles[0].links == ()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-11-22T00:33:16.602809123Z", datetime(2026, 11, 22, 0, 33, 16, 602000, UTC)),
        ("2026-11-22T02:33:16+02:00", datetime(2026, 11, 22, 0, 33, 16, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+05:00", None),
        ("", None),
        (17, None),
    ],
)
def test_instants(given: object, expected: datetime | None):
    assert read({"alerts": [{**FIRING, "startsAt": given}]}).bundles[0].alerts[0].begun_at == expected


def test_a_stray_byte_does_not_lose_an_alert():
    body = json.dumps({"alerts": [FIRING]}).encode().replace(b"Disk", b"Di\xffk\x01\\ud800\\u0000")
    title = read(body).bundles[0].title
    assert title == "Di\ufffdk\x01?"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
fields = ("status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint")
odd_alerts = anything | st.fixed_dictionaries({}, optional=dict.fromkeys(fields, anything))
odd_payloads = st.fixed_dictionaries(
    {"alerts": st.lists(odd_alerts, max_size=5) | anything},
    optional=dict.fromkeys(("status", "groupKey", "groupLabels", "commonLabels", "commonAnnotations"), anything),
)


@settings(max_examples=150, deadline=None)
@given(payload=odd_payloads, group_by=st.lists(st.sampled_from(["a", "alertname"]), max_size=2))
def test_whatever_is_sent_is_taken_or_refused_in_words(payload: object, group_by: list[str]):
    try:
        taken = read(payload, *group_by)
    except Invalid as invalid:
        assert invalid.errors and all(invalid.errors.values())
        return
    assert taken.alerts >= 1
    for bundle in taken.bundles:
        assert bundle.key and bundle.title
        assert bson.encode(codec.write(bundle))


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=300))
def test_any_bytes_are_refused_in_words(body: bytes):
    assert all(errors(body).values())
