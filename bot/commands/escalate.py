"""Page the next in line, or another step, without waiting."""

from __future__ import annotations

from functools import partial

from bot.call import Reply, tell
from bot.chosen import chosen_group
from bot.context import Context
from bot.core import alerts, steering
from bot.registry import command
from forms.escalate import Escalate


@command("escalate", form=Escalate, section="alerts")
async def escalate(ctx: Context, *, group: str, to: int | str) -> Reply:
    """Page the next in line for an alert group now, or the step you name: `escalate 12 3`."""
    found = await chosen_group(ctx, group)
    if to:
        chosen = partial(steering.escalate_to, step=int(to), by=ctx.person.mention, now=ctx.now)
        return tell((await ctx.groups.change(found, chosen)).note)
    seen = int(ctx.call.memory["step"]) if "step" in ctx.call.memory else found.step
    decide = partial(alerts.escalate, by=ctx.person.mention, now=ctx.now, seen=seen)
    return tell((await ctx.groups.change(found, decide)).note)
