"""Who is on call now."""

from __future__ import annotations

from bot.call import Reply, tell
from bot.context import Context
from bot.core.neutral import neutral
from bot.core.people import Role
from bot.core.text import say
from bot.registry import command


@command("who", section="people", needs=Role.VIEWER, aliases=("oncall",), header="Who is on call")
async def who(ctx: Context) -> Reply:
    """Show who is paged first, and who after them."""
    integrations = [one for one in await ctx.integrations.listed() if one.people]
    if not integrations:
        return tell(say("Nobody is on call yet. `/oncall integration add` names the people to page."))
    people = await ctx.people.with_ids(tuple(person for one in integrations for person in one.people))
    lines = [say("**On call now**")]
    for integration in integrations:
        names = [people[person].mention for person in integration.people if person in people]
        line = say("- {name}: {first}", name=neutral(integration.name, 60), first=names[0] if names else "?")
        if names[1:]:
            line = say(
                "- {name}: {first}, then {others}",
                name=neutral(integration.name, 60),
                first=names[0],
                others=", ".join(names[1:]),
            )
        lines.append(line)
    return tell(*lines)
