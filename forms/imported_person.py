"""One row of a list of people that an operator imports."""

from __future__ import annotations

from forms.base import Choice, Form, Text
from forms.contact import ROLES, Email, Name, Phone, Zone


class ImportedPerson(Form):
    title = "Import a person"

    name = Name("Name")
    email = Email("E-mail address")
    phone = Phone("Phone")
    zone = Zone("Time zone")
    role = Choice("Role", options=ROLES)
    username = Text("Username")
