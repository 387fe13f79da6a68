"""Maintenance: alerts are posted and page nobody, now or at times that are planned."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from bot.call import Reply, Say, tell
from bot.chosen import chosen_integration, chosen_matchers
from bot.context import Context
from bot.core import maintenance
from bot.core.cards import Button
from bot.core.maintenance import LONGEST, Maintenance, Repeats, Window, next_window
from bot.core.maintenance_words import RHYTHMS, concern, end_button, named
from bot.core.neutral import cut
from bot.core.people import Role
from bot.core.text import Text, count, say
from bot.errors import NotFound, UserError
from bot.registry import command
from forms.duration import Span
from forms.maintenance import EndMaintenance, PlanMaintenance, StartMaintenance
from forms.moments import Moment

ALL = "all"
FURTHEST = timedelta(days=366)
SHORTEST = timedelta(minutes=1)
SHOWN = 3
BUTTONS = 20
LABEL_LENGTH = 40


@command("maintenance start", form=StartMaintenance, section="set up", needs=Role.ADMIN, aliases=("maintenance",))
async def start(ctx: Context, *, what: str, duration: Span, reason: str, labels: str) -> Reply:
    """Page nobody for new alerts of an integration, or `all`: `maintenance start Prometheus 2h Deploy`."""
    until = duration.end(ctx.now, ctx.person.zone)
    one = await _made(ctx, what, labels, reason, begins_at=ctx.now, until=until, repeats=Repeats.NEVER)
    await ctx.maintenances.add(maintenance.planned(one, now=ctx.now))
    return tell(
        say("**The maintenance {name} runs until {until}.**", name=named(one), until=until),
        say("New alerts of {concern} are posted and page nobody.", concern=concern(one)),
        say("Alert groups that are open already stay as they are."),
        say("`/oncall maintenance end` ends it early."),
    )


@command("maintenance plan", form=PlanMaintenance, section="set up", needs=Role.ADMIN)
async def plan(
    ctx: Context, *, what: str, begins: Moment, duration: Span, reason: str, repeats: str, labels: str
) -> Reply:
    """Plan maintenance, once or again and again: `maintenance plan all "Sunday 2:00" 2h --repeats weekly`."""
    begins_at = begins.at(ctx.now, ctx.person.zone)
    if begins_at < ctx.now - SHORTEST:
        raise UserError(say("That time has already passed. Choose a later one."))
    until = duration.end(begins_at, ctx.person.zone)
    one = await _made(ctx, what, labels, reason, begins_at=begins_at, until=until, repeats=Repeats(repeats))
    await ctx.maintenances.add(maintenance.planned(one, now=ctx.now))
    return tell(
        say("**The maintenance {name} is planned.**", name=named(one)),
        say("For {concern}, {rhythm}:", concern=concern(one), rhythm=RHYTHMS[one.repeats]),
        *(say("- {begin} to {end}", begin=each.begins_at, end=each.ends_at) for each in _next(one, ctx.now)),
    )


async def _made(
    ctx: Context,
    what: str,
    labels: str,
    reason: str,
    *,
    begins_at: datetime,
    until: datetime,
    repeats: Repeats,
) -> Maintenance:
    source = None if what.strip().lower() == ALL else await chosen_integration(ctx, what)
    _check_length(until - begins_at, repeats)
    if begins_at - ctx.now > FURTHEST:
        raise UserError(say("At most a year ahead, please."))
    return Maintenance(
        id=ctx.maintenances.new_id(),
        server_id=ctx.server.id,
        integration_id=source.id if source else "",
        integration_name=source.name if source else "",
        matchers=chosen_matchers(labels),
        reason=reason,
        by=ctx.person.mention,
        created_at=ctx.now,
        begins_at=begins_at,
        seconds=int((until - begins_at).total_seconds()),
        repeats=repeats,
        zone=ctx.person.zone,
    )


def _check_length(length: timedelta, repeats: Repeats) -> None:
    if length < SHORTEST:
        raise UserError(say("That time has already passed. Choose a later one."))
    most = LONGEST[repeats]
    if length <= most:
        return
    if most < timedelta(days=1):
        hours = int(most.total_seconds()) // 3600
        raise UserError(say("What comes again so often may last {hours} hours at most.", hours=hours))
    raise UserError(say("That may last {days} days at most.", days=most.days))


def _next(one: Maintenance, now: datetime) -> list[Window]:
    """The first few windows."""
    found: list[Window] = []
    window = next_window(one, now)
    while window is not None and len(found) < SHOWN:
        found.append(window)
        window = next_window(one, window.ends_at)
    return found


@command("maintenance list", section="set up", needs=Role.VIEWER, aliases=("maintenances",))
async def list_(ctx: Context) -> Reply:
    """List the maintenance that runs and that is planned."""
    found = await ctx.maintenances.current()
    if not found:
        return tell(say("No maintenance runs or is planned. `/oncall maintenance start` starts one."))
    heading = count("**{count} maintenance**", "**{count} maintenances**", count=len(found))
    buttons = tuple(_button(one, ctx.now) for one in found[:BUTTONS]) if ctx.person.role.includes(Role.ADMIN) else ()
    return Say(lines=(heading, *(_line(one, ctx.now) for one in found)), buttons=buttons)


def _button(one: Maintenance, now: datetime) -> Button:
    name = cut(one.name or ALL, LABEL_LENGTH)
    if maintenance.active(one, now):
        return end_button(one, say("End {name}", name=name))
    return end_button(one, say("Call off {name}", name=name))


def _line(one: Maintenance, now: datetime) -> Text:
    about, when = concern(one), _when(one, now)
    if not one.reason:
        return say("- {concern}: {when} (by {by})", concern=about, when=when, by=one.by)
    return say("- {name} for {concern}: {when} (by {by})", name=named(one), concern=about, when=when, by=one.by)


def _when(one: Maintenance, now: datetime) -> Text:
    window, rhythm = next_window(one, now), RHYTHMS[one.repeats]
    if window is None:
        return say("over")
    if window.begins_at > now:
        return say("from {begin} to {end}, {rhythm}", begin=window.begins_at, end=window.ends_at, rhythm=rhythm)
    if one.repeats is Repeats.NEVER:
        return say("runs until {until}", until=window.ends_at)
    return say("runs until {until}, {rhythm}", until=window.ends_at, rhythm=rhythm)


@command("maintenance end", form=EndMaintenance, section="set up", needs=Role.ADMIN)
async def end(ctx: Context, *, maintenance: str, for_good: bool) -> Reply:
    """End a maintenance early, or call off one that is planned; what it silenced fires again."""
    one = await _chosen(ctx, maintenance)
    return tell((await ctx.maintenances.change(one, partial(_ended, ctx=ctx, for_good=for_good))).note)


def _ended(one: Maintenance, *, ctx: Context, for_good: bool) -> maintenance.MaintenanceChange:
    return maintenance.end(one, by=ctx.person.mention, now=ctx.now, for_good=for_good)


async def _chosen(ctx: Context, wanted: str) -> Maintenance:
    """By what a button or a list knows it by, or by its reason, or by what it is for."""
    known = await ctx.maintenances.find(wanted.strip())
    if known is not None:
        return known
    name = wanted.strip().strip('“”"').lower()
    found = [one for one in await ctx.maintenances.current() if name in (one.reason.lower(), _what(one).lower())]
    if len(found) > 1:
        raise UserError(say("Several maintenances are called so. Choose one in the form of `/oncall maintenance end`."))
    if not found:
        text = say("There is no maintenance called {name}. `/oncall maintenance list` shows them.", name=wanted)
        raise NotFound(text)
    return found[0]


def _what(one: Maintenance) -> str:
    return one.integration_name or ALL
