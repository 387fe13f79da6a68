"""What the bot can do: generated from the declarations."""

from __future__ import annotations

from bot.call import Reply, tell
from bot.context import Context
from bot.core.people import Role
from bot.core.text import Text, say
from bot.registry import Command, command
from bot.words import inline
from forms.base import Input, Kind, flag_of
from forms.help import Help

SECTIONS = {
    "alerts": say("**Alerts**"),
    "people": say("**People**"),
    "me": say("**You**"),
    "set up": say("**Set up**"),
}
# What people need most often comes first in its section; the rest follows by name.
FIRST = ("list", "show", "ack", "resolve", "silence", "page", "who", "help", "me", "setup")


@command("help", form=Help, section="me", needs=Role.VIEWER, before_install=True)
async def help_(ctx: Context, *, command: str) -> Reply:
    """Show what you can type, or how one command is written."""
    wanted = ctx.registry.find(command) if command else None
    if wanted is not None and not ctx.registry.begins(command.lower()):
        return tell(*_one(wanted, ctx.reader.locale))
    usable = [one for one in ctx.registry if ctx.person.role.includes(one.needs) and not one.hidden]
    if command:
        usable = [one for one in usable if one.name.split()[0] == command.lower()]
        if not usable:
            return tell(say("There is no command `{name}`. `/oncall help` lists them all.", name=command))
    return tell(*_list(usable, ctx.reader.locale))


def _list(usable: list[Command], locale: str) -> list[Text]:
    lines = []
    for section, title in SECTIONS.items():
        here = sorted((one for one in usable if one.section == section), key=_place)
        if here:
            lines += [
                title,
                *(
                    say("- `/oncall {use}`: {what}", use=_use(one, locale), what=Text(english=one.summary))
                    for one in here
                ),
            ]
    return lines


def _place(command: Command) -> tuple[int, str]:
    return (FIRST.index(command.name) if command.name in FIRST else len(FIRST), command.name)


def _use(command: Command, locale: str) -> str:
    return " ".join([command.name, *(f"[{inline(field.label, locale)}]" for _, field in command.form.positional())])


def _one(command: Command, locale: str) -> list[Text]:
    lines = [say("`/oncall {use}`: {what}", use=_use(command, locale), what=Text(english=command.summary))]
    for name, field in command.form.inputs().items():
        if field.kind is not Kind.SECRET:
            lines.append(say("- `--{flag}`: {what}", flag=flag_of(name), what=_about(field)))
    if command.aliases:
        lines.append(say("Also: {names}", names=", ".join(f"`{alias}`" for alias in command.aliases)))
    return lines


def _about(field: Input) -> Text:
    if field.help:
        return say("{label}. {help}", label=Text(english=field.label), help=Text(english=field.help))
    if field.kind is Kind.TOGGLE and field.hint:
        return say("{label}: {what}", label=Text(english=field.label), what=Text(english=field.hint))
    if field.hint:
        return say("{label} (for example {hint})", label=Text(english=field.label), hint=Text(english=field.hint))
    return Text(english=field.label)
