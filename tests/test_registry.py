"""Commands by name and alias, and what refuses to start."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.call import Reply, tell
from bot.core.people import Role
from bot.registry import Command, Registry, load

ROOT = Path(__file__).parent.parent


async def run(_context: object) -> Reply:
    return tell()


def command(name: str, *aliases: str, **more: object) -> Command:
    return Command(name=name, run=run, summary="Does it.", aliases=aliases, **more)


def registry(*commands: Command) -> Registry:
    found = Registry()
    for one in commands:
        found.add(one)
    return found


KNOWN = registry(command("ack", "take"), command("shift swap"), command("shift swap offer"), command("shift list"))


@pytest.mark.parametrize("name", ["ack", "take", "shift swap", "shift.swap"])
def test_found_by_name_alias_and_path(name: str):
    assert KNOWN.find(name) is not None


@pytest.mark.parametrize(
    ("typed", "name", "length"),
    [
        ("ack 12", "ack", 1),
        ("TAKE 12", "ack", 1),
        ("shift swap mine", "shift swap", 2),
        ("shift swap offer mine", "shift swap offer", 3),
        ("shift", None, 0),
        ("bogus", None, 0),
        ("", None, 0),
    ],
)
def test_the_longest_name_wins(typed: str, name: str | None, length: int):
    found, taken = KNOWN.read_name(typed.split())

    assert (found.name if found else None, taken) == (name, length)


def test_an_alias_that_begins_longer_names_counts_only_alone():
    known = registry(command("shift list", "shift", "shifts"), command("shift swap"))

    assert [known.read_name(typed.split())[1] for typed in ("shift", "shift swap x", "shift spaw", "shifts x")] == [
        *(1, 2, 0, 1)
    ]


def test_the_first_word_of_several_names():
    assert [one.name for one in KNOWN.starting_with("Shift")] == ["shift swap", "shift swap offer", "shift list"]


@pytest.mark.parametrize("second", [command("ack"), command("take"), command("x", "ack"), command("x", "take")])
def test_two_of_one_name_stop_the_process(second: Command):
    with pytest.raises(RuntimeError, match="Two commands are called"):
        registry(command("ack", "take"), second)


def test_a_name_of_several_words_is_one_piece_of_a_path():
    assert command("shift swap").path == "shift.swap"


def test_what_acts_is_what_viewers_may_not():
    assert command("a").acts
    assert not command("a", needs=Role.VIEWER).acts


def test_the_order_is_the_same_whatever_was_imported_first():
    """The help and the catalogs are in it."""
    code = "import bot.commands.silences\nfrom bot.registry import load\nprint(*load().commands, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout.splitlines() == [*load().commands]
    modules = [one.run.__module__ for one in load()]
    assert modules == sorted(modules)


def test_loading_twice_is_loading_once():
    assert load() is load()
    assert load().find("ack") is not None
