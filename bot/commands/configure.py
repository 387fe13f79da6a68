"""Where alerts are posted, who may act, what threads tell and which buttons posts have."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from bot.call import Opened, Reply, Value, tell
from bot.context import Context, Room
from bot.core import cards, channels, servers
from bot.core.channels import shown_buttons
from bot.core.people import Role
from bot.core.servers import LANGUAGE, LINK_BY_EMAIL, ON, Server, Timeline, Who
from bot.core.text import Text, say
from bot.errors import BotError
from bot.registry import command
from forms.base import Option, is_empty
from forms.configure import Buttons, Configure, Policy

PEOPLE_LOOKED_AT = 1000


async def _known_channel(ctx: Context) -> Mapping[str, Value | Option]:
    """What is so in the channel that was typed, else in the one where it was typed, else in the default one."""
    typed_or_here = str(ctx.call.values.get("channel") or ctx.call.channel_id)
    room = await _room(ctx, typed_or_here) or await _room(ctx, ctx.server.channel_id)
    channel_id = room.id if room else ctx.server.channel_id
    shown = shown_buttons(ctx.server, channel_id)
    return {
        "channel": Option(value=room.id, label=f"~{room.name}") if room else channel_id,
        "default": channel_id == ctx.server.channel_id or not ctx.server.channel_id,
        "timeline": ctx.server.timeline_in(channel_id).value,
        **{name: name in shown for name in cards.EXTRAS},
    }


async def _room(ctx: Context, named: str) -> Room | None:
    """None for direct messages, which belong to no team, and for what the bot cannot see."""
    if not named:
        return None
    try:
        room = await ctx.chat.room(named, team_id=ctx.call.team_id)
    except BotError:
        return None
    return room if room.team_id else None


@command(
    "configure channel",
    form=Configure,
    section="set up",
    needs=Role.ADMIN,
    user_token=True,
    known=_known_channel,
    in_channel=True,
    aliases=("configure",),
)
async def channel(
    ctx: Context, *, channel: str, default: bool, timeline: str, responders: bool, note: bool, show: bool
) -> Reply:
    """Choose the channel for alerts, or what is told and offered in one channel."""
    room = await ctx.chat.room(channel, team_id=ctx.call.team_id)
    lines = [await _made_default(ctx, room)] if default or _nothing_else(ctx) else []
    decide = partial(
        channels.settings_chosen,
        channel_id=room.id,
        note_channel=room.name,
        timeline=Timeline(timeline) if timeline else None,
        buttons=_wanted(ctx, {"responders": responders, "note": note, "show": show}, room.id),
    )
    change = await ctx.installation.change(decide)
    return tell(*lines, *([change.note] if not lines or change.doc.channels != ctx.server.channels else []))


def _nothing_else(ctx: Context) -> bool:
    """Who types a channel and nothing else wants the alerts there."""
    typed = (ctx.call.values.get(name) for name in ("default", "timeline", *cards.EXTRAS))
    return ctx.call.opened is not Opened.FORM and all(is_empty(value) for value in typed)


async def _made_default(ctx: Context, room: Room) -> Text:
    await ctx.chat.join(room)
    decide = partial(servers.configured, channel_id=room.id, team_id=room.team_id, note_channel=room.name)
    return (await ctx.installation.change(decide)).note


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
    return {name: name in shown_buttons(ctx.server) for name in cards.EXTRAS}


@command("configure buttons", form=Buttons, section="set up", needs=Role.ADMIN, known=_known_buttons)
async def buttons(ctx: Context, *, responders: bool, note: bool, show: bool) -> Reply:
    """Choose which buttons posts have beside those of their state."""
    chosen = _wanted(ctx, {"responders": responders, "note": note, "show": show})
    return tell((await ctx.installation.change(partial(servers.buttons_chosen, buttons=chosen))).note)


def _wanted(ctx: Context, ticked: Mapping[str, bool], channel_id: str = "") -> tuple[str, ...]:
    """In a form what is not ticked is not wanted; what was not typed stays."""
    shown, form = shown_buttons(ctx.server, channel_id), ctx.call.opened is Opened.FORM
    given = {name for name in ticked if form or not is_empty(ctx.call.values.get(name))}
    return tuple(name for name in cards.EXTRAS if (ticked[name] if name in given else name in shown))
