"""Opsgenie's requests, as its documentation shows them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.alert_group import Link
from bot.integrations import opsgenie
from bot.integrations.payload import Invalid, Verb

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DOCUMENTED: dict[str, Any] = {
    "message": "An example alert message",
    "alias": "Life is too short for no alias",
    "description": "Every alert needs a description",
    "responders": [{"id": "4513b7ea-3b91-438f-b7e4-e3e54af9147c", "type": "team"}],
    "visibleTo": [{"name": "rocket_team", "type": "team"}],
    "actions": ["Restart", "AnExampleAction"],
    "tags": ["OverwriteQuietHours", "Critical"],
    "details": {"key1": "value1", "runbook": "https://example.com/run"},
    "entity": "An example entity",
    "priority": "P1",
}


def test_the_documented_request():
    step = opsgenie.created(DOCUMENTED)
    (payload,) = step.payloads
    (bundle,) = payload.bundles
    assert (step.alias, bundle.key) == ("Life is too short for no alias",) * 2
    assert (bundle.title, bundle.summary, bundle.severity) == (
        "An example alert message",
        "Every alert needs a description",
        "critical",
    )
    assert bundle.labels["tags"] == "OverwriteQuietHours, Critical" and bundle.labels["key1"] == "value1"
    assert bundle.links == (Link(label="runbook", url="https://example.com/run"),)
    assert sorted(payload.remarks) == ["actions", "responders", "visibleTo"]


@pytest.mark.parametrize(
    ("priority", "severity"),
    [("P1", "critical"), ("P2", "high"), ("P3", "medium"), (None, "medium"), ("P4", "low"), ("P5", "info")],
)
def test_priorities_become_severities(priority: object, severity: str):
    assert opsgenie.created({"message": "x", "priority": priority}).payloads[0].bundles[0].severity == severity


def test_an_alias_is_made_where_there_is_none():
    first, second = (opsgenie.created({"message": "x"}).alias for _ in range(2))
    assert first and first != second


def test_a_note_comes_before_the_close():
    noted, closed = opsgenie.acted("close", "a", {"note": "done", "user": "ana"}, now=NOW).payloads
    assert [(act.verb, act.text, act.by) for act in noted.acts] == [(Verb.NOTE, "done", "ana")]
    assert not closed.bundles[0].alerts[0].firing


@pytest.mark.parametrize("end", [None, "soon", "2026-03-02T09:00:00Z", 7])
def test_a_snooze_needs_an_end_in_the_future(end: object):
    with pytest.raises(Invalid) as invalid:
        opsgenie.acted("snooze", "a", {"endTime": end}, now=NOW)
    assert list(invalid.value.errors) == ["endTime"]


anything = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5)


@settings(max_examples=150, deadline=None)
@given(
    action=st.sampled_from(["close", *opsgenie.VERBS]),
    document=st.dictionaries(st.sampled_from(["note", "user", "source", "endTime"]) | st.text(max_size=3), anything),
)
def test_any_action_is_understood_or_refused_in_words(action: str, document: dict[str, Any]):
    try:
        step = opsgenie.acted(action, "alias", document, now=NOW)
    except Invalid as invalid:
        assert all(invalid.errors.values())
    else:
        assert all(payload.acts or payload.bundles for payload in step.payloads)
