"""How much somebody may send: a steady rate, and what they saved up for a burst. Pure."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Budget(Struct, frozen=True, kw_only=True):
    """So many a second in the long run; so many at once by whoever sent nothing for long."""

    per_second: float
    burst: float


class Account(Struct, frozen=True, kw_only=True):
    """What is left, as of then. Below nothing where somebody sent more at once than a burst."""

    left: float
    at: datetime


def spent(account: Account | None, amount: int, *, budget: Budget, now: datetime) -> tuple[Account, float]:
    """The account afterwards, and zero; or as it was, and the seconds until there is enough.

    More than a burst at once asks for a full account only: it could never be sent otherwise.
    """
    left = budget.burst
    if account is not None:
        saved = max((now - account.at).total_seconds(), 0) * budget.per_second
        left = min(account.left + saved, budget.burst)
    missing = min(amount, budget.burst) - left
    if missing > 0:
        return Account(left=left, at=now), missing / budget.per_second
    return Account(left=left - amount, at=now), 0.0
