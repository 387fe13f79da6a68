"""Call people by hand, or make a message an alert group."""

from __future__ import annotations

from bot.call import Reply, tell
from bot.chosen import warnings
from bot.context import Context, Draft
from bot.core.alert_group import Link, Step
from bot.core.text import say
from bot.errors import NotFound
from bot.registry import command
from forms.page import CreateGroup, PagePeople

TITLE_LENGTH = 120
MINUTES_BETWEEN = 5


@command("page", form=PagePeople, section="people", menu="Page on-call about this…", aliases=("call",))
async def page(ctx: Context, *, who: str, text: str, urgency: str) -> Reply:
    """Page somebody, or the people of an integration: `page @ben db is down`."""
    chain = await _chain(ctx, who)
    if urgency == "low":
        chain = chain[:1]
    group, new = await ctx.groups.open(_draft(ctx, text, chain, severity=urgency))
    if not new:
        return tell(say("#{number} is open for this message already. It was counted once more.", number=group.number))
    people = await ctx.people.with_ids(chain[0].people)
    names = ", ".join(person.mention for person in people.values())
    paged = say("{names} is paged. It is alert group #{number}.", names=names, number=group.number)
    return tell(paged, *await warnings(ctx, people.values(), group))


@command("create", form=CreateGroup, section="alerts", menu="Create alert group from this message…")
async def create(ctx: Context, *, text: str, people: tuple[str, ...]) -> Reply:
    """Open an alert group by hand."""
    persons = [await ctx.people.named(name) for name in people]
    group, new = await ctx.groups.open(_draft(ctx, text, _in_line(tuple(person.id for person in persons))))
    if not new:
        return tell(say("#{number} is open for this message already.", number=group.number))
    return tell(say("Alert group #{number} is open.", number=group.number))


async def _chain(ctx: Context, who: str) -> tuple[Step, ...]:
    for integration in await ctx.integrations.listed():
        if integration.name.lower() == who.strip().lower():
            if not integration.people:
                raise NotFound(say("{name} names nobody to page.", name=integration.name))
            return integration.chain
    return _in_line(((await ctx.people.named(who)).id,))


def _in_line(people: tuple[str, ...]) -> tuple[Step, ...]:
    return tuple(
        Step(wait=0 if place == 0 else MINUTES_BETWEEN * 60, people=(person_id,))
        for place, person_id in enumerate(people)
    )


def _draft(ctx: Context, text: str, chain: tuple[Step, ...], *, severity: str = "") -> Draft:
    title, _, rest = text.strip().partition("\n")
    if len(title) > TITLE_LENGTH:
        title, rest = title[:TITLE_LENGTH].rstrip() + "…", text
    return Draft(
        title=title,
        summary=rest.strip(),
        severity=severity,
        key=f"post:{ctx.about_post}" if ctx.about_post else "",
        by=ctx.person.mention,
        chain=chain,
        channel_id=ctx.server.channel_id,
        links=(Link(label=say("Message"), url=ctx.link_to_post),) if ctx.link_to_post else (),
        about_post=ctx.about_post,
    )
