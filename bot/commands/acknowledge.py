"""Take an alert group on, or give it back."""

from __future__ import annotations

from functools import partial

from bot.call import Reply, tell
from bot.chosen import chosen_group
from bot.context import Context
from bot.core import alerts
from bot.registry import command
from forms.group import Group


@command("ack", form=Group, section="alerts", aliases=("acknowledge", "take"), menu="Acknowledge")
async def acknowledge(ctx: Context, *, group: str) -> Reply:
    """Take an alert group on: nobody else is paged for it."""
    found = await chosen_group(ctx, group)
    change = await ctx.groups.change(found, partial(alerts.acknowledge, by=ctx.person.mention, now=ctx.now))
    return tell(change.note)


@command("unack", form=Group, section="alerts", aliases=("unacknowledge",))
async def unacknowledge(ctx: Context, *, group: str) -> Reply:
    """Give an alert group back: it fires again and people are paged."""
    found = await chosen_group(ctx, group)
    change = await ctx.groups.change(found, partial(alerts.unacknowledge, by=ctx.person.mention, now=ctx.now))
    return tell(change.note)
