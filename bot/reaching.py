"""A person's rules at work: the ways to reach them, one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

import structlog

from bot.core.people import Rule, Way
from bot.errors import Upstream

log = structlog.get_logger()

T = TypeVar("T")


async def reach(rules: Sequence[Rule], ways: Mapping[Way, Callable[[], Awaitable[T | None]]]) -> dict[Way, T]:
    """What came of each way that worked; empty when a way found, by answering None, that there is nothing to say.

    Raises Upstream: the first lasting refusal when no way worked, and whatever may pass at once, to be tried again.
    """
    reached: dict[Way, T] = {}
    refusals: list[Upstream] = []
    for rule in rules:
        if rule.fallback and reached:
            continue
        try:
            outcome = await ways[rule.way]()
        except Upstream as refused:
            if not refused.permanent:
                raise
            log.info("one way failed", way=rule.way.value, why=refused.reason)
            refusals.append(refused)
            continue
        if outcome is None:
            return reached
        reached[rule.way] = outcome
    if not reached and refusals:
        raise refusals[0]
    return reached
