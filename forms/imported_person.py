"""One row of a list of people that an operator imports."""

from __future__ import annotations

from collections.abc import Mapping

from marshmallow import EXCLUDE, Schema

from forms.base import Choice, Text, is_empty
from forms.contact import ROLES, Email, Name, Phone, Zone


class ImportedPerson(Schema):
    name = Name("Name")
    email = Email("E-mail address")
    phone = Phone("Phone")
    zone = Zone("Time zone")
    role = Choice("Role", options=ROLES)
    username = Text("Username")

    class Meta:
        unknown = EXCLUDE


def read_person(values: Mapping[str, str | None]) -> dict[str, str]:
    """Every field, empty where the row has nothing. Raises ValidationError with messages by field name."""
    loaded: dict[str, str] = ImportedPerson().load({name: text for name, text in values.items() if not is_empty(text)})
    return loaded
