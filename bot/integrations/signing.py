"""Senders that sign what they send, with a secret beside the key: HMAC-SHA256 of the body, in hex, in a header."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.integrations.pieces import moment
from bot.integrations.reading import Pace

CHUNK = 1024 * 1024
# Clocks of senders go wrong, and an alert that is refused for that is worse than one that comes twice.
FRESH = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """In which header a kind of sender signs.

    `stamp` is the header with the time of signing, in seconds since 1970: where it is sent it is signed with the body,
    with a colon between them.
    """

    header: str
    stamp: str = ""


async def is_signed(
    signature: Signature, headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime, pace: Pace
) -> bool:
    """Whether who sent this knows the secret, and signed it not long ago where the time is told."""
    given = headers.get(signature.header, "").strip().lower()
    stamp = headers.get(signature.stamp, "") if signature.stamp else ""
    if stamp and not _is_fresh(stamp, now):
        return False
    mac = hmac.new(secret.encode("utf-8", "surrogatepass"), digestmod=hashlib.sha256)
    if stamp:
        mac.update(f"{stamp}:".encode("utf-8", "surrogateescape"))
    for start in range(0, len(body), CHUNK):
        mac.update(body[start : start + CHUNK])
        await pace.breathe()
    return hmac.compare_digest(mac.hexdigest().encode(), given.encode("utf-8", "replace"))


def _is_fresh(stamp: str, now: datetime) -> bool:
    at = moment(stamp)
    return at is not None and abs(now - at) <= FRESH
