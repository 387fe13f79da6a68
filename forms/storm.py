"""A storm of alert groups: which one, and when there is one."""

from __future__ import annotations

from forms.base import Channel, Duration, Form, Lookup, Number, Text


class ChooseStorm(Form):
    title = "Choose a storm"
    submit = "Go on"

    storm = Lookup("Storm", hint="The last one", required=True, choices="storms")


class SilenceStorm(Form):
    title = "Silence a storm"
    submit = "Silence"
    introduction = (
        "Nobody is paged for any of its alert groups until the time is over. Then those that are left fire again."
    )

    storm = Lookup("Storm", hint="The last one", required=True, choices="storms")
    duration = Duration("For how long", hint="30m, 2h, until tomorrow 9:00", required=True, rest=True)
    reason = Text("Reason", hint="Known issue, fix is rolling out", typed=False)


class ConfigureStorms(Form):
    title = "Storms of alert groups"
    submit = "Save"
    introduction = (
        "When more alert groups open in a channel than this, one post shows them all, and each person is paged once. "
        "Critical ones keep their own posts and pages."
    )

    limit = Number("New groups a minute", hint="20; 0 for never", minimum=0, maximum=1000, required=True)
    channel = Channel("Only in this channel", hint="town-square")
