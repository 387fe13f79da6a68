"""Codes that people read in one place and type in another: ten characters of Crockford's base32, 50 random bits."""

from __future__ import annotations

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10
MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_code() -> str:
    """A fresh code in the form in which it is shown: `7HK2M-PX9QD`."""
    characters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{characters[:5]}-{characters[5:]}"


def read_code(typed: str) -> str:
    """The one spelling of what somebody typed: no dashes, blanks, small letters or letters taken for digits."""
    return "".join(typed.replace("-", "").split()).upper().translate(MISREAD)
