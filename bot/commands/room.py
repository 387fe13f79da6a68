"""A channel of its own for an alert group that many people work on."""

from __future__ import annotations

import re
from functools import partial

from bot.call import Reply, tell
from bot.chosen import chosen_group
from bot.context import Context, Room
from bot.core import steering
from bot.core.alert_group import AlertGroup
from bot.core.cards import MARKS
from bot.core.neutral import cut, neutral, one_line
from bot.core.people import Person
from bot.core.text import NOTHING, Text, say
from bot.errors import BotError
from bot.registry import command
from forms.room import OpenRoom

NAME_LENGTH = 50  # Mattermost takes 64 characters; a number may follow
TITLE_LENGTH = 60
INVITED = 20


@command("room", form=OpenRoom, section="alerts", aliases=("warroom", "incident"))
async def room(ctx: Context, *, group: str, private: bool) -> Reply:
    """Open a channel for an alert group, with everybody who was paged for it."""
    found = await chosen_group(ctx, group)
    asked = await ctx.groups.change(found, partial(steering.room_asked, now=ctx.now))
    if asked.note != NOTHING:
        return tell(asked.note)
    made = await _made(ctx, found, private=private)
    opened = partial(steering.room_opened, room=made.name, by=ctx.person.mention, now=ctx.now)
    note = (await ctx.groups.change(found, opened)).note
    outside = await _invited(ctx, made, found)
    await ctx.chat.post(made, _about(ctx, found))
    return tell(note, *outside)


async def _made(ctx: Context, group: AlertGroup, *, private: bool) -> Room:
    title = cut(one_line(f"{group.name} {group.title}"), TITLE_LENGTH)
    try:
        return await ctx.chat.open_room(_name(group), title, private=private)
    except BotError:
        await ctx.groups.change(group, steering.room_given_up)
        raise


def _name(group: AlertGroup) -> str:
    words = "-".join(re.findall(r"[a-z0-9]+", group.title.lower()))
    return f"alert-{group.number}-{words}"[:NAME_LENGTH].rstrip("-")


async def _invited(ctx: Context, room: Room, group: AlertGroup) -> list[Text]:
    """Whoever was reached; what is said about those who could not be made members."""
    paged = await ctx.people.with_ids(tuple(page.person_id for page in group.pages.values() if not page.failed))
    people: dict[str, Person] = {person.mattermost_user_id: person for person in (ctx.person, *paged.values())}
    outside = await ctx.chat.invite(room, [user_id for user_id in people if user_id][:INVITED])
    if not outside:
        return []
    names = ", ".join(people[user_id].mention for user_id in outside)
    return [say("{names} could not be added: they are not in this team.", names=names)]


def _about(ctx: Context, group: AlertGroup) -> str:
    """The headline and a link, which Mattermost shows with the post behind it."""
    headline = f"{MARKS[group.status]} **{group.name} {neutral(one_line(group.title), 200)}**"
    if group.card is None or not ctx.server.site_url:
        return headline
    return f"{headline}\n{ctx.server.site_url}/_redirect/pl/{group.card.post_id}"
