"""Proves that a message comes from Amazon SNS, and confirms subscriptions. Both go out through the guard.

Only certificates from addresses of SNS are believed, over TLS; they are remembered, because Amazon changes them rarely.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from bot.clock import Clock
from bot.errors import BotError, Unavailable
from bot.integrations.payload import Invalid
from bot.integrations.sns import amazons, certificate_at, signed_text
from bot.outgoing.client import Client
from bot.outgoing.errors import OutgoingError
from bot.vault import certified

CERTIFICATES_KEPT = 50
SHA1 = {"1": True, "2": False}


class NotProved(BotError):
    """This does not come from Amazon."""


class SnsMessages:
    """One per process."""

    def __init__(self, outgoing: Client, clock: Clock) -> None:
        self._outgoing = outgoing
        self._clock = clock
        self._certificates: dict[str, bytes] = {}

    async def prove(self, envelope: Mapping[str, Any]) -> None:
        """Raises NotProved; Unavailable when Amazon's certificate cannot be fetched now."""
        url = certificate_at(envelope.get("SigningCertURL") or envelope.get("SigningCertUrl"))
        sha1 = SHA1.get(str(envelope.get("SignatureVersion")))
        if not url or sha1 is None:
            raise NotProved("There is no signature of SNS, version 1 or 2")
        try:
            signature = base64.b64decode(str(envelope.get("Signature")).encode("ascii"), validate=True)
        except (binascii.Error, ValueError):
            raise NotProved("The signature is not base64") from None
        certificate = await self._certificate(url)
        if not certified(certificate, signature, signed_text(envelope), sha1=sha1, now=self._clock()):
            self._certificates.pop(url, None)
            raise NotProved("The signature does not fit")

    async def confirm(self, envelope: Mapping[str, Any]) -> None:
        """For a proved SubscriptionConfirmation. Raises Invalid, Unavailable."""
        url = amazons(envelope.get("SubscribeURL"))
        if not url:
            raise Invalid({"SubscribeURL": "This is no address of SNS."})
        await self._get(url)

    async def _certificate(self, url: str) -> bytes:
        known = self._certificates.get(url)
        if known is not None:
            return known
        if len(self._certificates) >= CERTIFICATES_KEPT:
            self._certificates.clear()
        self._certificates[url] = await self._get(url)
        return self._certificates[url]

    async def _get(self, url: str) -> bytes:
        try:
            answer = await self._outgoing.request("GET", url)
        except OutgoingError as problem:
            raise Unavailable("Amazon SNS cannot be reached") from problem
        if answer.status != HTTPStatus.OK:
            raise Unavailable(f"Amazon SNS answered {answer.status}")
        return answer.body
