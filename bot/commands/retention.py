"""How long alerts and alert groups are kept, and whether those that went quiet are closed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from bot.call import Reply, Value, tell
from bot.context import Context
from bot.core.people import Role
from bot.core.retention import chosen, retention
from bot.registry import command
from forms.base import is_empty
from forms.retention import Keep


async def _known(ctx: Context) -> Mapping[str, Value]:
    kept = retention(ctx.server)
    return {"alerts": str(kept.alerts), "groups": str(kept.groups), "close": str(kept.close)}


@command("configure retention", form=Keep, section="set up", needs=Role.ADMIN, known=_known)
async def keep(ctx: Context, *, alerts: int | None, groups: int | None, close: int | None) -> Reply:
    """Choose for how many days alerts are kept, and when quiet alert groups are closed."""
    decide = partial(chosen, alerts=_given(alerts), groups=_given(groups), close=_given(close))
    return tell((await ctx.installation.change(decide)).note)


def _given(days: int | None) -> int | None:
    return None if is_empty(days) else days
