"""Bring more people in, or hand an alert group over."""

from __future__ import annotations

from functools import partial

from bot.call import Reply, tell
from bot.chosen import chosen_group, warnings
from bot.context import Context
from bot.core import alerts, steering
from bot.core.alert_group import AlertGroup
from bot.core.people import Person
from bot.core.text import Text, say
from bot.registry import command
from forms.responders import Assign, Responders


@command("responders", form=Responders, section="alerts")
async def responders(ctx: Context, *, group: str, people: tuple[str, ...], remove: tuple[str, ...]) -> Reply:
    """Page more people for an alert group, or fewer; without names, show who was paged."""
    found = await chosen_group(ctx, group)
    if not people and not remove:
        return tell(*await _paged(ctx, found))
    wanted, unwanted = [[await ctx.people.named(name) for name in names] for names in (people, remove)]
    verbs = [
        *([partial(alerts.ask_for_help, people=_mentions(wanted))] if wanted else []),
        *([partial(steering.relieve, people=_mentions(unwanted))] if unwanted else []),
    ]
    notes = [(await ctx.groups.change(found, partial(verb, by=ctx.person.mention, now=ctx.now))).note for verb in verbs]
    return tell(*notes, *await warnings(ctx, wanted, found))


def _mentions(people: list[Person]) -> dict[str, str]:
    """By person id."""
    return {person.id: person.mention for person in people}


@command("assign", form=Assign, section="alerts")
async def assign(ctx: Context, *, group: str, person: str) -> Reply:
    """Hand an alert group to somebody: they have it, and are told."""
    found = await chosen_group(ctx, group)
    to = await ctx.people.named(person)
    decide = partial(alerts.assign, person_id=to.id, to=to.mention, by=ctx.person.mention, now=ctx.now)
    return tell((await ctx.groups.change(found, decide)).note, *await warnings(ctx, [to], found))


async def _paged(ctx: Context, group: AlertGroup) -> list[Text]:
    if not group.pages:
        return [say("Nobody has been paged for #{number} yet.", number=group.number)]
    people = await ctx.people.with_ids(tuple(page.person_id for page in group.pages.values()))
    lines = [say("**Paged for #{number}**", number=group.number)]
    for page in group.pages.values():
        name = people[page.person_id].mention if page.person_id in people else "?"
        if page.failed:
            lines.append(say("- {name} could not be reached: {why}", name=name, why=page.failed))
        else:
            lines.append(say("- {name} at {at}", name=name, at=page.at))
    return lines
