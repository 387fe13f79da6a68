"""What a person named, found: shared by the commands that act on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.context import Context, Room
from bot.core.alert_group import AlertGroup
from bot.core.integrations import Integration
from bot.core.neutral import plain
from bot.core.people import Person
from bot.core.routing import BadMatchers, Matcher, read_matchers
from bot.core.text import NOTHING, Text, say
from bot.errors import NotFound, Upstream, UserError
from forms.base import Option


async def chosen_integration(ctx: Context, named: str) -> Integration:
    """The integration with this name. Raises NotFound, which knows that a word may be the beginning of a name."""
    listed, wanted = await ctx.integrations.listed(), named.strip().lower()
    for one in listed:
        if one.name.lower() == wanted:
            return one
    longer = next((one.name for one in listed if one.name.lower().startswith(f"{wanted} ")), "")
    if longer:
        raise NotFound(
            say(
                "There is no integration called {name}. A name with blanks stands in quotes before other words: "
                '`"{longer}"`.',
                name=named,
                longer=plain(longer),
            )
        )
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LineInForm:
    """A line of people for a field of Mattermost's people: `left_out` are those whom it cannot show."""

    value: tuple[str, ...]
    options: tuple[Option, ...]
    left_out: tuple[Person, ...]

    @property
    def introduction(self) -> Text:
        if not self.left_out:
            return NOTHING
        names = ", ".join(person.mention for person in self.left_out)
        return say("{names}: not in Mattermost yet, so not shown here. They stay at the end of the line.", names=names)


async def line_in_form(ctx: Context, ids: tuple[str, ...]) -> LineInForm:
    people = await ctx.people.with_ids(ids)
    line = [people[id_] for id_ in ids if id_ in people]
    shown = [person for person in line if person.mattermost_user_id]
    return LineInForm(
        value=tuple(person.mattermost_user_id for person in shown),
        options=tuple(Option(value=person.mattermost_user_id, label=person.mention) for person in shown),
        left_out=tuple(person for person in line if not person.mattermost_user_id),
    )


async def line_of_form(ctx: Context, names: tuple[str, ...], before: tuple[str, ...]) -> tuple[str, ...]:
    """What somebody filled in, and after it those whom the form could not show."""
    chosen, known = await chosen_people(ctx, names), await line_in_form(ctx, before)
    return tuple(dict.fromkeys((*chosen, *(person.id for person in known.left_out))))


async def room_in_form(ctx: Context, channel_id: str) -> tuple[Option, ...]:
    """A channel for a field of Mattermost's channels, with its name; without one where it cannot be seen any more."""
    room = await _seen_room(ctx, channel_id)
    return (Option(value=room.id, label=f"~{room.name}"),) if room else ()


async def rooms_as_typed(ctx: Context, ids: Iterable[str]) -> str:
    """Channels for a field in which people type: by name where that will be read as this one, else by id."""
    rooms = [(id_, await _seen_room(ctx, id_)) for id_ in ids]
    team_id = ctx.call.team_id or ctx.server.team_id
    return " ".join(f"~{room.name}" if room and room.team_id == team_id else id_ for id_, room in rooms)


async def _seen_room(ctx: Context, channel_id: str) -> Room | None:
    try:
        return await ctx.chat.room(channel_id, team_id="") if channel_id else None
    except (NotFound, Upstream):
        return None


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
