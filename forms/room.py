"""A channel for an alert group."""

from __future__ import annotations

from forms.base import Form, Lookup, Toggle
from forms.group import NUMBER


class OpenRoom(Form):
    title = "Open a channel"
    submit = "Open"
    introduction = "You and everybody who was paged become members."

    group = Lookup("Alert group", hint="12", shape=NUMBER, required=True, choices="live_groups")
    private = Toggle("Private", hint="Only members see it", typed=False)
