"""People for an alert group."""

from __future__ import annotations

from forms.base import Form, Lookup, User, Users
from forms.group import NUMBER


class Responders(Form):
    title = "Page more people"
    submit = "Save"

    group = Lookup("Alert group", hint="12", shape=NUMBER, required=True, choices="live_groups")
    people = Users("People", hint="@ben @cho", help="They are paged now. Leave empty to see who was paged.", rest=True)
    remove = Users("Page no more", hint="@ana", help="Who waits in line and is not needed.", typed=False)


class Assign(Form):
    title = "Assign an alert group"
    submit = "Assign"

    group = Lookup("Alert group", hint="12", shape=NUMBER, required=True, choices="live_groups")
    person = User("To whom", hint="@ben", help="They have it then, and are told.", required=True)
