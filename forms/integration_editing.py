"""What can be changed of a source of alerts."""

from __future__ import annotations

from forms.base import Channel, Form, Lookup, Number, Text, Users


class EditIntegration(Form):
    title = "Change an integration"
    submit = "Save"
    introduction = "It counts for alert groups that open from now on. The address and the key stay."

    integration = Lookup("Integration", required=True, choices="integrations")
    people = Users("People to page", hint="@ana @ben", help="In this order. Empty: post only, page nobody.", rest=True)
    name = Text("New name", help="Empty: as it is.", max_length=60, typed=False)
    channel = Channel("Channel", help="Where its alerts are posted. Empty: the default channel.", typed=False)
    wait_minutes = Number("Minutes between people", typed=False, minimum=1, maximum=1440, default=5)
    group_by = Text(
        "Group by labels",
        hint="alertname, cluster",
        help="Label names, separated by commas. Empty: as the sender groups them.",
        typed=False,
    )
