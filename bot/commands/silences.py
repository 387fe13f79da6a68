"""The alert groups that are silent now, the first to end first, each ended with one tap."""

from __future__ import annotations

from bot.call import Reply, Say, tell
from bot.context import Context
from bot.core.alert_group import AlertGroup, Status
from bot.core.cards import Button, in_list, state_in_words
from bot.core.people import Role
from bot.core.text import Text, count, say
from bot.registry import command
from forms.silence import PAGES, Silences

SHOWN = 20
LISTED = SHOWN * PAGES
COUNTED = 100_000


@command("silences", form=Silences, section="alerts", needs=Role.VIEWER)
async def silences(ctx: Context, *, page: int) -> Reply:
    """List the alert groups that are silenced: until when, by whom and why, each ended with one tap."""
    total = await _count(ctx)
    if not total:
        return tell(say("Nothing is silenced. `/oncall maintenance list` shows the maintenance."))
    first = SHOWN * (page - 1)
    groups = await ctx.groups.silenced(skip=first, limit=SHOWN)
    if not groups:
        return tell(say("There is nothing on page {page}. `/oncall silences` shows the first.", page=page))
    heading = count("**{count} silenced alert group**", "**{count} silenced alert groups**", count=total)
    buttons = tuple(_button(group) for group in groups) if ctx.person.role.includes(Role.RESPONDER) else ()
    return Say(
        lines=(heading, *(in_list(group, _why(group)) for group in groups), *_more(min(total, LISTED), first)),
        buttons=buttons,
    )


async def _count(ctx: Context) -> int:
    return sum((await ctx.groups.severities((Status.SILENCED,), most=COUNTED))[Status.SILENCED].values())


def _button(group: AlertGroup) -> Button:
    return Button(
        command="unsilence", label=say("End #{number}", number=group.number), args={"group": str(group.number)}
    )


def _why(group: AlertGroup) -> Text:
    """As the history tells it, with the reason; in a long history that line may be gone."""
    told = [
        entry.text
        for entry in group.history
        if entry.at == group.changed_at and entry.text.values.keys() >= {"until", "reason"}
    ]
    return told[-1] if told and not group.maintenance_id else state_in_words(group)


def _more(total: int, first: int) -> list[Text]:
    last = first + SHOWN
    if total <= last:
        return []
    page = last // SHOWN + 1
    return [
        say("{first} to {last} are shown. `/oncall silences {page}` shows more.", first=first + 1, last=last, page=page)
    ]
