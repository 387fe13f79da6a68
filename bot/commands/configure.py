"""Where alerts are posted and who may act."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from bot.call import Reply, Value, tell
from bot.context import Context
from bot.core import servers
from bot.core.people import Role
from bot.core.servers import LANGUAGE, LINK_BY_EMAIL, ON, Server, Who
from bot.core.text import Text, say
from bot.registry import command
from forms.configure import Configure

PEOPLE_LOOKED_AT = 1000


def _known(ctx: Context) -> Mapping[str, Value]:
    return {
        "channel": ctx.server.channel_id,
        "who_may_act": ctx.server.who_may_act.value,
        "link_by_email": ctx.server.settings.get(LINK_BY_EMAIL, "off"),
        "language": ctx.server.settings.get(LANGUAGE, "en"),
    }


@command("configure", form=Configure, section="set up", needs=Role.ADMIN, user_token=True, known=_known)
async def configure(ctx: Context, *, channel: str, who_may_act: str, link_by_email: str, language: str) -> Reply:
    """Choose the channel for alerts, and who may act on them."""
    room = await ctx.chat.room(channel, team_id=ctx.call.team_id)
    await ctx.chat.join(room)
    decide = partial(
        servers.configured,
        channel_id=room.id,
        team_id=room.team_id,
        note_channel=room.name,
        who_may_act=Who(who_may_act) if who_may_act else None,
        link_by_email=link_by_email,
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
            lines.append(say("Only linked people may act on alerts. You are not linked: `/oncall link` does that."))
    if server.settings.get(LINK_BY_EMAIL) == ON and not await ctx.linking.verifies_addresses():
        lines.append(
            say(
                "This Mattermost does not verify e-mail addresses, so few or none are linked by them: "
                "turn on *Require Email Verification* in its system console."
            )
        )
    return lines
