"""A source of alerts."""

from __future__ import annotations

from bot.integrations.kinds import KINDS
from forms.base import Channel, Choice, Duration, Form, Lookup, Number, Option, Text, Users, When

BY_LABELS = When(field="kind", among=tuple(kind.name for kind in KINDS if kind.groups_by_labels))
REPORTING = When(field="kind", among=("heartbeat",))


class AddIntegration(Form):
    title = "Add an integration"
    submit = "Add"
    introduction = "You get a URL to paste into the sender's configuration. It is shown once."

    name = Text("Name", hint="Production cluster", required=True, max_length=60)
    people = Users(
        "People to page",
        hint="@ana @ben",
        help="In this order, until somebody acknowledges. Leave empty to post only.",
        rest=True,
    )
    kind = Choice(
        "Kind of sender",
        typed=False,
        default="alertmanager",
        options=tuple(Option(value=kind.name, label=kind.label) for kind in KINDS),
    )
    wait_minutes = Number(
        "Minutes between people",
        help="How long each person has to acknowledge before the next is paged.",
        typed=False,
        minimum=1,
        maximum=1440,
        default=5,
    )
    channel = Channel("Channel", help="Where its alerts are posted. Empty: the default channel.", typed=False)
    group_by = Text(
        "Group by labels",
        hint="alertname, cluster",
        help="Label names, separated by commas. Empty: as the sender groups them.",
        typed=False,
        when=BY_LABELS,
    )
    every = Duration(
        "Heartbeat every",
        length=True,
        hint="10m, 1h, 1d",
        help="How often it must report; an alert group opens when it does not.",
        required=True,
        typed=False,
        when=REPORTING,
    )
    grace = Duration(
        "Heartbeat grace",
        length=True,
        hint="1m",
        help="How late a report may be. Empty: a minute.",
        typed=False,
        when=REPORTING,
    )


class HeartbeatOfIntegration(Form):
    title = "Expect a heartbeat"
    submit = "Expect"
    introduction = "An alert group opens when the integration has not reported for that long, and ends when it does."

    name = Lookup("Integration", required=True, choices="integrations")
    every = Duration("How often it reports", length=True, hint="10m, 1h, 1d", required=True)
    grace = Duration("How late it may be", length=True, hint="1m", help="Empty: a minute.", rest=True)


class RemoveIntegration(Form):
    title = "Remove an integration"
    submit = "Remove"
    introduction = "Its URL is refused from then on. Alert groups that exist stay."

    name = Lookup("Integration", required=True, choices="integrations", rest=True)


class OneIntegration(Form):
    title = "Choose an integration"
    submit = "Show"

    name = Lookup("Integration", required=True, choices="integrations", rest=True)


class SampleAlert(Form):
    title = "Send a sample alert"
    submit = "Send"
    introduction = "It is taken in like a real one: it is posted, and the people in line are paged."

    name = Lookup("Integration", required=True, choices="integrations", rest=True)


class RotateIntegration(Form):
    title = "Make a new key"
    submit = "Make a new key"
    introduction = "The old key works for one more hour, so that you can put the new one into the sender."

    name = Lookup("Integration", required=True, choices="integrations", rest=True)
