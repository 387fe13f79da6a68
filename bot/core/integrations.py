"""Integrations: where alerts come from, and what becomes of them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.alerts import Step
from bot.core.changes import Change
from bot.core.text import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """A source of alerts. Its key is known to the sender only; we keep its keyed digests.

    `people` are paged in this order, `wait_minutes` apart. `group_by` are label names; empty means the sender's own
    grouping. `channel_id` is empty where the server's default channel serves.
    """

    id: str
    server_id: str
    name: str
    kind: str
    key_digests: tuple[str, ...]
    channel_id: str = ""
    people: tuple[str, ...] = ()
    wait_minutes: int = 5
    group_by: tuple[str, ...] = ()
    created_at: datetime
    created_by: str = ""
    removed_at: datetime | None = None

    @property
    def chain(self) -> tuple[Step, ...]:
        """The escalation chain, as it is copied into an alert group when that opens."""
        return tuple(
            Step(wait=0 if number == 0 else self.wait_minutes * 60, people=(person_id,))
            for number, person_id in enumerate(self.people)
        )


def remove(integration: Integration, *, now: datetime) -> Change[Integration]:
    if integration.removed_at:
        return Change(doc=integration, note=say("{name} is already removed.", name=integration.name))
    gone = replace(integration, removed_at=now, key_digests=())
    return Change(doc=gone, note=say("{name} is removed. Its URL is refused from now on.", name=integration.name))
