"""Every declaration of commands and forms, read aloud: whole, within limits, and told in the help."""

import re
from inspect import Parameter, signature

import pytest

from bot.commands.help import SECTIONS, _list, _one
from bot.core.people import Role
from bot.lookups import LOOKUPS
from bot.registry import Command, load
from bot.words import Reader, words
from forms.base import Kind, flag_of
from forms.limits import problems_of
from tests.clock import HeldClock

REGISTRY = load()
COMMANDS = list(REGISTRY)
READER = Reader(now=HeldClock()())
each = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)


@each
def test_its_form_fits_the_limits(command: Command):
    assert problems_of(command.form) == []


@each
def test_its_name_can_be_typed(command: Command):
    for name in (command.name, *command.aliases):
        assert re.fullmatch(r"[a-z][a-z-]*( [a-z][a-z-]*){0,2}", name), name


def test_no_command_hides_behind_the_beginning_of_another():
    """A word is either a command or the beginning of several: clients cannot offer both.

    Alone, such a beginning may stand for one of the commands behind it, where a surface can tell.
    """
    names = [command.name for command in COMMANDS if not command.hidden]
    beginnings = {name.rsplit(" ", 1)[0] for name in names if " " in name}

    assert not beginnings & set(names)
    for command in COMMANDS:
        assert all(command.name.startswith(f"{alias} ") for alias in command.aliases if alias in beginnings)


@each
def test_its_summary_is_one_short_sentence(command: Command):
    assert command.summary.endswith((".", "`.")), command.summary
    assert command.summary[0].isupper()
    assert len(command.summary) <= 120
    assert not set("{}") & set(command.summary)


@each
def test_its_texts_are_no_templates(command: Command):
    texts = [command.form.title, command.form.introduction, command.form.submit]
    for field in command.form.inputs().values():
        texts += [field.label, field.help, field.hint, *(option.label for option in field.options)]
    assert not [text for text in texts if "{" in text or "}" in text]


@each
def test_its_lists_exist(command: Command):
    inputs = command.form.inputs().values()
    choices = {field.choices for field in inputs if field.kind in (Kind.LOOKUP, Kind.LOOKUPS)}

    assert choices <= set(LOOKUPS)


@each
def test_a_name_at_the_end_of_the_line_needs_no_quotes(command: Command):
    """Numbers and the ids of storms have no blanks."""
    *_, (_, last) = command.form.positional() or [("", None)]

    named = last is not None and last.kind is Kind.LOOKUP and not last.shape and last.choices != "storms"
    assert not named or last.rest


@each
def test_a_menu_label_ends_in_dots_where_it_must_ask(command: Command):
    """The message itself tells the alert group and the text; what else is needed has to be asked."""
    asked = [name for name, field in command.form.inputs().items() if field.required and name not in ("group", "text")]

    assert not (command.menu and asked) or command.menu.endswith("…")


@each
def test_the_parameters_are_those_of_the_form(command: Command):
    named = [one.name for one in signature(command.run).parameters.values() if one.kind is Parameter.KEYWORD_ONLY]

    assert set(named) == set(command.form.inputs())


def test_the_help_tells_of_every_command():
    told = "\n".join(words(line, READER) for line in _list([one for one in COMMANDS if not one.hidden], "en"))

    assert {one.section for one in COMMANDS if not one.hidden} <= set(SECTIONS)
    for command in COMMANDS:
        assert (f"`/oncall {command.name}" in told) != command.hidden
    assert "- `/oncall silence [alert groups] [for how long]`: " in told


@each
def test_the_help_of_a_command_tells_of_every_flag(command: Command):
    told = "\n".join(words(line, READER) for line in _one(command, "en"))

    for name, field in command.form.inputs().items():
        assert (f"`--{flag_of(name)}`: {field.label}" in told) == (field.kind is not Kind.SECRET)
    assert "?." not in told
    assert ".." not in told.replace("…", "")


def test_the_help_of_silence_reads_well():
    assert [words(line, READER) for line in _one(REGISTRY.find("silence"), "en")] == [
        "`/oncall silence [alert groups] [for how long]`: "
        "Page nobody for a while: `silence 12 2h`, `silence 12 15-20 2h` or `silence 12 until tomorrow 9:00`.",
        "- `--group`: Alert groups. Several as 12 15-20.",
        "- `--duration`: For how long (for example 30m, 2h, until tomorrow 9:00, until working hours)",
        "- `--reason`: Reason (for example Known issue, fix is rolling out)",
        "- `--where`: Conditions. For labels, severity and title, as severity=warning. They narrow down what is "
        "chosen; if nothing is, whatever meets them is meant.",
        "Also: `snooze`",
    ]


def test_only_admins_set_up():
    may = {command.name for command in COMMANDS if command.needs is Role.ADMIN}

    assert {"setup", *(name for name in REGISTRY.commands if name.startswith(("configure ", "integration add")))} <= may
