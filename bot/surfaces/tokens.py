"""Signed memory: what a button, a form or a link carries through a browser and must bring back unharmed.

A token is readable by the person who holds it (so nothing secret goes in) and cannot be made or changed by them. It is
bound to one server and one purpose, and where given to one person and an end.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.clock import Clock

FORM_LIFE = timedelta(hours=1)
COMPACT = json.JSONEncoder(separators=(",", ":"))


class Signer(Protocol):
    """What is needed of the vault."""

    def sign(self, purpose: str, message: bytes) -> str: ...
    def verify(self, purpose: str, message: bytes, signature: str) -> bool: ...


class BadToken(Exception):
    """Not ours, changed, foreign, of another purpose or person, or too old."""


class Sealer:
    """Seals and unseals the memory of one server."""

    def __init__(self, signer: Signer, server_id: str, clock: Clock) -> None:
        self._signer = signer
        self._server_id = server_id
        self._clock = clock

    def seal(
        self, purpose: str, claims: Mapping[str, object], *, user_id: str = "", ends_at: datetime | None = None
    ) -> str:
        end = int(ends_at.timestamp()) if ends_at else 0
        body = COMPACT.encode([self._server_id, user_id, end, claims]).encode()
        return f"{_encode(body)}.{self._signer.sign(f'memory|{purpose}', body)}"

    def unseal(self, purpose: str, token: object, *, user_id: str = "") -> dict[str, str]:
        """The claims, all of them strings. Raises BadToken."""
        if not isinstance(token, str):
            raise BadToken
        encoded, _, signature = token.partition(".")
        body = _decode(encoded)
        if not self._signer.verify(f"memory|{purpose}", body, signature):
            raise BadToken
        server_id, holder, end, claims = _read(body)
        if server_id != self._server_id or holder not in ("", user_id):
            raise BadToken
        if end and end < self._clock().timestamp():
            raise BadToken
        return {name: str(value) for name, value in claims.items()}


def _read(body: bytes) -> tuple[str, str, int, dict[str, Any]]:
    """Signed by us, yet perhaps by another version of us."""
    try:
        server_id, holder, end, claims = json.loads(body)
    except (ValueError, TypeError):
        raise BadToken from None
    if not isinstance(end, int) or not isinstance(claims, dict):
        raise BadToken
    return server_id, holder, end, claims


def _encode(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """One spelling only: a second one of the same memory would count as another form, not as a repetition."""
    try:
        body = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise BadToken from None
    if _encode(body) != text:
        raise BadToken
    return body
