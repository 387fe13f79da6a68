"""What the bot can do: generated from the declarations."""

from __future__ import annotations

from bot.call import Reply, tell
from bot.context import Context
from bot.core.people import Role
from bot.core.text import Text, say
from bot.registry import Command, command
from forms.base import Input, Kind, flag_of
from forms.help import Help

SECTIONS = {
    "alerts": "**Alerts**",
    "people": "**People**",
    "set up": "**Set up**",
    "me": "**You**",
}


@command("help", form=Help, section="me", needs=Role.VIEWER, before_install=True)
async def help_(ctx: Context, *, command: str) -> Reply:
    """Show what you can type, or how one command is written."""
    wanted = ctx.registry.find(command) if command else None
    if wanted is not None:
        return tell(*_one(wanted))
    usable = [one for one in ctx.registry if ctx.person.role.includes(one.needs) and not one.hidden]
    if command:
        usable = [one for one in usable if one.name.split()[0] == command.lower()]
        if not usable:
            return tell(say("There is no command `{name}`. `/oncall help` lists them all.", name=command))
    return tell(*_list(usable))


def _list(usable: list[Command]) -> list[Text]:
    lines = []
    for section, title in SECTIONS.items():
        here = [one for one in usable if one.section == section]
        if here:
            lines += [
                say(title),
                *(say("- `/oncall {use}`: {what}", use=_use(one), what=Text(english=one.summary)) for one in here),
            ]
    return lines


def _use(command: Command) -> str:
    return " ".join([command.name, *(f"[{field.label.lower()}]" for _, field in command.form.positional())])


def _one(command: Command) -> list[Text]:
    lines = [say("`/oncall {use}`: {what}", use=_use(command), what=Text(english=command.summary))]
    for name, field in command.form.inputs().items():
        if field.kind is not Kind.SECRET:
            lines.append(say("- `--{flag}`: {what}", flag=flag_of(name), what=_about(field)))
    if command.aliases:
        lines.append(say("Also: {names}", names=", ".join(f"`{alias}`" for alias in command.aliases)))
    return lines


def _about(field: Input) -> Text:
    if field.help:
        return say("{label}. {help}", label=field.label, help=field.help)
    if field.hint:
        return say("{label} (for example {hint})", label=field.label, hint=field.hint)
    return Text(english=field.label)
