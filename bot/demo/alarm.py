"""The page's "Fire" and "Resolve": real HTTP requests to the bot's own address, as a monitoring system makes them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import aiohttp

from bot.clock import Clock
from bot.demo.samples import SAMPLES, SampleAlert

ACCEPTED = 202
SECONDS = 10


class Alarm:
    """One stand-in's source of sample alerts. `url` gives the address, once there is one."""

    def __init__(self, session: aiohttp.ClientSession, url: Callable[[], str], clock: Clock) -> None:
        self._session = session
        self._url = url
        self._clock = clock
        self._began: dict[str, datetime] = {}

    async def fire(self, name: str) -> str:
        sample = _named(name)
        began = self._began.setdefault(name, self._clock())
        return await self._send(sample.payload(began=began)) or f"“{sample.label}” fires: its card is in ~alerts."

    async def resolve(self, name: str) -> str:
        sample, now = _named(name), self._clock()
        began = self._began.pop(name, now)
        problem = await self._send(sample.payload(began=began, ended=now))
        return problem or f"“{sample.label}” is reported as over."

    async def _send(self, payload: dict[str, Any]) -> str:
        """Empty, or why the bot did not take it."""
        try:
            async with self._session.post(
                self._url(), json=payload, timeout=aiohttp.ClientTimeout(total=SECONDS)
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            return "The bot does not answer. Look at the terminal where the demo runs."
        if status == ACCEPTED:
            return ""
        return f"The bot did not take the alert (status {status}). Try again in a moment."


def _named(name: str) -> SampleAlert:
    found = next((sample for sample in SAMPLES if sample.name == name), None)
    if found is None:
        raise LookupError("There is no such sample alert.")
    return found
