"""Alert groups, by their numbers."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, validates_schema

from forms.base import NEEDED, Form, LongText, Lookup
from forms.numbers import AlertGroups

NUMBER = r"#?\d{1,9}"
CONDITIONS = 'severity=warning team=~"db|web"'
WHICH = "Several as 12 15-20."
ONLY = (
    "For labels, severity and title, as severity=warning. They narrow down what is chosen; "
    "if nothing is, whatever meets them is meant."
)


class Group(Form):
    title = "Choose an alert group"
    submit = "Go on"

    group = Lookup("Alert group", hint="12", shape=NUMBER, required=True, choices="live_groups")


class NamesSome(Schema):
    """Which alert groups are meant has to be said, by number, by state or by condition."""

    @validates_schema(skip_on_field_errors=False)
    def check(self, data: dict[str, Any], **_: Any) -> None:
        if not data.get("group", True) and not data.get("where", True):
            raise ValidationError(NEEDED, "group")


class Groups(NamesSome, Form):
    title = "Choose alert groups"
    submit = "Go on"

    group = AlertGroups("Alert groups", help=WHICH, choices="live_groups")
    where = LongText("Conditions", hint=CONDITIONS, help=ONLY, max_length=1000, rest=True)


class AcknowledgedGroups(Groups):
    group = AlertGroups("Alert groups", help=WHICH, choices="acknowledged_groups")


class SilencedGroups(Groups):
    group = AlertGroups("Alert groups", help=WHICH, choices="silenced_groups")


class ResolvedGroup(Form):
    title = "Choose an alert group"
    submit = "Reopen"

    group = Lookup("Alert group", hint="12", shape=NUMBER, required=True, choices="resolved_groups")
