"""`python -m bot doctor`: is the bot well, and does every Mattermost reach it and it them?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from bot.command_line.running_bot import ADDRESS_HELP, RunningBot, reaches_bot, told

Line = tuple[bool, str]


@click.command()
@click.option("--bot", default="", metavar="URL", help=ADDRESS_HELP)
def doctor(bot: str) -> None:
    """Check that everything works, and say what does not.

    Asks the running bot how it is, whether its public address leads to it, and, for every Mattermost, goes the whole
    way from the bot to Mattermost and back. Ends with status 1 if something needs attention.
    """
    sound = True
    for good, text in examined(bot):
        sound &= good
        click.echo(f"  {click.style('ok', fg='green') if good else click.style('!!', fg='red', bold=True)}  {text}")
    click.echo("Everything works." if sound else "Something needs attention: see the lines with !!.")
    if not sound:
        sys.exit(1)


def examined(bot: str) -> Iterator[Line]:
    """What was found, line by line as it is found."""
    running = RunningBot.find(bot)
    yield True, f"The bot answers at {running.address}."
    unready = running.ready()
    yield (
        not unready,
        f"It is not ready: {unready}" if unready else "It is ready: the database and the worker are well.",
    )
    found = running.ask("GET", "/mattermost/doctor")
    yield _public(str(found["public_url"]))
    if not found["servers"]:
        yield False, 'No Mattermost is set up. Begin with: python -m bot setup "Example Ltd"'
    for server in found["servers"]:
        yield from _server(server)


def _public(url: str) -> Line:
    problem = reaches_bot(url)
    if problem:
        return False, f"PUBLIC_URL {url} does not lead to the bot from here. {problem}"
    return True, f"PUBLIC_URL {url} leads to the bot."


def _server(server: dict[str, Any]) -> Iterator[Line]:
    for finding in server["findings"]:
        yield bool(finding["ok"]), f"{server['name']}: {told(finding)}"
