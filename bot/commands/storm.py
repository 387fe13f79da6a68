"""Act on all alert groups of a storm at once, and say when there is one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from bot.call import Reply, Value, tell
from bot.context import Context
from bot.core import channels, storms
from bot.core.people import Role
from bot.core.storms import Storm, limit_in
from bot.core.text import say
from bot.errors import NotFound
from bot.registry import command
from forms.duration import Span
from forms.storm import ChooseStorm, ConfigureStorms, SilenceStorm


@command("storm ack", form=ChooseStorm, section="alerts")
async def acknowledge(ctx: Context, *, storm: str) -> Reply:
    """Take all alert groups of a storm on: nobody else is paged for them."""
    return await _act(ctx, storm, "ack")


@command("storm resolve", form=ChooseStorm, section="alerts")
async def resolve(ctx: Context, *, storm: str) -> Reply:
    """Resolve all alert groups of a storm."""
    return await _act(ctx, storm, "resolve")


@command("storm silence", form=SilenceStorm, section="alerts")
async def silence(ctx: Context, *, storm: str, duration: Span, reason: str) -> Reply:
    """Page nobody for a while for any alert group of a storm."""
    return await _act(ctx, storm, "silence", until=duration.end(ctx.now, ctx.person.zone), reason=reason)


async def _act(ctx: Context, named: str, verb: str, *, until: datetime | None = None, reason: str = "") -> Reply:
    storm = await _chosen(ctx, named)
    if until is not None and until <= ctx.now:
        return tell(say("That time has already passed. Choose a later one."))
    act = partial(storms.act_on_all, verb=verb, by=ctx.person.mention, at=ctx.now, until=until, reason=reason)
    return tell((await ctx.storms.change(storm, act)).note)


async def _chosen(ctx: Context, named: str) -> Storm:
    found = await ctx.storms.found(named.strip())
    if found is None:
        raise NotFound(say("There is no such storm any more. `/oncall list` shows the open alert groups."))
    return found


async def _known(ctx: Context) -> Mapping[str, Value]:
    return {"limit": str(limit_in(ctx.server, ""))}


@command("configure storms", form=ConfigureStorms, section="set up", needs=Role.ADMIN, known=_known)
async def configure(ctx: Context, *, limit: int, channel: str) -> Reply:
    """Choose how many new alert groups a minute share one post, everywhere or in one channel."""
    room = await ctx.chat.room(channel, team_id=ctx.call.team_id) if channel else None
    decide = partial(
        channels.storms_chosen,
        limit=limit,
        channel_id=room.id if room else "",
        note_channel=room.name if room else "",
    )
    return tell((await ctx.installation.change(decide)).note)
