"""`python -m bot setup`: make a set-up at the running bot and say what to type in Mattermost."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from bot.command_line.moving import asked_token
from bot.command_line.running_bot import ADDRESS_HELP, RunningBot, refused, told


@click.command()
@click.argument("name")
@click.option("--native", is_flag=True, help="Your Mattermost has no Apps framework (it has none from version 12 on).")
@click.option("--url", default="", metavar="URL", help="With --native: the address of your Mattermost.")
@click.option(
    "--token", default="", metavar="TOKEN", help="With --native: a system admin's access token; asked if left out."
)
@click.option("--team", "teams", multiple=True, metavar="TEAM", help="With --native: only this team; repeatable.")
@click.option("--dry-run", is_flag=True, help="With --native: only say what an installation would meet with.")
@click.option("--bot", default="", metavar="URL", help=ADDRESS_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the bot's answer as JSON.")
def setup(
    name: str, native: bool, url: str, token: str, teams: tuple[str, ...], dry_run: bool, bot: str, as_json: bool
) -> None:
    """Connect a Mattermost to the running bot.

    NAME is what you call it, for example "Example Ltd". The bot has to be running.

    Mattermost with the Apps framework: prints the command that a system admin types there and the secret to paste. They
    are shown only once and end after a day.

    Mattermost without it: `setup NAME --native --url https://chat.example.com` creates the bot account and the slash
    command there at once. The token is used for that and not kept. Run it again to repair what is there, and when there
    are new teams.
    """
    if (url or token or teams or dry_run) and not native:
        raise click.UsageError("--url, --token, --team and --dry-run belong to --native.")
    running = RunningBot.find(bot)
    body: dict[str, object] = {"name": name}
    if native:
        body |= _native(url, token) | {"teams": list(teams), "dry_run": dry_run}
    answer = running.ask("POST", "/mattermost/setup", body)
    if as_json:
        click.echo(json.dumps(answer, indent=2))
    elif dry_run:
        click.echo(findings_words(answer))
    elif native:
        click.echo(native_words(name, answer))
    else:
        click.echo(apps_words(name, answer))


def _native(url: str, token: str) -> dict[str, object]:
    return {
        "native": True,
        "url": url or click.prompt("Address of your Mattermost", type=str),
        "token": token or asked_token(),
    }


def apps_words(name: str, answer: dict[str, Any]) -> str:
    ends = datetime.fromisoformat(answer["expires_at"]).astimezone()
    return f"""
OnCall can now be installed at {name}. The secret and the code are shown only this once.

  1. In any Mattermost channel, as a system admin, type:

       {answer["install_command"]}

  2. Paste this secret into the dialog that opens, agree and submit:

       {answer["install_secret"]}

  3. Choose the channel for alerts:

       /oncall configure channel

If Mattermost says that something failed, type `/oncall setup` there and paste this install code, which works once:

       {answer["install_code"]}

Manifest: {answer["manifest_url"]} (your Mattermost has to reach it)
This set-up ends {ends:%d %b %Y, %H:%M %Z}. Check everything later with: python -m bot doctor
"""


def findings_words(answer: dict[str, Any]) -> str:
    lines = [f"  {'ok' if finding['ok'] else '!!'}  {told(finding)}" for finding in answer["findings"]]
    return "\n".join([*lines, "Nothing was made or changed."])


def native_words(name: str, answer: dict[str, Any]) -> str:
    lines = [f"OnCall is installed at {name} ({answer['site_url']})."]
    missing = refused(answer)
    if missing:
        lines += ["", "This still needs your attention:", *missing]
    lines += ["", "Type `/oncall configure channel` in Mattermost to choose the channel for alerts."]
    return "\n".join(lines)
