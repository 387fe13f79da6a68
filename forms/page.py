"""Calling people by hand."""

from __future__ import annotations

from forms.base import Choice, Form, LongText, Lookup, Option, Users

URGENCIES = (
    Option(value="high", label="Now: page until somebody acknowledges"),
    Option(value="low", label="When they can: tell the first person only"),
)


class PagePeople(Form):
    title = "Page somebody"
    submit = "Page"

    who = Lookup("Whom", hint="@ben, or an integration", required=True, choices="pageable")
    text = LongText("What is it about?", hint="The database is down", required=True, rest=True)
    urgency = Choice("How urgent", typed=False, default="high", options=URGENCIES, radio=True)


class CreateGroup(Form):
    title = "Create an alert group"
    submit = "Create"

    text = LongText("What is wrong?", hint="Customers cannot pay", required=True, rest=True)
    people = Users("People to page", help="In this order. Leave empty to page nobody.", typed=False)
