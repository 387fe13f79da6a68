"""Maintenance: for what, from when, for how long."""

from __future__ import annotations

from forms.base import Choice, Duration, Form, LongText, Lookup, Option, Text, Toggle
from forms.moments import DateTime

LABELS = 'env=staging team=~"db|web"'


class StartMaintenance(Form):
    title = "Start maintenance"
    submit = "Start"
    introduction = "New alerts are posted and page nobody. Alert groups that are open already stay as they are."

    what = Lookup("For what", hint="all, or an integration", required=True, choices="maintained")
    duration = Duration("For how long", hint="30m, 2h, until 18:00", required=True)
    reason = Text("Reason", hint="Deploy of the shop", rest=True)
    labels = LongText(
        "Only with labels", hint=LABELS, help="As the conditions of routes. Empty: all.", typed=False, max_length=1000
    )


class PlanMaintenance(Form):
    title = "Plan maintenance"
    submit = "Plan"
    introduction = "New alerts are posted and page nobody in that time. Begin and end are told in the channel."

    what = Lookup("For what", hint="all, or an integration", required=True, choices="maintained")
    begins = DateTime("From", required=True, ahead=True, help="In your time zone.")
    duration = Duration("For how long", hint="30m, 2h, until 18:00", required=True)
    reason = Text("Reason", hint="Deploy of the shop", rest=True)
    repeats = Choice(
        "Repeats",
        help="At the same time of day in your time zone, also when the clocks change.",
        typed=False,
        default="never",
        options=(
            Option(value="never", label="Once"),
            Option(value="daily", label="Every day"),
            Option(value="weekdays", label="Monday to Friday"),
            Option(value="weekly", label="Every week"),
            Option(value="monthly", label="Every month"),
        ),
    )
    labels = LongText(
        "Only with labels", hint=LABELS, help="As the conditions of routes. Empty: all.", typed=False, max_length=1000
    )


class EndMaintenance(Form):
    title = "End maintenance"
    submit = "End"
    introduction = "Alert groups that it silenced and that still fire page people at once."

    maintenance = Lookup("Maintenance", required=True, choices="maintenances", rest=True)
    for_good = Toggle("For good", hint="It does not come again", typed=False)
