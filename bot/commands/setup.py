"""Finish an installation with its install code."""

from __future__ import annotations

from bot.call import Ask, Reply, tell
from bot.context import Context
from bot.core.people import Role
from bot.errors import Denied
from bot.registry import command
from forms.install import Install


@command("setup", form=Install, section="set up", needs=Role.ADMIN, before_install=True, user_token=True)
async def setup(ctx: Context, *, code: str) -> Reply:
    """Finish the installation, or confirm a move to this Mattermost, with the install code."""
    try:
        return tell(await ctx.installation.finish(code))
    except Denied as refused:
        return Ask(command="setup", form=Install, errors={"code": refused.text}, problem=refused.text)
