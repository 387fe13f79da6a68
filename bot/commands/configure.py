"""Where alerts are posted and who may act."""

from __future__ import annotations

from functools import partial

from bot.call import Reply, tell
from bot.context import Context
from bot.core import servers
from bot.core.people import Role
from bot.core.servers import Who
from bot.registry import command
from forms.configure import Configure


@command("configure", form=Configure, section="set up", needs=Role.ADMIN, user_token=True)
async def configure(ctx: Context, *, channel: str, who_may_act: str) -> Reply:
    """Choose the channel for alerts, and who may act on them."""
    room = await ctx.chat.room(channel, team_id=ctx.call.team_id)
    await ctx.chat.join(room)
    decide = partial(
        servers.configured,
        channel_id=room.id,
        team_id=room.team_id,
        who_may_act=Who(who_may_act),
        note_channel=room.name,
    )
    return tell((await ctx.installation.change(decide)).note)
