"""Templates applied to what integrations send. Whatever happens to a template, the alert is taken: as it was read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

import structlog

from bot.core.integrations import Integration
from bot.core.templates import PARTS, Part
from bot.integrations.payload import Payload
from bot.notices import Notices
from bot.templates.applying import Outcome, Problem, applied, question
from bot.templates.pool import Pool
from bot.templates.problems import not_used
from bot.templates.process import NoAnswer

LARGEST_BODY = 4 * 1024 * 1024
REST_SECONDS = 60.0
RESTING = 10_000
# These cost so much that they are not tried again with the next payload. What was only late is not to blame.
COSTLY = ("slow", "large", "died")

log = structlog.get_logger()


class Templating:
    """One per process."""

    def __init__(self, pool: Pool, notices: Notices, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._notices = notices
        self._ticks = ticks
        self._resting: dict[tuple[str, str, str], float] = {}

    async def applied(self, integration: Integration, payload: Payload, body: bytes) -> Payload:
        """The payload as the templates of the integration have it. Raises Unavailable: the sender should try again."""
        if not integration.templates:
            return payload
        templates = {part: text for part, text in integration.templates.items() if self._awake(integration, part, text)}
        if not templates:
            return payload
        outcome = await self.tried(integration, templates, payload, body)
        for part, problem in outcome.problems.items():
            log.warning("template not used", integration=integration.id, part=part.value, why=problem.kind)
            self._notices.tell(integration, f"template {part.value}", not_used(integration, part, problem))
            if problem.kind in COSTLY:
                self._rest(integration, part, templates[part])
        return outcome.payload

    async def tried(
        self, integration: Integration, templates: Mapping[str, str], payload: Payload, body: bytes
    ) -> Outcome:
        """What these templates make of a payload. Raises Unavailable."""
        known = {part: text for part, text in templates.items() if part in PARTS}
        if not known:
            return Outcome(payload=payload)
        if len(body) > LARGEST_BODY:
            return _unused(payload, known, "payload")
        try:
            answer = await self._pool.ask(integration.server_id, await question(known, payload), body)
        except NoAnswer as problem:
            return _unused(payload, known, problem.why.value)
        return await applied(payload, answer)

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that render, where there are any."""
        return self._pool.pids

    async def close(self) -> None:
        await self._pool.close()

    def _awake(self, integration: Integration, part: str, text: str) -> bool:
        return self._resting.get((integration.id, part, text), 0) <= self._ticks()

    def _rest(self, integration: Integration, part: Part, text: str) -> None:
        if len(self._resting) >= RESTING:
            self._resting.clear()
        self._resting[(integration.id, part.value, text)] = self._ticks() + REST_SECONDS


def _unused(payload: Payload, parts: Iterable[str], kind: str) -> Outcome:
    return Outcome(payload=payload, problems={Part(part): Problem(kind=kind) for part in parts})
