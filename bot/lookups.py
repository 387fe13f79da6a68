"""Named lists for select fields: what a person can choose from, best first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.context import Context
from bot.core.alert_group import Heading, Status
from bot.core.maintenance import Maintenance, next_window
from bot.core.maintenance_words import concern
from bot.core.people import Person, state_in_words
from bot.core.text import count, say
from bot.words import Reader, declared, moment, words
from forms.base import Option

OFFERED = 50
LABEL_LENGTH = 90
PEOPLE_OFFERED = 500
# What people write for all integrations.
ALL = "all"
STATES = {
    Status.FIRING: say("firing"),
    Status.ACKNOWLEDGED: say("acknowledged"),
    Status.SILENCED: say("silenced"),
    Status.RESOLVED: say("resolved"),
}

Lookup = Callable[[Context], Awaitable[list[Option]]]


async def live_groups(context: Context) -> list[Option]:
    """Alert groups that are not resolved, those that need somebody first."""
    live = (Status.FIRING, Status.ACKNOWLEDGED, Status.SILENCED)
    return _groups(await context.groups.headings(live, limit=200), context.reader)


async def acknowledged_groups(context: Context) -> list[Option]:
    return _groups(await context.groups.headings((Status.ACKNOWLEDGED,), limit=200), context.reader)


async def silenced_groups(context: Context) -> list[Option]:
    return _groups(await context.groups.headings((Status.SILENCED,), limit=200), context.reader)


async def resolved_groups(context: Context) -> list[Option]:
    """Newest first."""
    return _groups(await context.groups.headings((Status.RESOLVED,), limit=200), context.reader)


async def recent_groups(context: Context) -> list[Option]:
    """Open ones, then resolved ones: notes are often written afterwards."""
    return [*await live_groups(context), *await resolved_groups(context)]


async def pageable(context: Context) -> list[Option]:
    """Integrations with people, then people one by one."""
    sources = [one for one in await context.integrations.listed() if one.people]
    people = await context.people.with_ids(tuple(person for one in sources for person in one.people))
    named = [
        Option(
            value=one.name,
            label=f"{one.name}: {', '.join(people[id_].mention for id_ in one.people if id_ in people)}"[:LABEL_LENGTH],
        )
        for one in sources
    ]
    return [*named, *(_pageable(person, context.reader) for person in people.values())]


async def people(context: Context) -> list[Option]:
    """Everybody, also those who are not in Mattermost yet, by name."""
    return [_person(person) for person in await context.people.listed(PEOPLE_OFFERED)]


async def integrations(context: Context) -> list[Option]:
    return [Option(value=one.name, label=one.name) for one in await context.integrations.listed()]


async def heartbeats(context: Context) -> list[Option]:
    return [Option(value=one.name, label=one.name) for one, _ in await context.integrations.heartbeats()]


async def maintained(context: Context) -> list[Option]:
    """What maintenance can be for."""
    everything = words(say("All integrations"), context.reader)
    return [Option(value=ALL, label=everything), *await integrations(context)]


async def maintenances(context: Context) -> list[Option]:
    """Running ones, then those to come."""
    return [_maintenance(one, context.reader) for one in await context.maintenances.current()]


async def routes(context: Context) -> list[Option]:
    """Those of the integration that was chosen; of all before one is."""
    chosen = str(context.call.values.get("integration") or "").lower()
    return [
        Option(value=route.name, label=f"{route.name} ({one.name})"[:LABEL_LENGTH])
        for one in await context.integrations.listed()
        if chosen in ("", one.name.lower())
        for route in one.routes
    ]


async def storms(context: Context) -> list[Option]:
    """Those with live alert groups, the newest first."""
    return [
        Option(
            value=storm.id,
            label=words(
                count(
                    "{count} alert group since {at}",
                    "{count} alert groups since {at}",
                    count=storm.live,
                    at=storm.began_at,
                ),
                context.reader,
            ),
        )
        for storm in await context.storms.listed()
    ]


async def commands(context: Context) -> list[Option]:
    return [
        Option(value=one.name, label=f"{one.name}: {declared(one.summary, context.reader.locale)}"[:LABEL_LENGTH])
        for one in context.registry
        if not one.hidden
    ]


LOOKUPS: dict[str, Lookup] = {
    "live_groups": live_groups,
    "acknowledged_groups": acknowledged_groups,
    "silenced_groups": silenced_groups,
    "resolved_groups": resolved_groups,
    "recent_groups": recent_groups,
    "people": people,
    "integrations": integrations,
    "heartbeats": heartbeats,
    "routes": routes,
    "maintained": maintained,
    "maintenances": maintenances,
    "pageable": pageable,
    "storms": storms,
    "commands": commands,
}


async def options_for(context: Context, choices: str, query: str) -> tuple[Option, ...]:
    """The options that contain the typed text; without text, the best ones."""
    lookup = LOOKUPS.get(choices)
    if lookup is None:
        return ()
    wanted = query.strip().lower().removeprefix("#")
    found = [option for option in await lookup(context) if wanted in option.label.lower()]
    return tuple(found[:OFFERED])


def _groups(found: list[Heading], reader: Reader) -> list[Option]:
    states = {status: words(text, reader) for status, text in STATES.items()}
    return [
        Option(value=str(one.number), label=f"#{one.number} {one.title} ({states[one.status]})"[:LABEL_LENGTH])
        for one in found
    ]


def _maintenance(one: Maintenance, reader: Reader) -> Option:
    name = one.reason or words(concern(one), reader)
    window = next_window(one, reader.now)
    if window is None:
        when = ""
    elif window.begins_at <= reader.now:
        when = words(say("until {until}", until=window.ends_at), reader)
    else:
        when = moment(window.begins_at, reader)
    return Option(value=one.id, label=f"{name} ({when})"[:LABEL_LENGTH] if when else name[:LABEL_LENGTH])


def _pageable(person: Person, reader: Reader) -> Option:
    name = person.mention if person.username else person.name[:LABEL_LENGTH]
    if person.gone_at is not None or not person.mattermost_user_id:
        name = f"{name} ({words(state_in_words(person, now=reader.now), reader)})"
    return Option(value=person.mention if person.username else person.id, label=name[:LABEL_LENGTH])


def _person(person: Person) -> Option:
    name = f"{person.name} (@{person.username})" if person.username else f"{person.name} {person.email}".strip()
    return Option(value=person.id, label=name[:LABEL_LENGTH])
