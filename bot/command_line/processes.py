"""The commands that run the bot: they read the settings, say what is wrong with them, and hand over."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import NoReturn

import click

from bot.config import Config, ConfigProblems, Role, read_config
from bot.demo import NATIVE_VERSION, VERSIONS
from bot.demo.problem import DemoProblem
from bot.errors import Unavailable
from bot.log import configure_logging

WRONG_SETTINGS = 2


@click.command()
def serve() -> None:
    """Run the whole bot in one process (the default).

    Without MONGODB_URI it starts a small MongoDB of its own and keeps everything in DATA_DIR (./data): good for trying
    out. With MONGODB_URI it uses yours, and needs ENCRYPTION_KEYS and ADMIN_TOKEN, too.

    Stop it with Ctrl-C; it finishes what it has begun.
    """
    start(Role.SERVE)


@click.command()
def web() -> None:
    """Run only the part that answers: Mattermost, monitoring systems, browsers.

    For platforms that run several processes. Needs MONGODB_URI, ENCRYPTION_KEYS and ADMIN_TOKEN, the same as `worker`.
    """
    start(Role.WEB)


@click.command()
def worker() -> None:
    """Run only the part that acts by itself: escalates, pages, posts.

    Any number of workers share the work. On PORT it only says how it is: /healthz, /readyz and /metrics. Needs
    MONGODB_URI, ENCRYPTION_KEYS and ADMIN_TOKEN, the same as `web`.
    """
    start(Role.WORKER)


@click.command()
@click.option(
    "--version",
    type=click.Choice(VERSIONS),
    default=NATIVE_VERSION,
    show_default=True,
    metavar="VERSION",
    help=f"What the play Mattermost without the Apps framework is: {', '.join(VERSIONS)}.",
)
def demo(version: str) -> None:
    """Try everything without a Mattermost.

    Starts the bot, a small MongoDB and a play Mattermost with sample people and alerts, and prints the address to open
    in a browser. It has no login, so it listens on this machine only. What you do is kept in DATA_DIR (./data/demo).
    """
    config = config_or_exit(Role.DEMO)
    from bot.demo.running import run  # noqa: PLC0415 - heavy, as below

    _run_or_exit(config, lambda: run(config, version=version))


def start(role: Role) -> None:
    """Run until stopped. Exits with status 2 where settings are wrong, 1 where something else prevents it."""
    config = config_or_exit(role)
    configure_logging(config)
    if config.admin_token_file is not None:
        click.echo(f"The admin token is in {config.admin_token_file}", err=True)
    # The bot itself is heavy; `setup`, `doctor` and `--help` do without it.
    from bot.composition import run  # noqa: PLC0415

    _run_or_exit(config, lambda: run(role, config))


def _run_or_exit(config: Config, run: Callable[[], None]) -> None:
    from bot.storage.mongod import EmbeddedMongoError  # noqa: PLC0415 - heavy, as above

    try:
        run()
    except (DemoProblem, EmbeddedMongoError, Unavailable) as problem:
        _exit(str(problem))
    except OSError as problem:
        if problem.errno not in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL):
            raise
        _exit(_cannot_listen(config, problem))


def config_or_exit(role: Role) -> Config:
    try:
        return read_config(os.environ, role)
    except ConfigProblems as problem:
        tell_problems(problem)


def tell_problems(problem: ConfigProblems) -> NoReturn:
    """All of them, by name, and the end."""
    click.echo("The settings need your attention:", err=True)
    for line in problem.problems:
        click.echo(f"  {line}", err=True)
    sys.exit(WRONG_SETTINGS)


def _cannot_listen(config: Config, problem: OSError) -> str:
    place = f"{config.host or 'all addresses'}, port {config.port}"
    if problem.errno == errno.EADDRINUSE:
        return f"Another program already listens on {place}. Stop it, or choose another PORT."
    if problem.errno == errno.EACCES:
        return f"This user may not listen on {place}. Choose a PORT above 1023."
    return f"This machine has no address {config.host}. Correct HOST, or leave it out to listen on all addresses."


def _exit(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(1)
