"""An alert group, by its number."""

from __future__ import annotations

from forms.base import Form, Lookup


class Group(Form):
    title = "Choose an alert group"
    submit = "Go on"

    group = Lookup("Alert group", hint="12", required=True, choices="live_groups")


class ResolvedGroup(Form):
    title = "Choose an alert group"
    submit = "Reopen"

    group = Lookup("Alert group", hint="12", required=True, choices="resolved_groups")
