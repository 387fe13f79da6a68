"""Routes of an integration: which alerts they take, where those are posted, whom they page."""

from __future__ import annotations

from forms.base import Channel, Form, LongText, Lookup, Number, Text, Toggle, Users

MOST = 50
CONDITIONS = 'severity=critical team=~"db|web"'


class RoutesOfIntegration(Form):
    title = "Show the routes"
    submit = "Show"

    integration = Lookup("Integration", required=True, choices="integrations", rest=True)


class AddRoute(Form):
    title = "Add a route"
    submit = "Add"
    introduction = "The first route whose conditions all hold takes an alert group. Without one it goes as before."

    integration = Lookup("Integration", required=True, choices="integrations")
    route = Text("Name of the route", hint="Databases", required=True, max_length=60)
    conditions = LongText(
        "Conditions",
        hint=CONDITIONS,
        help="For labels, severity and title, with =, !=, =~ and !~. All must hold. Empty: every alert.",
        max_length=1000,
        rest=True,
    )
    channel = Channel("Channel", help="Where they are posted. Empty: the integration's channel.", typed=False)
    also = Text("Also post in", hint="~web ~support", help="Up to four further channels.", typed=False)
    people = Users("People to page", help="In this order. Empty: post only, page nobody.", typed=False)
    wait_minutes = Number("Minutes between people", typed=False, minimum=1, maximum=1440, default=5)
    page_only = Toggle("Page only", hint="Post in no channel", typed=False)
    position = Number("Place", help="1 is tried first. Empty: last.", typed=False, minimum=1, maximum=MOST)


class EditRoute(Form):
    title = "Change a route"
    submit = "Save"
    introduction = "It counts for alert groups that open from now on."

    integration = Lookup("Integration", required=True, choices="integrations")
    route = Lookup("Route", required=True, choices="routes")
    conditions = LongText(
        "Conditions",
        hint=CONDITIONS,
        help="For labels, severity and title, with =, !=, =~ and !~. All must hold. Empty: every alert.",
        max_length=1000,
        rest=True,
    )
    name = Text("New name", help="Empty: as it is.", max_length=60, typed=False)
    channel = Channel("Channel", help="Where they are posted. Empty: the integration's channel.", typed=False)
    also = Text("Also post in", hint="~web ~support", help="Up to four further channels.", typed=False)
    people = Users("People to page", help="In this order. Empty: post only, page nobody.", typed=False)
    wait_minutes = Number("Minutes between people", typed=False, minimum=1, maximum=1440, default=5)
    page_only = Toggle("Page only", hint="Post in no channel", typed=False)


class OneRoute(Form):
    title = "Choose a route"

    integration = Lookup("Integration", required=True, choices="integrations")
    route = Lookup("Route", required=True, choices="routes", rest=True)


class MoveRoute(Form):
    title = "Move a route"
    submit = "Move"

    integration = Lookup("Integration", required=True, choices="integrations")
    route = Lookup("Route", required=True, choices="routes")
    position = Number("To place", help="1 is tried first.", required=True, minimum=1, maximum=MOST)


class TryRoutes(Form):
    title = "Try the routes"
    submit = "Try"
    introduction = "Nothing is posted and nobody is paged."

    integration = Lookup("Integration", required=True, choices="integrations")
    alert = LongText(
        "Labels or alert group",
        hint="severity=critical team=db, or #12",
        help="What the alert would say, or the number of one that was there.",
        max_length=1000,
        rest=True,
    )
