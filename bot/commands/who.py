"""Who is on call now."""

from __future__ import annotations

from collections.abc import Mapping

from bot.call import Reply, tell
from bot.context import Context
from bot.core.integrations import Integration
from bot.core.neutral import neutral
from bot.core.people import Person, Role
from bot.core.text import Text, say
from bot.registry import command

NAME_LENGTH = 60


@command("who", section="people", needs=Role.VIEWER, aliases=("oncall",), header="Who is on call")
async def who(ctx: Context) -> Reply:
    """Show who is paged first, and who after them."""
    lines = [line for one in await ctx.integrations.listed() for line in _lines_of(one)]
    if not lines:
        return tell(say("Nobody is on call yet. `/oncall integration add` names the people to page."))
    people = await ctx.people.with_ids(tuple(person for _, line in lines for person in line))
    return tell(say("**On call now**"), *(_told(name, line, people) for name, line in lines))


def _lines_of(integration: Integration) -> list[tuple[Text, tuple[str, ...]]]:
    """Who is paged in turn, with what that line is called: the integration's own, and those of its routes."""
    name = neutral(integration.name, NAME_LENGTH)
    own = [(say("{name}", name=name), integration.people)]
    routes = [
        (say("{name}, route “{route}”", name=name, route=neutral(route.name, NAME_LENGTH)), route.people)
        for route in integration.routes
        if route.on
    ]
    return [(called, line) for called, line in (*own, *routes) if line]


def _told(name: Text, line: tuple[str, ...], people: Mapping[str, Person]) -> Text:
    names = [people[person].mention for person in line if person in people]
    if not names[1:]:
        return say("- {name}: {first}", name=name, first=names[0] if names else "?")
    return say("- {name}: {first}, then {others}", name=name, first=names[0], others=", ".join(names[1:]))
