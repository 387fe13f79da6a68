"""The alert groups that want attention."""

from __future__ import annotations

from bot.call import Reply, tell
from bot.context import Context
from bot.core.alerts import AlertGroup, Status
from bot.core.cards import MARKS, state_in_words
from bot.core.neutral import neutral
from bot.core.people import Role
from bot.core.text import Text, count, say
from bot.registry import command

SHOWN = 20


@command("list", section="alerts", needs=Role.VIEWER, aliases=("ls", "alerts"))
async def list_(ctx: Context) -> Reply:
    """List the alert groups that are not resolved, firing ones first."""
    live = (Status.FIRING, Status.ACKNOWLEDGED, Status.SILENCED)
    groups = await ctx.groups.listed(live, limit=SHOWN + 1)
    if not groups:
        return tell(say("All quiet: nothing is firing."))
    lines = [_line(group) for group in groups[:SHOWN]]
    if len(groups) > SHOWN:
        lines.append(say("…and more. The first {count} are shown.", count=SHOWN))
    return tell(
        count("**{count} open alert group**", "**{count} open alert groups**", count=min(len(groups), SHOWN)), *lines
    )


def _line(group: AlertGroup) -> Text:
    return say(
        "- {mark} **#{number}** {title}: {state}",
        mark=MARKS[group.status],
        number=group.number,
        title=neutral(group.title, 120),
        state=state_in_words(group),
    )
