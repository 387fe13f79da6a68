"""A note on an alert group."""

from __future__ import annotations

from forms.base import Form, LongText, Lookup
from forms.group import NUMBER


class AddNote(Form):
    title = "Add a note"
    submit = "Add"

    group = Lookup("Alert group", hint="12", shape=NUMBER, required=True, choices="recent_groups")
    text = LongText("What did you find?", hint="Disk of db-3 was full; old logs removed", required=True, rest=True)
