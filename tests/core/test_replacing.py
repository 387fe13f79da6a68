"""Fields are replaced alike in what is made for every alert and in everything else."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.alert_group import AlertGroup, Note
from bot.core.replacing import replace
from bot.core.text import Text

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    title: str
    step: int = 0


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
BOTH = pytest.mark.parametrize("value", (GROUP, Plain(title="Disk is full")), ids=("struct", "dataclass"))


@BOTH
def test_the_named_fields_change_and_the_others_stay(value: Any) -> None:
    changed = replace(value, step=2)
    assert type(changed) is type(value)
    assert (changed.step, changed.title, value.step) == (2, "Disk is full", 0)
    assert changed != value and replace(changed, step=0) == value


@BOTH
def test_a_field_that_there_is_not_is_a_mistake(value: Any) -> None:
    with pytest.raises(TypeError):
        replace(value, stpe=2)


@BOTH
def test_nothing_else_changes_a_field(value: Any) -> None:
    with pytest.raises(AttributeError):
        value.step = 2


def test_what_is_done_when_it_is_made_is_done_again() -> None:
    """A text within a text comes back from the database as its fields."""
    inner = {"english": "{count} alert", "other": "{count} alerts", "values": {"count": 2}}
    assert replace(Text(english="{alerts}"), values={"alerts": inner}).values == {"alerts": Text(**inner)}
