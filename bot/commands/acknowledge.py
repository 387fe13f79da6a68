"""Take alert groups on, or give them back."""

from __future__ import annotations

from functools import partial

from bot.at_once import act_on
from bot.call import Reply
from bot.context import Context
from bot.core import alerts, many
from bot.registry import command
from forms.group import AcknowledgedGroups, Groups
from forms.numbers import Named


@command("ack", form=Groups, section="alerts", aliases=("acknowledge", "take"), menu="Acknowledge")
async def acknowledge(ctx: Context, *, group: Named, where: str) -> Reply:
    """Take alert groups on, so that nobody else is paged for them: `ack 12`, `ack 12 15-20`, `ack all`."""
    act = partial(alerts.acknowledge, by=ctx.person.mention, now=ctx.now)
    return await act_on(ctx, group, where, verb=many.ACKNOWLEDGE, act=act)


@command("unack", form=AcknowledgedGroups, section="alerts", aliases=("unacknowledge",))
async def unacknowledge(ctx: Context, *, group: Named, where: str) -> Reply:
    """Give alert groups back: they fire again and people are paged."""
    act = partial(alerts.unacknowledge, by=ctx.person.mention, now=ctx.now)
    return await act_on(ctx, group, where, verb=many.UNACKNOWLEDGE, act=act)
