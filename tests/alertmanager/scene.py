"""A real Alertmanager, a real bot and a strict Mattermost, and what can be seen of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.core.alert_group import AlertGroup
from tests.alertmanager.alertmanager import Alertmanager, alertmanager
from tests.faults.processes import BotProcess
from tests.town import Town, mark, town
from tests.waiting import until

PATIENCE = 120
INBOUND_STATUS = re.compile(r"event=request route=inbound method=POST status=(\d+)")


class Scene:
    """The three who talk to each other, and what can be seen of it."""

    def __init__(self, town: Town, bot: BotProcess, monitoring: Alertmanager) -> None:
        self.town = town
        self.bot = bot
        self.monitoring = monitoring

    async def group(self, name: str) -> AlertGroup | None:
        """The newest of this name."""
        found = [group for group in await self.town.groups() if group.title == name]
        return max(found, key=lambda group: group.number, default=None)

    async def comes_to(self, name: str, ready: Callable[[AlertGroup], bool]) -> AlertGroup:
        """Wait until the group has come so far and everybody has been told."""

        async def so_far() -> bool:
            group = await self.group(name)
            return group is not None and ready(group) and await self.town.all_is_delivered()

        await until(so_far, PATIENCE, pause=0.05)
        group = await self.group(name)
        assert group is not None
        return group

    def shown(self, group: AlertGroup) -> str:
        """The words of the group's card."""
        [post] = [post for post in self.town.cards if mark(post)["group"] == group.id]
        return self.town.root.drawn(post.id).words

    @property
    def answers(self) -> Counter[str]:
        """Statuses the bot has given to Alertmanager."""
        return Counter(INBOUND_STATUS.findall(self.bot.log))


@asynccontextmanager
async def scene_of(surface: str, uri: str, program: str, folder: Path) -> AsyncIterator[Scene]:
    async with town(surface, uri) as place:
        bot = BotProcess(place, "serve", folder / "bot.log")
        try:
            await bot.start()
            await place.install()
            async with alertmanager(program, place, folder) as monitoring:
                yield Scene(place, bot, monitoring)
        finally:
            await bot.stop()
