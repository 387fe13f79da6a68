"""Change whom a source of alerts pages, and where it posts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from bot.call import Ask, Opened, Reply, Value, tell
from bot.chosen import chosen_integration, chosen_people, line_in_form, line_of_form, room_in_form
from bot.commands.integration import group_labels, joined_channel
from bot.context import Context
from bot.core import integrations
from bot.core.integrations import Integration
from bot.core.people import Role
from bot.core.replacing import replace
from bot.core.text import say
from bot.described import routes_in_words
from bot.errors import UserError
from bot.registry import command
from forms.base import is_empty
from forms.integration_editing import EditIntegration


@command("integration edit", form=EditIntegration, section="set up", needs=Role.ADMIN, user_token=True)
async def edit(
    ctx: Context,
    *,
    integration: str,
    people: tuple[str, ...],
    name: str,
    channel: str,
    wait_minutes: int,
    group_by: str,
) -> Reply:
    """Change a source of alerts: what is typed, or everything in a form."""
    one = await chosen_integration(ctx, integration)
    given = {field for field, value in ctx.call.values.items() if not is_empty(value)}
    whole = ctx.call.opened is Opened.FORM
    if not whole and given <= {"integration"}:
        return await _ask(ctx, one)
    if any(other.name.lower() == name.lower() and other.id != one.id for other in await ctx.integrations.listed()):
        raise UserError(say("There is an integration called {name} already. Choose another name.", name=name))
    labels = group_labels(one.kind, group_by)
    persons = await (line_of_form(ctx, people, one.people) if whole else chosen_people(ctx, people))
    channel_id = await joined_channel(ctx, channel)

    def changed(now: Integration) -> Integration:
        return replace(
            now,
            name=name or now.name,
            people=persons if whole or "people" in given else now.people,
            channel_id=channel_id if whole or "channel" in given else now.channel_id,
            wait_minutes=wait_minutes if whole or "wait_minutes" in given else now.wait_minutes,
            group_by=labels if whole or "group_by" in given else now.group_by,
        )

    change = await ctx.integrations.change(one, partial(integrations.edit, decide=changed))
    if change.doc.removed_at:
        return tell(change.note)
    told = await routes_in_words(ctx, change.doc)
    return tell(change.note, told.own_way)


async def _ask(ctx: Context, one: Integration) -> Ask:
    """The form, with the integration as it is."""
    line = await line_in_form(ctx, one.people)
    values: Mapping[str, Value] = {
        "integration": one.name,
        "people": line.value,
        "channel": one.channel_id,
        "wait_minutes": str(one.wait_minutes),
        "group_by": ", ".join(one.group_by),
    }
    return Ask(
        command="integration edit",
        form=EditIntegration,
        values=values,
        options={"people": line.options, "channel": await room_in_form(ctx, one.channel_id)},
        introduction=line.introduction,
    )
