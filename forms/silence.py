"""How long an alert group is silent, and why."""

from __future__ import annotations

from forms.base import Duration, Form, Lookup, Text
from forms.group import NUMBER


class Silence(Form):
    title = "Silence an alert group"
    submit = "Silence"
    introduction = "Nobody is paged until the time is over. Then it fires again, if it is not resolved."

    group = Lookup("Alert group", hint="12", shape=NUMBER, required=True, choices="live_groups")
    duration = Duration(
        "For how long", hint="30m, 2h, until tomorrow 9:00, until working hours", required=True, rest=True
    )
    reason = Text("Reason", hint="Known issue, fix is rolling out", typed=False)
