"""Replacing fields is what `dataclasses.replace` does, only quicker."""

import dataclasses
from datetime import UTC, datetime

import pytest

from bot.core.alert_group import AlertGroup, Note
from bot.core.replacing import replace
from bot.core.text import Text

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GROUP = AlertGroup(
    id="g1",
    server_id="s1",
    number=7,
    integration_id="i1",
    integration_name="Production",
    key="disk",
    title="Disk is full",
    labels={"host": "db-3"},
    opened_at=NOW,
    changed_at=NOW,
    notes=(Note(at=NOW, by="anna", text="Known"),),
)


def test_the_result_is_that_of_the_standard_library():
    changed = replace(GROUP, step=2, title="Disk is nearly full", due_at=NOW)
    assert changed == dataclasses.replace(GROUP, step=2, title="Disk is nearly full", due_at=NOW)
    assert type(changed) is AlertGroup


def test_the_document_before_stays_as_it_was():
    before = dataclasses.replace(GROUP)
    replace(GROUP, step=2)
    assert before == GROUP


def test_without_changes_it_is_equal():
    assert replace(GROUP) == GROUP


def test_a_field_that_there_is_not_is_a_mistake():
    with pytest.raises(KeyError):
        replace(GROUP, stpe=2)


def test_what_does_something_when_it_is_made_cannot_be_replaced_so():
    with pytest.raises(AssertionError):
        replace(Text(english="Fired"), english="Fired again")
