"""Which alert group a command is about where its place tells: on the post of one, or in its thread."""

from __future__ import annotations

from bot.call import Opened, Value
from bot.context import Context
from bot.core.alert_group import AlertGroup
from bot.core.text import say
from bot.errors import NotFound, UserError
from bot.registry import Command
from forms.base import Form, Input, Kind, flag_of, is_empty

GROUP = "group"
# Instead of naming one, all for which something holds can be meant.
CONDITIONS = "where"
# What may begin with a number of its own.
COUNTED = (Kind.DURATION, Kind.TEXT, Kind.LONG_TEXT)


async def from_post(context: Context, command: Command) -> dict[str, Value]:
    """A command about an alert group, given in its thread or on its post, is about that one."""
    inputs, values = command.form.inputs(), context.call.values
    if GROUP not in inputs or not is_empty(values.get(GROUP)) or not is_empty(values.get(CONDITIONS)):
        return {}
    group = await _shown_here(context)
    asks = any(field.required for name, field in inputs.items() if name != GROUP)
    if group is None and context.call.opened is Opened.MENU and not asks:
        raise NotFound(
            say("This message is no alert of mine. *Create alert group from this message…* makes one of it.")
        )
    return {GROUP: str(group.number)} if group else {}


async def read_again(context: Context, command: Command) -> dict[str, Value]:
    """A bare number that was typed in a thread may belong to what follows: `silence 30` is half an hour.

    The number of an alert group comes first as everywhere, where that makes a whole command. Empty if it does.
    """
    number, following = context.call.values.get(GROUP), _following(command.form)
    if context.call.opened is not Opened.TYPED or following is None or not str(number).isdecimal():
        return {}
    here = await _shown_here(context)
    if here is None or here.number == int(str(number)):
        return {}
    name, field = following
    rest = context.call.values.get(name)
    whole = f"{number} {rest or ''}".strip()
    if not field.fits(whole) or (field.fits(rest) and await _exists(context, command, int(str(number)))):
        return {}
    if is_empty(rest) and await _exists(context, command, int(str(number))):
        raise UserError(
            say(
                "{number} could be another alert group, too. Write `/oncall {name} --{flag} {number}` for the one "
                "of this thread, or `/oncall {name} #{number} …` for the other.",
                number=str(number),
                name=command.name,
                flag=flag_of(name),
            )
        )
    return {GROUP: str(here.number), name: whole}


async def _shown_here(context: Context) -> AlertGroup | None:
    post_id, root_id = context.call.post_id or context.call.root_id, context.call.root_id
    if not post_id:
        return None
    return await context.groups.of_post(post_id) or (await context.groups.of_post(root_id) if root_id else None)


def _following(form: type[Form]) -> tuple[str, Input] | None:
    """What is typed after the number, if it is needed and could be meant by one."""
    places = form.positional()
    if len(places) < 2 or places[0][0] != GROUP:
        return None
    name, field = places[1]
    return (name, field) if field.required and field.kind in COUNTED else None


async def _exists(context: Context, command: Command, number: int) -> bool:
    """Whether the command could be about the alert group of this number."""
    group = await context.groups.numbered(number)
    return group is not None and (group.live or command.form.inputs()[GROUP].choices != "live_groups")
