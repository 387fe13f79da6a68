"""What routes do, in words: the conditions, the channels by their names, the people in their order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.context import Context
from bot.core import routing
from bot.core.integrations import Integration
from bot.core.neutral import neutral, one_line
from bot.core.people import Person
from bot.core.routing import Destination, Route, Tried
from bot.core.text import Text, say
from bot.errors import BotError

NAME_LENGTH = 60
CHANNELS_NAMED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutesInWords:
    """Of one integration. `default` is the server's channel; names of channels are by id."""

    integration: Integration
    default: str
    people: Mapping[str, Person]
    channels: Mapping[str, str]

    @property
    def heading(self) -> Text:
        name = neutral(self.integration.name, NAME_LENGTH)
        if not self.integration.routes:
            return say("**{name}** has no routes. `/oncall route add` makes one.", name=name)
        return say("**Routes of {name}**, the first that fits is taken", name=name)

    @property
    def own_way(self) -> Text:
        if not self.integration.routes:
            return say("All alerts: {way}", way=self.way(None))
        return say("- Everything else: {way}", way=self.way(None))

    def listed(self, place: int, route: Route) -> Text:
        name, way, when = neutral(route.name, NAME_LENGTH), self.way(route), self.conditions(route)
        if route.on:
            return say("{place}. **{name}**: {when}: {way}", place=place, name=name, when=when, way=way)
        return say("{place}. **{name}** (off): {when}: {way}", place=place, name=name, when=when, way=way)

    def explained(self, route: Route) -> list[Text]:
        """What it does from now on."""
        return [say("It takes {when}: {way}", when=self.conditions(route), way=self.way(route))]

    def conditions(self, route: Route) -> Text:
        if not route.matchers:
            return say("every alert")
        return say("alerts with `{conditions}`", conditions=one_line(routing.written(route.matchers)).replace("`", "'"))

    def way(self, route: Route | None) -> Text:
        """Where a group that takes this route is posted, and whom it pages."""
        own = self.integration.channel_id or self.default
        to = routing.destination(route, channel_id=own, chain=self.integration.chain)
        posted, paged = self._posted(to, nowhere=route is not None and not route.posts), self._paged(to)
        return say("{posted}, {paged}.", posted=posted, paged=paged)

    def _posted(self, to: Destination, *, nowhere: bool) -> Text:
        if nowhere:
            return say("posted in no channel")
        if not to.channel_id:
            return say("not posted yet, because no channel is chosen")
        names = [f"~{self.channels[one]}" if one in self.channels else "~?" for one in (to.channel_id, *to.also)]
        return say("posted in {channels}", channels=", ".join(names))

    def _paged(self, to: Destination) -> Text:
        names = [self._name(person_id) for step in to.chain for person_id in step.people]
        if not names:
            return say("pages nobody")
        if len(names) == 1:
            return say("pages {names}", names=names[0])
        minutes = to.chain[1].wait // 60
        first, others = names[0], ", ".join(names[1:])
        return say("pages {first}, then {others}, {minutes} min apart", first=first, others=others, minutes=minutes)

    def _name(self, person_id: str) -> str:
        person = self.people.get(person_id)
        return person.mention if person else "?"

    # ---- trying ----

    def tried(self, place: int, found: Tried, known: Mapping[str, str], *, first: bool) -> Text:
        """What this route made of some labels."""
        name = neutral(found.route.name, NAME_LENGTH)
        if not found.route.on:
            return say("{place}. **{name}**: is off.", place=place, name=name)
        if found.against is not None:
            condition, label = one_line(str(found.against)).replace("`", "'"), found.against.label
            value = neutral(known.get(label, ""), NAME_LENGTH)
            if not value:
                no = say("there is no `{label}`", label=label.replace("`", "'"))
            else:
                no = say("it is “{value}”", value=value)
            return say(
                "{place}. **{name}**: no, `{condition}` does not hold: {why}.",
                place=place,
                name=name,
                condition=condition,
                why=no,
            )
        if first:
            return say("{place}. **{name}**: takes it.", place=place, name=name)
        return say("{place}. **{name}**: would take it, but one before does.", place=place, name=name)


async def routes_in_words(ctx: Context, integration: Integration) -> RoutesInWords:
    """With everything that is named in them looked up."""
    lines = (integration.people, *(route.people for route in integration.routes))
    people = await ctx.people.with_ids(tuple({person_id for line in lines for person_id in line}))
    own = integration.channel_id or ctx.server.channel_id
    wanted = dict.fromkeys([own, *(channel for route in integration.routes for channel in route.channels)])
    channels = await _names(ctx, [channel for channel in wanted if channel][:CHANNELS_NAMED])
    return RoutesInWords(integration=integration, default=ctx.server.channel_id, people=people, channels=channels)


async def _names(ctx: Context, ids: Iterable[str]) -> dict[str, str]:
    """Of those that can be seen."""
    ids = list(ids)
    names = await asyncio.gather(*(_name(ctx, id_) for id_ in ids))
    return {id_: name for id_, name in zip(ids, names, strict=True) if name}


async def _name(ctx: Context, channel_id: str) -> str:
    try:
        return (await ctx.chat.room(channel_id, team_id="")).name
    except BotError:
        return ""
