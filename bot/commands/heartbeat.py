"""Heartbeats: list them, and do not miss them for a while or any more. They begin with `integration heartbeat`."""

from __future__ import annotations

from functools import partial

from bot.call import Reply, tell
from bot.chosen import chosen_integration
from bot.context import Context
from bot.core import heartbeats
from bot.core.heartbeat_words import every, state
from bot.core.heartbeats import Heartbeat
from bot.core.integrations import Integration
from bot.core.neutral import neutral
from bot.core.people import Role
from bot.core.text import count, say
from bot.errors import UserError
from bot.registry import command
from forms.duration import Span
from forms.heartbeat import PauseHeartbeat, RemoveHeartbeat, ResumeHeartbeat

NAME_LENGTH = 60


@command("heartbeat list", section="set up", needs=Role.VIEWER, aliases=("heartbeats",))
async def list_(ctx: Context) -> Reply:
    """List the heartbeats: what must report how often, and how it is."""
    found = await ctx.integrations.heartbeats()
    if not found:
        return tell(say("There is no heartbeat yet. `/oncall integration heartbeat` makes one."))
    lines = [count("**{count} heartbeat**", "**{count} heartbeats**", count=len(found))]
    for one, beat in found:
        name, often = neutral(one.name, NAME_LENGTH), every(beat.every_seconds)
        lines.append(say("- **{name}**, {every}: {state}", name=name, every=often, state=state(beat, ctx.now)))
    return tell(*lines)


@command("heartbeat pause", form=PauseHeartbeat, section="set up", needs=Role.ADMIN, aliases=("heartbeat mute",))
async def pause(ctx: Context, *, name: str, duration: Span, reason: str) -> Reply:
    """Do not miss a heartbeat for a while: `heartbeat pause Backup 2h Moving`."""
    one, beat = await _chosen(ctx, name)
    until = duration.end(ctx.now, ctx.person.zone)
    if until <= ctx.now:
        raise UserError(say("That time has already passed. Choose a later one."))
    decide = partial(heartbeats.pause, until=until, by=ctx.person.mention, why=reason, now=ctx.now)
    await ctx.integrations.change_heartbeat(one, decide)
    name = neutral(one.name, NAME_LENGTH)
    lines = [say("**{name} is not missed until {until}.**", name=name, until=until)]
    if beat.missing_at:
        lines.append(say("It is missing already; its alert group stays open until it reports or somebody resolves it."))
    return tell(*lines, say("`/oncall heartbeat resume {name}` ends the pause early.", name=one.name))


@command("heartbeat resume", form=ResumeHeartbeat, section="set up", needs=Role.ADMIN, aliases=("heartbeat unmute",))
async def resume(ctx: Context, *, name: str) -> Reply:
    """Miss a heartbeat again before its pause is over."""
    one, _ = await _chosen(ctx, name)
    change = await ctx.integrations.change_heartbeat(one, partial(heartbeats.resume, now=ctx.now))
    name, due_at = neutral(one.name, NAME_LENGTH), change.doc.due_at
    if change.note:
        return tell(change.note)
    if due_at is None:
        return tell(say("{name} is not paused any more.", name=name))
    return tell(
        say("{name} is not paused any more: it is missed if it does not report until {at}.", name=name, at=due_at)
    )


@command("heartbeat remove", form=RemoveHeartbeat, section="set up", needs=Role.ADMIN, aliases=("heartbeat off",))
async def remove(ctx: Context, *, name: str) -> Reply:
    """Expect no more reports of an integration; the integration stays."""
    one, beat = await _chosen(ctx, name)
    await ctx.integrations.forget_heartbeat(one)
    lines = [say("No reports of {name} are expected any more.", name=neutral(one.name, NAME_LENGTH))]
    if beat.missing_at:
        lines.append(say("It was missing: its alert group stays open until somebody resolves it."))
    return tell(*lines)


async def _chosen(ctx: Context, name: str) -> tuple[Integration, Heartbeat]:
    """Raises NotFound, UserError."""
    one = await chosen_integration(ctx, name)
    beat = await ctx.integrations.heartbeat(one)
    if beat is None:
        raise UserError(
            say(
                "{name} has no heartbeat. `/oncall integration heartbeat` makes one.",
                name=neutral(one.name, NAME_LENGTH),
            )
        )
    return one, beat
