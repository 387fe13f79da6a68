"""Close an alert group."""

from __future__ import annotations

from functools import partial

from bot.call import Reply, tell
from bot.chosen import chosen_group
from bot.context import Context
from bot.core import alerts
from bot.registry import command
from forms.group import Group


@command("resolve", form=Group, section="alerts", aliases=("close",), menu="Resolve")
async def resolve(ctx: Context, *, group: str) -> Reply:
    """Close an alert group: the trouble is over."""
    found = await chosen_group(ctx, group)
    change = await ctx.groups.change(found, partial(alerts.resolve, by=ctx.person.mention, now=ctx.now))
    return tell(change.note)
