"""Keep what somebody found out about an alert group."""

from __future__ import annotations

from functools import partial

from bot.call import Reply, tell
from bot.chosen import chosen_group
from bot.context import Context
from bot.core import alerts
from bot.core.alert_group import Note
from bot.registry import command
from forms.note import AddNote


@command("note", form=AddNote, section="alerts", menu="Add as resolution note", aliases=("comment",))
async def note(ctx: Context, *, group: str, text: str) -> Reply:
    """Add a note to an alert group: what you found out or did."""
    found = await chosen_group(ctx, group)
    kept = Note(
        at=ctx.now,
        by=ctx.person.mention,
        text=text,
        post_id=ctx.about_post,
        link=ctx.link_to_post,
        copied=ctx.quotes(text),
    )
    return tell((await ctx.groups.change(found, partial(alerts.add_note, note=kept, now=ctx.now))).note)
