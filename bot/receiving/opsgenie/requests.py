"""Ids of requests to Opsgenie's Alert API, which say themselves what was done to which alert group.

Opsgenie answers before it does the work, so senders ask afterwards what became of a request. Nothing is stored for
that: the id is that of the alert group in another spelling. Its first bits are those of a clock that does not use them
before the year 2109, and there stand the action and whether there was no such alert.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.integrations.opsgenie_actions import ACTIONS
from bot.storage.ids import id_of, new_id, number_of

CREATE = "create"
NAMES = (CREATE, *ACTIONS)
ACTION_AT = 123
FAILED_AT = 122
RANDOM_BITS = 80
OLDEST = timedelta(days=366)
SOON = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`group_id` is empty where there was no such alert; `by_alias` is how it was looked for then."""

    action: str
    at: datetime
    group_id: str
    by_alias: bool = False


def request_id(action: str, group_id: str) -> str:
    return str(uuid.UUID(int=NAMES.index(action) << ACTION_AT | number_of(group_id)))


def failed_id(action: str, now: datetime, *, by_alias: bool = False) -> str:
    """For what could not be done, because there is no such alert. The last bit tells how it was looked for."""
    number = number_of(new_id(now)) & ~1 | by_alias
    return str(uuid.UUID(int=NAMES.index(action) << ACTION_AT | 1 << FAILED_AT | number))


def read(text: str, now: datetime) -> Request | None:
    """None for what is no id of a request here."""
    try:
        number = uuid.UUID(text).int
    except ValueError:
        return None
    place, failed = number >> ACTION_AT, bool(number >> FAILED_AT & 1)
    number &= (1 << FAILED_AT) - 1
    at = datetime.fromtimestamp((number >> RANDOM_BITS) / 1000, UTC)
    if place >= len(NAMES) or (failed and not now - OLDEST < at < now + SOON):
        return None
    if failed:
        return Request(action=NAMES[place], at=at, group_id="", by_alias=bool(number & 1))
    return Request(action=NAMES[place], at=at, group_id=id_of(number))
