"""Answers to a slash command given later, at the place Mattermost named for them.

The place is good for five uses within thirty minutes and needs no token: its random id is the secret.
Source: Mattermost server source.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.mattermost.refusals import SUCCESS, no_answer, refusal
from bot.outgoing.client import Client
from bot.outgoing.errors import OutgoingError


async def answer_later(outgoing: Client, url: str, answer: Mapping[str, Any]) -> None:
    """Raises Upstream."""
    try:
        answered = await outgoing.request("POST", url, json=dict(answer))
    except OutgoingError as failed:
        raise no_answer(failed) from failed
    if answered.status not in SUCCESS:
        raise refusal(answered)
