"""How long alert groups are silent, and why."""

from __future__ import annotations

from forms.base import Duration, Form, LongText, Number, Text
from forms.group import CONDITIONS, ONLY, WHICH, NamesSome
from forms.numbers import AlertGroups

PAGES = 100


class Silence(NamesSome, Form):
    title = "Silence alert groups"
    submit = "Silence"
    introduction = "Nobody is paged until the time is over. Then it fires again, if it is not resolved."

    group = AlertGroups("Alert groups", help=WHICH, choices="live_groups")
    duration = Duration(
        "For how long", hint="30m, 2h, until tomorrow 9:00, until working hours", required=True, rest=True
    )
    reason = Text("Reason", hint="Known issue, fix is rolling out", typed=False)
    where = LongText("Conditions", hint=CONDITIONS, help=ONLY, max_length=1000, typed=False, unless="group")


class Silences(Form):
    title = "List silences"
    submit = "List"

    page = Number("Page number", minimum=1, maximum=PAGES, default=1, hint="2")
