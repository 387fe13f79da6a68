"""How grave an alert group is."""

from __future__ import annotations

from forms.base import Form, Lookup, Text
from forms.group import NUMBER


class Severity(Form):
    title = "Change the severity"
    submit = "Change"

    group = Lookup("Alert group", hint="12", shape=NUMBER, required=True, choices="live_groups")
    severity = Text("Severity", hint="critical", help="The list sorts by it.", required=True, rest=True, max_length=40)
