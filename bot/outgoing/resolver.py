"""Looks names up once and lets through only addresses the guard allows; connections go to exactly these."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from bot.outgoing.guard import Guard


class GuardedResolver(AbstractResolver):
    """Checks what another resolver finds. One forbidden address among good ones spoils the whole name."""

    def __init__(self, guard: Guard, names: AbstractResolver, *, listed_only: bool) -> None:
        self._guard = guard
        self._names = names
        self._listed_only = listed_only

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises UnsafeDestination, or OSError when there is no such name."""
        found = await self._names.resolve(host, port, family)
        for one in found:
            self._guard.check_address(one["host"], listed_only=self._listed_only)
        return found

    async def close(self) -> None:
        await self._names.close()
