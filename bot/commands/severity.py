"""Say how grave an alert group really is."""

from __future__ import annotations

from functools import partial

from bot.call import Reply, tell
from bot.chosen import chosen_group
from bot.context import Context
from bot.core import steering
from bot.registry import command
from forms.severity import Severity


@command("severity", form=Severity, section="alerts", aliases=("priority",))
async def severity(ctx: Context, *, group: str, severity: str) -> Reply:
    """Change the severity of an alert group: `severity 12 critical`."""
    found = await chosen_group(ctx, group)
    decide = partial(steering.rate, severity=severity, by=ctx.person.mention, now=ctx.now)
    return tell((await ctx.groups.change(found, decide)).note)
