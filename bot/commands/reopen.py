"""Open a resolved alert group again."""

from __future__ import annotations

from functools import partial

from bot.call import Reply, tell
from bot.chosen import chosen_group
from bot.context import Context
from bot.core import alerts
from bot.registry import command
from forms.group import ResolvedGroup


@command("reopen", form=ResolvedGroup, section="alerts")
async def reopen(ctx: Context, *, group: str) -> Reply:
    """Open a resolved alert group again: it fires and people are paged."""
    found = await chosen_group(ctx, group)
    return tell((await ctx.groups.change(found, partial(alerts.reopen, by=ctx.person.mention, now=ctx.now))).note)
