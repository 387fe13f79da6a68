"""Identities of new documents: sorted by the time of their making, so that indexes grow at one end."""

from __future__ import annotations

import secrets
from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)


def new_id(now: datetime) -> str:
    """A ULID: 48 bits of milliseconds and 80 random bits, 26 characters in Crockford's base 32."""
    number = (int(now.timestamp() * 1000) << 80) | secrets.randbits(80)
    return id_of(number)


def id_of(number: int) -> str:
    """128 bits as an identity."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def number_of(id_: str) -> int:
    """The 128 bits of an identity of ours. Raises ValueError for any other text."""
    number = 0
    for sign in id_:
        number = number << 5 | _ALPHABET.index(sign)
    return number
