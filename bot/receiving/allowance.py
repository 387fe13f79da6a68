"""How long the conditions of each server take in one batch, and a turn for everybody else in between."""

from __future__ import annotations

import asyncio

import structlog

log = structlog.get_logger()

SLICE_SECONDS = 0.01


class Allowance:
    """Begins when it is made. A server may have `most` seconds."""

    def __init__(self, most: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._most = most
        self._spent: dict[str, float] = {}
        self._since = self._began = self._loop.time()

    def spent(self, server_id: str) -> bool:
        """Whether this server has had its time."""
        return self._spent.get(server_id, 0.0) > self._most

    async def step(self, server_id: str | None) -> None:
        """One more is done; `server_id` is whose conditions that took, if any."""
        ended = self._loop.time()
        if server_id is not None:
            self._spent[server_id] = self._spent.get(server_id, 0.0) + ended - self._began
        self._began = ended
        if ended - self._since > SLICE_SECONDS:
            await asyncio.sleep(0)
            self._since = self._began = self._loop.time()

    def tell(self) -> None:
        slow = [server_id for server_id in self._spent if self.spent(server_id)]
        if slow:
            log.warning("conditions took too long and were left alone", servers=slow[:10])
