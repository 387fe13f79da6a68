"""Why an alert group looks the way it does."""

from __future__ import annotations

from bot.call import Reply, tell
from bot.chosen import chosen_group
from bot.context import Context
from bot.core import muted
from bot.core.alert_group import AlertGroup, Status, Step
from bot.core.neutral import neutral
from bot.core.people import Person, Role
from bot.core.text import Text, count, say
from bot.registry import command
from forms.group import Group


@command("why", form=Group, section="alerts", needs=Role.VIEWER)
async def why(ctx: Context, *, group: str) -> Reply:
    """Explain where an alert group came from, who was paged and what happens next."""
    found = await chosen_group(ctx, group)
    people = await ctx.people.with_ids(tuple(person for step in found.chain for person in step.people))
    return tell(*_origin(found), *_line(found, people), _next(found, people))


def _origin(group: AlertGroup) -> list[Text]:
    source = neutral(group.integration_name, 60)
    if group.opened_by:
        return [
            say("#{number} was opened by {by} at {at}.", number=group.number, by=group.opened_by, at=group.opened_at)
        ]
    return [
        say("#{number} came from {source} at {at}.", number=group.number, source=source, at=group.opened_at),
        say("Alerts with the same key join it until it is resolved: `{key}`", key=_readable(group.key)),
        *_route(group),
        *_storm(group),
        *_flapping(group),
    ]


def _route(group: AlertGroup) -> list[Text]:
    if not group.route:
        return []
    route = neutral(group.route, 60)
    if not group.channel_id:
        return [say("It took the route “{route}”, which pages only: it is posted in no channel.", route=route)]
    if group.also:
        more = count("{count} further channel", "{count} further channels", count=len(group.also))
        return [say("It took the route “{route}”, which posts it in {more}, too.", route=route, more=more)]
    return [say("It took the route “{route}”.", route=route)]


def _flapping(group: AlertGroup) -> list[Text]:
    if not group.flaps:
        return []
    return [
        say(
            "It is flapping: it came and went {count} times in a row, so it goes on here in place of new alert groups. "
            "The people in line are paged when it keeps firing for 5 minutes.",
            count=group.flaps,
        )
    ]


def _storm(group: AlertGroup) -> list[Text]:
    if not group.storm:
        return []
    if group.gathered:
        return [say("It is part of a storm: one post shows it with the others, and pages are for all of them.")]
    return [say("It opened in a storm, and has a post of its own by now.")]


def _readable(key: str) -> str:
    """In one line, without the labels that are empty. Alertmanager begins with the route's matchers, often none."""
    labels = [line.strip() for line in key.splitlines() if line.strip() and not line.rstrip().endswith("=")]
    return ", ".join(labels).removeprefix("{}:").replace("`", "'")[:200]


def _line(group: AlertGroup, people: dict[str, Person]) -> list[Text]:
    if not group.chain and group.route:
        return [say("That route names nobody to page.")]
    if not group.chain:
        return [say("Its integration names nobody to page.")]
    return [
        say(
            "{place}. {names}, {when}{done}",
            place=place,
            names=", ".join(people[one].mention if one in people else "?" for one in step.people),
            when=_when(step, place),
            done=say(" (paged)") if place <= group.step else say(""),
        )
        for place, step in enumerate(group.chain, start=1)
    ]


def _when(step: Step, place: int) -> Text:
    if not step.wait:
        return say("at once")
    if place == 1:
        return say("{minutes} min after it opened", minutes=step.wait // 60)
    return say("{minutes} min after the one before", minutes=step.wait // 60)


def _next(group: AlertGroup, people: dict[str, Person]) -> Text:
    if group.status is Status.ACKNOWLEDGED:
        return say("Nobody else is paged, because {by} has it.", by=group.acknowledged_by)
    if group.status is Status.SILENCED and group.maintenance_id:
        return say("{why}. Nobody is paged before; then it fires.", why=muted.in_words(group))
    if group.status is Status.SILENCED:
        return say("Nobody is paged until {until}; then it fires again.", until=group.silenced_until)
    if group.status is Status.RESOLVED:
        return say("It is over. A new alert with this key opens a new alert group.")
    if group.due_at is not None and group.step < len(group.chain):
        names = ", ".join(people[one].mention if one in people else "?" for one in group.chain[group.step].people)
        return say("Next: {names} is paged at {at} unless somebody acknowledges.", names=names, at=group.due_at)
    return say("Everyone in line has been paged.")
