"""`python -m bot move` and `remove`: change the way into a Mattermost, or undo an installation."""

from __future__ import annotations

from typing import Any

import click

from bot.command_line.running_bot import ADDRESS_HELP, RunningBot, refused

TOKEN_HELP = "A system admin's access token at that Mattermost; used for this and not kept. Asked for if left out."


@click.command()
@click.argument("name")
@click.option("--to", type=click.Choice(["native", "apps"]), required=True, help="The way it is to be served.")
@click.option("--token", default="", metavar="TOKEN", help=TOKEN_HELP)
@click.option("--url", default="", metavar="URL", help="Its address, where it is not the one we know.")
@click.option("--team", "teams", multiple=True, metavar="TEAM", help="With --to native: only this team; repeatable.")
@click.option("--bot", default="", metavar="URL", help=ADDRESS_HELP)
def move(name: str, to: str, token: str, url: str, teams: tuple[str, ...], bot: str) -> None:
    """Serve a Mattermost another way, keeping people, integrations, alerts and posts.

    NAME is what you called it, or its id.

    To native (slash commands, no Apps framework; needed from Mattermost 12 on) it is moved at once. To apps the command
    prints what a system admin types and pastes in Mattermost; the move happens then, and running this again afterwards
    with --token takes the old slash commands away.
    """
    running = RunningBot.find(bot)
    if to == "native":
        token = token or asked_token()
    answer = running.ask(
        "POST", "/mattermost/move", {"server": name, "to": to, "token": token, "url": url, "teams": list(teams)}
    )
    click.echo(_moved_natively(name, answer) if to == "native" else _moved_to_apps(name, token, answer))


@click.command()
@click.argument("name")
@click.option("--token", default="", metavar="TOKEN", help=TOKEN_HELP)
@click.option("--forget", is_flag=True, help="Leave alone what is at Mattermost, for one that is gone.")
@click.option("--bot", default="", metavar="URL", help=ADDRESS_HELP)
def remove(name: str, token: str, forget: bool, bot: str) -> None:
    """Undo an installation: slash commands and tokens go at once, the data after seven days.

    NAME is what you called it, or its id. A Mattermost with the app is left by typing `/apps uninstall oncall` there.
    """
    running = RunningBot.find(bot)
    body = {"server": name, "token": token or ("" if forget else asked_token()), "forget": forget}
    answer = running.ask("POST", "/mattermost/remove", body)
    click.echo(
        f"OnCall is removed from {answer['name']}. Its data is deleted in seven days; set it up again to keep it."
    )


def asked_token() -> str:
    return str(click.prompt("Access token of a system admin (not shown)", hide_input=True, type=str))


def _moved_natively(name: str, answer: dict[str, Any]) -> str:
    lines = [f"{name} is served by slash commands now ({answer['site_url']}). Its alerts are being drawn anew."]
    missing = refused(answer)
    if missing:
        lines += ["", "This still needs your attention:", *missing]
    lines += [
        "",
        "If the app is still installed there, type `/apps uninstall oncall`. That puts the bot account to sleep, so",
        "run this same command once more afterwards: it wakes it.",
    ]
    return "\n".join(lines)


def _moved_to_apps(name: str, token: str, answer: dict[str, Any]) -> str:
    if not answer["install_command"]:
        done = "Its old slash commands are taken away." if token else "Run this with --token to take away what is left."
        return f"{name} is served by the Apps framework. {done}"
    return f"""
{name} moves as soon as a system admin installs the app there; until then everything works as before.

  1. In any Mattermost channel, as a system admin, type:

       {answer["install_command"]}

  2. Paste this secret, shown only this once, into the dialog that opens, agree and submit:

       {answer["install_secret"]}

  3. Run this command again with --token, to take the old slash commands away.
"""
