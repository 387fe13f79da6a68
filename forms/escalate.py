"""Whom to page next."""

from __future__ import annotations

from forms.base import Form, Lookup, Number
from forms.group import NUMBER


class Escalate(Form):
    title = "Page the next in line"
    submit = "Page"

    group = Lookup("Alert group", hint="12", shape=NUMBER, required=True, choices="live_groups")
    to = Number("To step", hint="3", help="Empty: the next. `/oncall why 12` shows the steps.", minimum=1, maximum=99)
