"""What a person named, found: shared by the commands that act on it."""

from __future__ import annotations

from collections.abc import Iterable

from bot.context import Context
from bot.core.alert_group import AlertGroup
from bot.core.integrations import Integration
from bot.core.people import Person
from bot.core.routing import BadMatchers, Matcher, read_matchers
from bot.core.text import Text, say
from bot.errors import NotFound, UserError
from forms.base import Option


async def chosen_integration(ctx: Context, named: str) -> Integration:
    """The integration with this name. Raises NotFound."""
    for one in await ctx.integrations.listed():
        if one.name.lower() == named.strip().lower():
            return one
    raise NotFound(say("There is no integration called {name}. `/oncall integration list` shows them.", name=named))


async def chosen_group(ctx: Context, named: str) -> AlertGroup:
    """The alert group with this number, written `12` or `#12`. Raises NotFound."""
    digits = named.strip().removeprefix("#")
    group = await ctx.groups.numbered(int(digits)) if digits.isdecimal() and len(digits) < 10 else None
    if group is None:
        raise NotFound(say("There is no alert group {named}. `/oncall list` shows the open ones.", named=named))
    return group


async def chosen_people(ctx: Context, names: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of the people who are called so, in this order. Raises NotFound."""
    return tuple([(await ctx.people.named(name)).id for name in names])


async def people_in_form(ctx: Context, ids: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[Option, ...]]:
    """A line of people as the value of a field: as a list of Mattermost's people knows them, and their names."""
    people = await ctx.people.with_ids(ids)
    line = [people[id_] for id_ in ids if id_ in people]
    options = [Option(value=person.mattermost_user_id or person.id, label=person.mention) for person in line]
    return tuple(option.value for option in options), tuple(options)


def chosen_matchers(written: str) -> tuple[Matcher, ...]:
    """Conditions for labels, as text. Raises UserError."""
    try:
        return read_matchers(written)
    except BadMatchers as bad:
        raise UserError(bad.text) from bad


async def warnings(ctx: Context, people: Iterable[Person], group: AlertGroup) -> list[Text]:
    """Who of those that were just paged will hardly notice, and what to do then."""
    said = await ctx.people.warnings([person for person in people if person.id != ctx.person.id])
    if not said or not group.live:
        return []
    return [*said, say("`/oncall responders {number} @name` pages somebody else.", number=group.number)]
