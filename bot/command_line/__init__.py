"""The command line: `python -m bot COMMAND`."""

from __future__ import annotations

import click

from bot.command_line.doctor import doctor
from bot.command_line.moving import move, remove
from bot.command_line.people import people
from bot.command_line.processes import demo, serve, web, worker
from bot.command_line.setup import setup


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.pass_context
def main(context: click.Context) -> None:
    """OnCall for Mattermost: takes alerts, finds who is on call, pages them, keeps everybody informed.

    Just trying out?  `python -m bot demo` needs nothing else and opens a play Mattermost in your browser.

    You have a Mattermost?  Run `python -m bot serve` and, beside it, `python -m bot setup "Example Ltd"`, which prints
    what to type there. Without a command `serve` is run.

    Settings are environment variables (PORT, PUBLIC_URL, MONGODB_URI, …); docs/operations.md lists them all.
    """
    if context.invoked_subcommand is None:
        context.invoke(serve)


for command in (serve, web, worker, demo, setup, doctor, move, remove, people):
    main.add_command(command)
