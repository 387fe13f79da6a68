"""Make alert groups quiet for a while."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from bot.at_once import act_on
from bot.call import Opened, Reply, tell
from bot.context import Context
from bot.core import alerts, many
from bot.core.text import say
from bot.registry import command
from forms.duration import Span
from forms.group import SilencedGroups
from forms.numbers import Named
from forms.silence import Silence

# In the memory of a button: when the silence ends that was looked at, however late it is pressed.
UNTIL = "until"


@command("silence", form=Silence, section="alerts", aliases=("snooze",), menu="Silence…")
async def silence(ctx: Context, *, group: Named, duration: Span, reason: str, where: str) -> Reply:
    """Page nobody for a while: `silence 12 2h`, `silence 12 15-20 2h` or `silence 12 until tomorrow 9:00`."""
    until = _until(ctx, duration)
    if until <= ctx.now:
        return tell(say("That time has already passed. Choose a later one."))
    act = partial(alerts.silence, by=ctx.person.mention, now=ctx.now, until=until, reason=reason)
    more = {"duration": _written(ctx, "duration"), "reason": reason, UNTIL: until.isoformat()}
    then = say("They are silent until {until} then.", until=until)
    return await act_on(ctx, group, where, verb=many.SILENCE, act=act, more=more, then=then)


def _until(ctx: Context, duration: Span) -> datetime:
    fixed = ctx.call.memory.get(UNTIL, "") if ctx.call.opened is Opened.BUTTON else ""
    return datetime.fromisoformat(fixed) if fixed else duration.end(ctx.now, ctx.person.zone)


def _written(ctx: Context, name: str) -> str:
    return str(ctx.call.values.get(name) or ctx.call.memory.get(name, ""))


@command("unsilence", form=SilencedGroups, section="alerts", aliases=("unsnooze",))
async def unsilence(ctx: Context, *, group: Named, where: str) -> Reply:
    """End silences: the alert groups fire again and people are paged."""
    act = partial(alerts.unsilence, by=ctx.person.mention, now=ctx.now)
    return await act_on(ctx, group, where, verb=many.UNSILENCE, act=act)
