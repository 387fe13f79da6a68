"""Page the next in line without waiting."""

from __future__ import annotations

from functools import partial

from bot.call import Reply, tell
from bot.chosen import chosen_group
from bot.context import Context
from bot.core import alerts
from bot.registry import command
from forms.group import Group


@command("escalate", form=Group, section="alerts")
async def escalate(ctx: Context, *, group: str) -> Reply:
    """Page the next in line for an alert group now."""
    found = await chosen_group(ctx, group)
    seen = int(ctx.call.memory["step"]) if "step" in ctx.call.memory else found.step
    decide = partial(alerts.escalate, by=ctx.person.mention, now=ctx.now, seen=seen)
    return tell((await ctx.groups.change(found, decide)).note)
