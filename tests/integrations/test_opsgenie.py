"""Opsgenie's requests, as its documentation shows them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.alert_group import Link
from bot.integrations import opsgenie
from bot.integrations.opsgenie_actions import ACTIONS, acts
from bot.integrations.payload import SUMMARY_LENGTH, Act, Invalid, Verb

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
    created = opsgenie.created(DOCUMENTED)
    payload = created.payload
    (bundle,) = payload.bundles
    assert (created.alias, bundle.key) == ("Life is too short for no alias",) * 2
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
    assert opsgenie.created({"message": "x", "priority": priority}).payload.bundles[0].severity == severity


def test_an_alias_is_made_where_there_is_none():
    first, second = (opsgenie.created({"message": "x"}).alias for _ in range(2))
    assert first and first != second


def done(action: str, document: dict[str, Any]) -> tuple[Act, ...]:
    return acts(ACTIONS[action], document, now=NOW)


def test_a_note_comes_before_the_close():
    noted, closed = done("close", {"note": "done", "user": "ana"})
    assert (noted.verb, noted.text, noted.by) == (Verb.NOTE, "done", "ana")
    assert (closed.verb, closed.by) == (Verb.RESOLVE, "ana")


@pytest.mark.parametrize("end", [None, "soon", "2026-03-02T09:00:00Z", 7])
def test_a_snooze_needs_an_end_in_the_future(end: object):
    with pytest.raises(Invalid) as invalid:
        done("snooze", {"endTime": end})
    assert list(invalid.value.errors) == ["endTime"]


@pytest.mark.parametrize(
    ("action", "member", "said"),
    [
        ("notes", "note", "Note can not be empty."),
        ("tags", "tags", "Tags can not be empty."),
        ("remove-tags", "tags", "Tags can not be empty."),
        ("details", "details", "Details can not be empty."),
        ("remove-details", "keys", "Keys can not be empty."),
        ("message", "message", "Message can not be empty."),
        ("description", "description", "Description can not be empty."),
        ("priority", "priority", "Priority must be one of [P1, P2, P3, P4, P5]."),
        ("assign", "owner", "Owner can not be empty."),
        ("responders", "responder", "Responder can not be empty."),
        ("teams", "team", "Team can not be empty."),
        ("escalate", "escalation", "Escalation can not be empty."),
    ],
)
def test_what_an_action_needs_is_named_where_it_is_missing(action: str, member: str, said: str):
    for document in ({}, {member: None}, {member: ""}, {member: []}, {member: {}}):
        with pytest.raises(Invalid) as invalid:
            done(action, document)
        assert invalid.value.errors == {member: said}


def test_what_is_removed_comes_as_a_text_with_commas():
    (untagged,) = done("remove-tags", {"tags": "Critical, OverwriteQuietHours,,Critical"})
    assert untagged.said.untagged == ("Critical", "OverwriteQuietHours")
    assert untagged.text == "Tags removed: Critical, OverwriteQuietHours"
    (undetailed,) = done("remove-details", {"keys": "key1,key2"})
    assert undetailed.said.without == ("key1", "key2")


anything = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5)


@settings(max_examples=150, deadline=None)
@given(
    action=st.sampled_from(list(ACTIONS)),
    document=st.dictionaries(
        st.sampled_from(["note", "user", "endTime", "tags", "keys", "details", "owner", "message", "priority"])
        | st.text(max_size=3),
        anything,
    ),
)
def test_any_action_is_understood_or_refused_in_words(action: str, document: dict[str, Any]):
    try:
        understood = done(action, document)
    except Invalid as invalid:
        assert all(invalid.errors.values())
    else:
        assert understood and all(len(act.text) <= SUMMARY_LENGTH for act in understood)


def test_priorities_are_told_back_as_they_came():
    assert [opsgenie.priority_of(severity) for severity in opsgenie.SEVERITIES.values()] == list(opsgenie.SEVERITIES)
    assert opsgenie.priority_of("Critical") == "P1" and opsgenie.priority_of("whatever") == "P3"
