"""The alert groups that want attention."""

from __future__ import annotations

from bot.call import Reply, tell
from bot.context import Context
from bot.core.alert_group import AlertGroup, Status
from bot.core.cards import MARKS, state_in_words
from bot.core.neutral import neutral
from bot.core.people import Role
from bot.core.text import Text, count, say
from bot.integrations.pieces import SEVERITIES
from bot.registry import command
from forms.list import ListGroups

SHOWN = 20
LOOKED_AT = 500
OPEN = "open"
LIVE = (Status.FIRING, Status.ACKNOWLEDGED, Status.SILENCED)


@command("list", form=ListGroups, section="alerts", needs=Role.VIEWER, aliases=("ls", "alerts"))
async def list_(ctx: Context, *, state: str, page: int) -> Reply:
    """List the alert groups that are not resolved, firing ones first, in each state the most severe first."""
    wanted = LIVE if state == OPEN else (Status(state),)
    groups = await ctx.groups.listed(wanted, limit=LOOKED_AT)
    if not groups:
        return tell(say("All quiet: nothing is firing.") if state == OPEN else say("No alert group is in this state."))
    groups.sort(key=lambda group: (wanted.index(group.status), _severity(group), -group.number))
    first = SHOWN * (page - 1)
    shown = groups[first : first + SHOWN]
    if not shown:
        return tell(say("There is nothing on page {page}. `/oncall list` shows the first.", page=page))
    return tell(_heading(len(groups), state), *(_line(group) for group in shown), *_more(len(groups), first, state))


def _severity(group: AlertGroup) -> int:
    """What says no severity we know stands in the middle: it may be grave."""
    known = group.severity.lower()
    return SEVERITIES.index(known) if known in SEVERITIES else len(SEVERITIES) // 2


def _heading(total: int, state: str) -> Text:
    if state == Status.RESOLVED.value:
        return count("**{count} resolved alert group**", "**{count} resolved alert groups**", count=total)
    return count("**{count} open alert group**", "**{count} open alert groups**", count=total)


def _more(total: int, first: int, state: str) -> list[Text]:
    last = first + SHOWN
    if total <= last:
        return []
    more = f"list --page {last // SHOWN + 1}" if state == OPEN else f"list {state} --page {last // SHOWN + 1}"
    return [
        say(
            "{first} to {last} are shown. `/oncall {more}` shows the next; `/oncall list firing` only what is firing.",
            first=first + 1,
            last=last,
            more=more,
        )
    ]


def _line(group: AlertGroup) -> Text:
    return say(
        "- {mark} **#{number}** {title}: {state}",
        mark=MARKS[group.status],
        number=group.number,
        title=neutral(group.title, 120),
        state=state_in_words(group),
    )
