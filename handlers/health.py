"""What the operator's platform asks: alive, ready, and the figures."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from http import HTTPStatus

from bot import metrics
from bot.errors import Unavailable
from handlers.base import Endpoint

LATEST_PASS = timedelta(seconds=60)
DATABASE_SECONDS = 2.0  # platforms wait about so long for this answer


class Alive(Endpoint):
    """The process answers. Not red because the database is away: a restart would not bring it back."""

    route = "healthz"

    def get(self) -> None:
        self.answer({"alive": True})


class Ready(Endpoint):
    """The database answers, and the worker has truly looked through its work of late."""

    route = "readyz"

    async def get(self) -> None:
        problems = [problem for problem in (await self._database(), self._worker()) if problem]
        status = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
        self.answer({"ready": not problems, "problems": problems}, status)

    async def _database(self) -> str:
        try:
            async with asyncio.timeout(DATABASE_SECONDS):
                await self.services.stores.database.ping()
        except (Unavailable, TimeoutError):
            return "The database cannot be reached."
        return ""

    def _worker(self) -> str:
        worker = self.services.worker
        if worker is None:
            return ""
        if worker.last_pass is None:
            return "The worker has not started yet."
        return "The worker has stopped." if self.services.clock() - worker.last_pass > LATEST_PASS else ""


class Metrics(Endpoint):
    """Open to everybody, so no series names a tenant, an integration or a person."""

    route = "metrics"

    def get(self) -> None:
        self.set_header("Content-Type", metrics.CONTENT_TYPE)
        services, nudged = self.services, self.services.stores.nudges.heard
        self.finish(services.metrics.page(services.intake, services.worker, services.clock, nudged=nudged))
