"""What admins do to the routes of an integration. Pure.

Routes are meant by their ids, so that two admins who work at the same time do not undo what the other does.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.core.neutral import neutral
from bot.core.replacing import replace
from bot.core.routing import ROUTES, Route
from bot.core.text import Text, say

NAME_LENGTH = 60


def named(integration: Integration, name: str) -> Route | None:
    """By its name or its place, which people see in the list."""
    wanted = name.strip().lower()
    found = next((route for route in integration.routes if route.name.lower() == wanted), None)
    if found is not None or not wanted.isdecimal() or len(wanted) > 4 or not 0 < int(wanted) <= len(integration.routes):
        return found
    return integration.routes[int(wanted) - 1]


def with_id(integration: Integration, route_id: str) -> Route | None:
    return next((route for route in integration.routes if route.id == route_id), None)


def add(integration: Integration, *, route: Route, position: int | None) -> Change[Integration]:
    """At this place, from 1; at the end without one."""
    routes = list(integration.routes)
    if len(routes) >= ROUTES:
        return Change(doc=integration, note=say("There are {most} routes already. Remove one first.", most=ROUTES))
    if _taken(integration, route):
        return Change(doc=integration, note=_name_taken(route))
    routes.insert(len(routes) if position is None else position - 1, route)
    after = replace(integration, routes=tuple(routes))
    place = after.routes.index(route) + 1
    return Change(doc=after, note=say("**Route {place} is “{name}”.**", place=place, name=_shown(route)))


def edit(integration: Integration, *, route: Route, decide: Callable[[Route], Route]) -> Change[Integration]:
    """`decide` gets the route as it is by now, and changes what is to be changed."""
    old = with_id(integration, route.id)
    if old is None:
        return _gone(integration, route.name)
    edited = decide(old)
    if _taken(integration, edited):
        return Change(doc=integration, note=_name_taken(edited))
    after = tuple(edited if one.id == route.id else one for one in integration.routes)
    return Change(
        doc=replace(integration, routes=after), note=say("**Route “{name}” is changed.**", name=_shown(edited))
    )


def move(integration: Integration, *, route: Route, position: int) -> Change[Integration]:
    old = with_id(integration, route.id)
    if old is None:
        return _gone(integration, route.name)
    routes = [one for one in integration.routes if one.id != route.id]
    routes.insert(position - 1, old)
    after = replace(integration, routes=tuple(routes))
    place = after.routes.index(old) + 1
    return Change(doc=after, note=say("Route “{name}” is number {place} now.", name=_shown(old), place=place))


def switch(integration: Integration, *, route: Route, on: bool) -> Change[Integration]:
    old = with_id(integration, route.id)
    if old is None:
        return _gone(integration, route.name)
    after = tuple(replace(one, on=on) if one.id == route.id else one for one in integration.routes)
    if on:
        note = say("Route “{name}” is on.", name=_shown(old))
    else:
        note = say("Route “{name}” is off: what it took goes to the routes after it.", name=_shown(old))
    return Change(doc=replace(integration, routes=after), note=note)


def remove(integration: Integration, *, route: Route) -> Change[Integration]:
    if with_id(integration, route.id) is None:
        return _gone(integration, route.name)
    after = tuple(one for one in integration.routes if one.id != route.id)
    note = say("Route “{name}” is removed. Alert groups that took it stay as they are.", name=_shown(route))
    return Change(doc=replace(integration, routes=after), note=note)


def _taken(integration: Integration, route: Route) -> bool:
    return any(one.name.lower() == route.name.lower() and one.id != route.id for one in integration.routes)


def _name_taken(route: Route) -> Text:
    return say("There is a route called “{name}” already. Choose another name.", name=_shown(route))


def _gone(integration: Integration, name: str) -> Change[Integration]:
    shown = neutral(name, NAME_LENGTH)
    return Change(doc=integration, note=say("Route “{name}” was removed by somebody else meanwhile.", name=shown))


def _shown(route: Route) -> str:
    return neutral(route.name, NAME_LENGTH)
