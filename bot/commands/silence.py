"""Make an alert group quiet for a while."""

from __future__ import annotations

from functools import partial

from bot.call import Reply, tell
from bot.chosen import chosen_group
from bot.context import Context
from bot.core import alerts
from bot.registry import command
from forms.duration import Span
from forms.group import Group
from forms.silence import Silence


@command("silence", form=Silence, section="alerts", aliases=("snooze",), menu="Silence…")
async def silence(ctx: Context, *, group: str, duration: Span, reason: str) -> Reply:
    """Page nobody for a while: `silence 12 2h` or `silence 12 until tomorrow 9:00`."""
    found = await chosen_group(ctx, group)
    until = duration.end(ctx.now, ctx.person.zone)
    decide = partial(alerts.silence, by=ctx.person.mention, now=ctx.now, until=until, reason=reason)
    return tell((await ctx.groups.change(found, decide)).note)


@command("unsilence", form=Group, section="alerts", aliases=("unsnooze",))
async def unsilence(ctx: Context, *, group: str) -> Reply:
    """End a silence: it fires again and people are paged."""
    found = await chosen_group(ctx, group)
    change = await ctx.groups.change(found, partial(alerts.unsilence, by=ctx.person.mention, now=ctx.now))
    return tell(change.note)
