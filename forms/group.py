"""An alert group, by its number."""

from __future__ import annotations

from forms.base import Form, Lookup

NUMBER = r"#?\d{1,9}"


class Group(Form):
    title = "Choose an alert group"
    submit = "Go on"

    group = Lookup("Alert group", hint="12", shape=NUMBER, required=True, choices="live_groups")


class ResolvedGroup(Form):
    title = "Choose an alert group"
    submit = "Reopen"

    group = Lookup("Alert group", hint="12", shape=NUMBER, required=True, choices="resolved_groups")
