"""Routes: which alerts of an integration are posted elsewhere or page somebody else, by their labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from bot.call import Ask, Opened, Reply, Value, tell
from bot.chosen import (
    chosen_group,
    chosen_integration,
    chosen_matchers,
    chosen_people,
    line_in_form,
    line_of_form,
    room_in_form,
    rooms_as_typed,
)
from bot.context import Context
from bot.core import routes, routing
from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.core.maintenance_cover import Calendar
from bot.core.maintenance_words import named
from bot.core.neutral import neutral
from bot.core.people import Role
from bot.core.replacing import replace
from bot.core.routing import CHANNELS, Operator, Route
from bot.core.text import Text, say
from bot.described import routes_in_words
from bot.errors import NotFound, UserError
from bot.registry import command
from forms.base import is_empty
from forms.routes import AddRoute, EditRoute, MoveRoute, OneRoute, RoutesOfIntegration, TryRoutes

NUMBERED = re.compile(r"#?\d{1,9}")


@command("route list", form=RoutesOfIntegration, section="set up", needs=Role.VIEWER, aliases=("routes",))
async def list_(ctx: Context, *, integration: str) -> Reply:
    """List the routes of an integration in the order in which they are tried."""
    one = await chosen_integration(ctx, integration)
    told = await routes_in_words(ctx, one)
    return tell(told.heading, *(told.listed(place, route) for place, route in enumerate(one.routes, 1)), told.own_way)


@command("route add", form=AddRoute, section="set up", needs=Role.ADMIN, user_token=True)
async def add(
    ctx: Context,
    *,
    integration: str,
    route: str,
    conditions: str,
    channel: str,
    also: str,
    people: tuple[str, ...],
    wait_minutes: int,
    page_only: bool,
    position: int | str,
) -> Reply:
    """Post some alerts elsewhere, or page somebody else: `route add Prometheus Databases team=db --people @ana`."""
    one = await chosen_integration(ctx, integration)
    made = Route(
        id=ctx.integrations.new_id(),
        name=route,
        matchers=chosen_matchers(conditions),
        channels=await _channels(ctx, channel, also),
        posts=not page_only,
        people=await chosen_people(ctx, people),
        wait_minutes=wait_minutes,
    )
    _check(made)
    place = position if isinstance(position, int) else None
    return await _changed(ctx, one, made, partial(routes.add, route=made, position=place))


@command("route edit", form=EditRoute, section="set up", needs=Role.ADMIN, user_token=True)
async def edit(
    ctx: Context,
    *,
    integration: str,
    route: str,
    conditions: str,
    name: str,
    channel: str,
    also: str,
    people: tuple[str, ...],
    wait_minutes: int,
    page_only: bool,
) -> Reply:
    """Change a route: what is typed, or everything in a form."""
    one = await chosen_integration(ctx, integration)
    old = _found(one, route)
    given = {field for field, value in ctx.call.values.items() if not is_empty(value)}
    whole = ctx.call.opened is Opened.FORM
    if not whole and given <= {"integration", "route"}:
        return await _ask(ctx, one, old)
    matchers = chosen_matchers(conditions)
    channels = await _channels(ctx, channel, also, known=old.channels)
    persons = await (line_of_form(ctx, people, old.people) if whole else chosen_people(ctx, people))

    def changed(now: Route) -> Route:
        return replace(
            now,
            name=name or now.name,
            matchers=matchers if whole or "conditions" in given else now.matchers,
            channels=channels if whole or given & {"channel", "also"} else now.channels,
            people=persons if whole or "people" in given else now.people,
            wait_minutes=wait_minutes if whole or "wait_minutes" in given else now.wait_minutes,
            posts=not page_only if whole or "page_only" in given else now.posts,
        )

    _check(changed(old))
    return await _changed(ctx, one, old, partial(routes.edit, route=old, decide=changed))


@command("route move", form=MoveRoute, section="set up", needs=Role.ADMIN)
async def move(ctx: Context, *, integration: str, route: str, position: int) -> Reply:
    """Try a route earlier or later: `route move Prometheus Databases 1`."""
    return await _decided(ctx, integration, route, partial(routes.move, position=position))


@command("route on", form=OneRoute, section="set up", needs=Role.ADMIN)
async def switch_on(ctx: Context, *, integration: str, route: str) -> Reply:
    """Switch a route on."""
    return await _decided(ctx, integration, route, partial(routes.switch, on=True))


@command("route off", form=OneRoute, section="set up", needs=Role.ADMIN)
async def switch_off(ctx: Context, *, integration: str, route: str) -> Reply:
    """Switch a route off without forgetting it."""
    return await _decided(ctx, integration, route, partial(routes.switch, on=False))


@command("route remove", form=OneRoute, section="set up", needs=Role.ADMIN)
async def remove(ctx: Context, *, integration: str, route: str) -> Reply:
    """Remove a route."""
    return await _decided(ctx, integration, route, routes.remove)


@command("route test", form=TryRoutes, section="set up", needs=Role.VIEWER)
async def test(ctx: Context, *, integration: str, alert: str) -> Reply:
    """Try which route an alert would take: `route test Prometheus severity=critical team=db`, or `#12`."""
    one = await chosen_integration(ctx, integration)
    about, known = await _facts(ctx, alert)
    told = await routes_in_words(ctx, one)
    found = routing.tried(one.routes, known)
    taken = next((each.route for each in found if each.takes), None)
    lines = [told.tried(place, each, known, first=each.route is taken) for place, each in enumerate(found, 1)]
    if taken is None:
        lines.append(say("No route takes it, so it goes the integration's own way."))
    cover = Calendar(await ctx.maintenances.current(), ctx.now).cover(one.id, known)
    if cover is not None:
        name = named(cover.maintenance)
        lines.append(say("The maintenance {name} keeps it silent until {until}.", name=name, until=cover.until))
    return tell(about, *lines, say("As things are now: {way}", way=told.way(taken)))


async def _facts(ctx: Context, alert: str) -> tuple[Text, routing.Facts]:
    """What is tried, in words, and what can be matched of it."""
    if NUMBERED.fullmatch(alert.strip()):
        group = await chosen_group(ctx, alert)
        known = routing.facts(group.labels, severity=group.severity, title=group.title)
        about = say("**#{number} {title}**", number=group.number, title=neutral(group.title, 120))
        if group.route:
            was = say("it took the route “{route}” when it opened", route=neutral(group.route, 60))
            return say("{about}: {was}.", about=about, was=was), known
        return about, known
    matchers = chosen_matchers(alert)
    if any(matcher.operator is not Operator.EQUAL for matcher in matchers):
        raise UserError(say("Say what the alert has, such as `severity=critical team=db`."))
    known = routing.Facts({matcher.label: matcher.value for matcher in matchers})
    if not known:
        return say("**An alert without labels**"), known
    return say("**An alert with** `{labels}`", labels=routing.written(matchers).replace("`", "'")), known


async def _decided(ctx: Context, integration: str, name: str, decide: Callable[..., Change[Integration]]) -> Reply:
    one = await chosen_integration(ctx, integration)
    return tell((await ctx.integrations.change(one, partial(decide, route=_found(one, name)))).note)


async def _changed(
    ctx: Context, one: Integration, route: Route, decide: Callable[[Integration], Change[Integration]]
) -> Reply:
    """What became of it, with what it does now."""
    change = await ctx.integrations.change(one, decide)
    now = routes.with_id(change.doc, route.id)
    if now is None or change.doc.routes == one.routes:
        return tell(change.note)
    told = await routes_in_words(ctx, change.doc)
    return tell(change.note, *told.explained(now))


def _found(one: Integration, name: str) -> Route:
    found = routes.named(one, name)
    if found is None:
        text = say(
            "{integration} has no route called {name}. `/oncall route list` shows them.",
            integration=one.name,
            name=name,
        )
        raise NotFound(text)
    return found


async def _channels(ctx: Context, channel: str, also: str, known: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Ids, the one with the thread first. The bot joins all of them.

    Those that are `known` it is in already; they may be private, and hidden from whoever fills in the form.
    """
    names = [name for name in (channel, *also.replace(",", " ").split()) if name]
    if len(names) > CHANNELS:
        raise UserError(say("A route posts in at most {most} channels.", most=CHANNELS))
    if also and not channel:
        raise UserError(say("Name the channel with the thread first (`--channel`), then the further ones."))
    rooms = {name: await ctx.chat.room(name, team_id=ctx.call.team_id) for name in names if name not in known}
    for room in rooms.values():
        await ctx.chat.join(room)
    return tuple(dict.fromkeys(rooms[name].id if name in rooms else name for name in names))


def _check(route: Route) -> None:
    if not route.posts and not route.people:
        raise UserError(say("This route would neither post nor page. Name people, or let it post."))


async def _ask(ctx: Context, one: Integration, route: Route) -> Ask:
    """The form, with the route as it is."""
    line = await line_in_form(ctx, route.people)
    first, *more = route.channels or ("",)
    values: Mapping[str, Value] = {
        "integration": one.name,
        "route": route.name,
        "conditions": routing.written(route.matchers),
        "channel": first,
        "also": await rooms_as_typed(ctx, more),
        "people": line.value,
        "wait_minutes": str(route.wait_minutes),
        "page_only": not route.posts,
    }
    return Ask(
        command="route edit",
        form=EditRoute,
        values=values,
        options={"people": line.options, "channel": await room_in_form(ctx, first)},
        introduction=line.introduction,
    )
