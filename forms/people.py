"""People, as admins manage them."""

from __future__ import annotations

from forms.base import Choice, Form, Lookup, Number, Option, Text
from forms.contact import ROLES, Email, Name, Phone, Zone


class AddPerson(Form):
    title = "Add a person"
    submit = "Add"
    introduction = "Somebody who is not in Mattermost yet, or has not used OnCall. `/oncall people invite` comes next."

    name = Name("Name", hint="Ana Schmidt", required=True, rest=True)
    email = Email("E-mail address", typed=False)
    phone = Phone("Phone", typed=False)
    zone = Zone("Time zone", typed=False)
    role = Choice("Role", help="Empty: a responder, or an admin if Mattermost says so.", typed=False, options=ROLES)


class ListPeople(Form):
    title = "List people"
    submit = "List"

    search = Text("Name", hint="schmidt", rest=True)
    which = Choice(
        "Which",
        typed=False,
        options=(
            Option(value="unlinked", label="Those who are not linked"),
            Option(value="unreachable", label="Those who cannot be paged"),
        ),
    )
    page = Number("Page number", minimum=1, maximum=200, default=1, hint="2", typed=False)


class OnePerson(Form):
    title = "Choose a person"
    submit = "Go on"

    person = Lookup("Person", hint="@ana", required=True, choices="people", rest=True)


class RemovePerson(OnePerson):
    title = "Remove a person"
    submit = "Remove"
    introduction = "They are paged no more, and their contact data is deleted. Alert groups keep their history."


class InvitePerson(OnePerson):
    title = "Invite a person"
    submit = "Get a code"
    introduction = "You get a one-time code for them. Give it to nobody else: who enters it is linked to this person."


class PersonRole(OnePerson):
    title = "Change a role"
    submit = "Change"

    role = Choice("Role", required=True, typed=False, options=ROLES)
