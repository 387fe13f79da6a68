"""All commands: one declaration each, found by importing every module of `bot.commands`, in alphabetical order."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from inspect import getdoc
from typing import Any

from bot.call import Reply, Value
from bot.core.people import Role
from forms.base import Form, Option
from forms.limits import problems_of

Run = Callable[..., Awaitable[Reply]]


class NoInput(Form):
    """For commands that take none."""

    title = "Confirm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command as declared. `name` may be several words; `menu` and `header` are labels in Mattermost's own menus.

    `section` groups it in the help. `user_token` asks the surface for a token that acts as the person, where it can.
    `before_install` commands work while the server is not installed yet. `hidden` ones are the second step of another
    command: nobody types them. `known` gives what a form that edits something starts with, as an option where people
    read something else than its value. `in_channel` asks the surface where it was typed, where that is not told by
    itself.
    """

    name: str
    run: Run
    summary: str
    form: type[Form] = NoInput
    needs: Role = Role.RESPONDER
    section: str = ""
    aliases: tuple[str, ...] = ()
    menu: str = ""
    header: str = ""
    user_token: bool = False
    before_install: bool = False
    hidden: bool = False
    known: Callable[[Any], Awaitable[Mapping[str, Value | Option]]] | None = None
    in_channel: bool = False

    @property
    def path(self) -> str:
        """The name as part of a URL."""
        return self.name.replace(" ", ".")

    @property
    def acts(self) -> bool:
        """Whether it acts on alerts: what responders may do and viewers may not."""
        return self.needs is Role.RESPONDER

    @property
    def has_input(self) -> bool:
        return bool(self.form.inputs())


@dataclass(slots=True)
class Registry:
    """Commands by name and alias."""

    commands: dict[str, Command] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def add(self, command: Command) -> None:
        for name in (command.name, *command.aliases):
            if name in self.commands or name in self.aliases:
                raise RuntimeError(f"Two commands are called {name!r}.")
        self.commands[command.name] = command
        self.aliases.update((alias, command.name) for alias in command.aliases)

    def sort(self) -> None:
        """By their modules, however those came to be imported, and there as they are declared."""
        self.commands = dict(sorted(self.commands.items(), key=lambda item: item[1].run.__module__))

    def find(self, name: str) -> Command | None:
        name = name.replace(".", " ")
        return self.commands.get(self.aliases.get(name, name))

    def __iter__(self) -> Iterator[Command]:
        return iter(self.commands.values())

    def read_name(self, words: list[str]) -> tuple[Command | None, int]:
        """The command that a typed line begins with, and how many words its name takes: the longest name wins.

        An alias that is also the beginning of longer names counts only alone: what follows would be one of those.
        """
        for length in range(min(3, len(words)), 0, -1):
            name = " ".join(words[:length]).lower()
            command = self.find(name)
            if command is not None and (length == len(words) or name in self.commands or not self.begins(name)):
                return command, length
        return None, 0

    def begins(self, name: str) -> bool:
        """Whether longer names begin with these words."""
        return any(command.name.startswith(f"{name} ") for command in self if not command.hidden)

    def nearest(self, name: str) -> Command | None:
        """What somebody who typed this probably meant."""
        known = [one for one in (*self.commands, *self.aliases) if not self.commands[self.aliases.get(one, one)].hidden]
        found = get_close_matches(name.lower(), known, n=1)
        return self.find(found[0]) if found else None

    def starting_with(self, word: str) -> list[Command]:
        """The commands whose first word this is."""
        return [command for command in self if command.name.split()[0] == word.lower() and not command.hidden]


registry = Registry()


def command(name: str, **declared: Any) -> Callable[[Run], Run]:
    """Declare a command. The first line of its docstring is its help text."""

    def add(run: Run) -> Run:
        summary = (getdoc(run) or "").partition("\n")[0]
        registry.add(Command(name=name, run=run, summary=summary, **declared))
        return run

    return add


def load(package: str = "bot.commands") -> Registry:
    """Import every command module once and check every declaration. Raises RuntimeError with all problems."""
    for module in sorted(pkgutil.iter_modules(importlib.import_module(package).__path__), key=lambda found: found.name):
        importlib.import_module(f"{package}.{module.name}")
    registry.sort()
    problems = [problem for command in registry for problem in _problems(command)]
    if problems:
        raise RuntimeError("Broken declarations:\n" + "\n".join(problems))
    return registry


def _problems(command: Command) -> list[str]:
    found = problems_of(command.form)
    if not command.summary:
        found.append(f"{command.name}: the first line of the docstring is missing; it is the help text")
    return found
