"""How much of an alert group is shown."""

from __future__ import annotations

from forms.base import Form, Lookup, Toggle
from forms.group import NUMBER


class Show(Form):
    title = "Choose an alert group"
    submit = "Go on"

    group = Lookup("Alert group", hint="12", shape=NUMBER, required=True, choices="recent_groups")
    all = Toggle("Everything", hint="With all that its alerts say", typed=False)
