"""Where alerts are posted, who may act, what threads tell and which buttons posts have."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from bot.call import Opened, Reply, Value, tell
from bot.context import Context
from bot.core import cards, servers
from bot.core.people import Role
from bot.core.servers import LANGUAGE, LINK_BY_EMAIL, ON, Server, Timeline, Who
from bot.core.text import Text, say
from bot.registry import command
from forms.configure import Buttons, Configure, Policy

PEOPLE_LOOKED_AT = 1000


async def _known_channel(ctx: Context) -> Mapping[str, Value]:
    return {"channel": ctx.server.channel_id}


@command(
    "configure channel",
    form=Configure,
    section="set up",
    needs=Role.ADMIN,
    user_token=True,
    known=_known_channel,
    aliases=("configure",),
)
async def channel(ctx: Context, *, channel: str) -> Reply:
    """Choose the channel for alerts."""
    room = await ctx.chat.room(channel, team_id=ctx.call.team_id)
    await ctx.chat.join(room)
    decide = partial(servers.configured, channel_id=room.id, team_id=room.team_id, note_channel=room.name)
    return tell((await ctx.installation.change(decide)).note)


async def _known_policy(ctx: Context) -> Mapping[str, Value]:
    return {
        "who_may_act": ctx.server.who_may_act.value,
        "link_by_email": ctx.server.settings.get(LINK_BY_EMAIL, "off"),
        "timeline": ctx.server.timeline.value,
        "language": ctx.server.settings.get(LANGUAGE, "en"),
    }


@command("configure policy", form=Policy, section="set up", needs=Role.ADMIN, known=_known_policy)
async def policy(ctx: Context, *, who_may_act: str, link_by_email: str, timeline: str, language: str) -> Reply:
    """Choose who may act on alerts, how much their threads tell, and in which language."""
    decide = partial(
        servers.policy_chosen,
        who_may_act=Who(who_may_act) if who_may_act else None,
        link_by_email=link_by_email,
        timeline=Timeline(timeline) if timeline else None,
        language=language,
    )
    change = await ctx.installation.change(decide)
    return tell(change.note, *await _warnings(ctx, change.doc))


async def _warnings(ctx: Context, server: Server) -> list[Text]:
    """Nobody is to be locked out unknowingly."""
    lines = []
    if server.who_may_act is Who.LINKED:
        if not any(person.linked for person in await ctx.people.listed(PEOPLE_LOOKED_AT)):
            lines.append(
                say(
                    "**Nobody is linked yet, so nobody may act on alerts.** Invite people with "
                    "`/oncall people invite`, yourself first."
                )
            )
        elif not ctx.person.linked:
            lines.append(say("You are not linked: `/oncall link` does that."))
    if server.settings.get(LINK_BY_EMAIL) == ON and not await ctx.linking.verifies_addresses():
        lines.append(
            say(
                "This Mattermost does not verify e-mail addresses, so few or none are linked by them: "
                "turn on *Require Email Verification* in its system console."
            )
        )
    return lines


async def _known_buttons(ctx: Context) -> Mapping[str, Value]:
    return {name: name in _shown(ctx.server) for name in cards.EXTRAS}


@command("configure buttons", form=Buttons, section="set up", needs=Role.ADMIN, known=_known_buttons)
async def buttons(ctx: Context, *, responders: bool, note: bool, show: bool) -> Reply:
    """Choose which buttons posts have beside those of their state."""
    wanted = {"responders": responders, "note": note, "show": show}
    if ctx.call.opened is not Opened.FORM:  # in a form what is not ticked is not wanted; what was not typed stays
        wanted = {name: wanted[name] if name in ctx.call.values else name in _shown(ctx.server) for name in wanted}
    chosen = tuple(name for name in cards.EXTRAS if wanted[name])
    return tell((await ctx.installation.change(partial(servers.buttons_chosen, buttons=chosen))).note)


def _shown(server: Server) -> tuple[str, ...]:
    return cards.EXTRAS if server.buttons is None else server.buttons
