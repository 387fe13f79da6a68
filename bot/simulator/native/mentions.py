"""Which people and channels a slash command's text mentions, as told to the integration."""

import re

from bot.simulator.records import Team
from bot.simulator.state import State

_PERSON = re.compile(r"(?<![\w@])@([A-Za-z0-9][A-Za-z0-9._-]*)")
_CHANNEL = re.compile(r"(?<![\w~])~([A-Za-z0-9][A-Za-z0-9_-]*)")

Pairs = list[tuple[str, str]]
"""Names with ids, in the order of the text, each once."""


def user_mentions(state: State, team: Team, text: str) -> Pairs:
    """Only members of the team."""
    found: dict[str, str] = {}
    for written in _PERSON.findall(text):
        for name in (written.lower(), written.lower().rstrip(".-_")):
            user = state.usernames.get(name)
            if user is not None and user.id in team.members:
                found[user.username] = user.id
                break
    return list(found.items())


def channel_mentions(state: State, team: Team, text: str) -> Pairs:
    """Only public channels of the team."""
    found: dict[str, str] = {}
    for name in _CHANNEL.findall(text):
        channel = state.channel_names.get((team.id, name))
        if channel is not None and channel.type == "O" and not channel.delete_at:
            found[channel.name] = channel.id
    return list(found.items())
