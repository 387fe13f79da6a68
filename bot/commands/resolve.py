"""Close alert groups."""

from __future__ import annotations

from functools import partial

from bot.at_once import act_on
from bot.call import Reply
from bot.context import Context
from bot.core import alerts, many
from bot.registry import command
from forms.group import Groups
from forms.numbers import Named


@command("resolve", form=Groups, section="alerts", aliases=("close",), menu="Resolve")
async def resolve(ctx: Context, *, group: Named, where: str) -> Reply:
    """Close alert groups, the trouble is over: `resolve 12`, `resolve 12 15-20`, `resolve all firing`."""
    act = partial(alerts.resolve, by=ctx.person.mention, now=ctx.now)
    return await act_on(ctx, group, where, verb=many.RESOLVE, act=act)
