"""Proof that a Mattermost server handled a request of a person just now: the signature of a trigger id.

A trigger is the base64 of `client:user:milliseconds:` followed by a base64 ECDSA signature (ASN.1 DER, P-256, SHA-256)
of that text up to and with its last colon; the key is published in the client configuration as
`AsymmetricSigningPublicKey`. Source: Mattermost server source.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta

from bot.vault import signed_by

LONGEST = timedelta(seconds=60)


class BadTrigger(Exception):
    """Not made by this server for this person just now; the message says which."""


class WrongSignature(BadTrigger):
    """Everything else fits: the server may have another key by now."""


def verify_trigger(trigger_id: str, *, user_id: str, public_key: str, now: datetime) -> str:
    """What was signed: it has one spelling, while its signature has several. Raises BadTrigger.

    `public_key` is base64 of a DER SubjectPublicKeyInfo.
    """
    try:
        client, user, milliseconds, signature = base64.b64decode(trigger_id, validate=True).decode().split(":")
        made_at = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
        raw, key = base64.b64decode(signature, validate=True), base64.b64decode(public_key, validate=True)
    except (binascii.Error, ValueError, OverflowError, OSError):
        raise BadTrigger("malformed") from None
    if user != user_id:
        raise BadTrigger("made for somebody else")
    if abs(now - made_at) > LONGEST:
        raise BadTrigger("too old")
    signed = f"{client}:{user}:{milliseconds}:"
    if not signed_by(key, raw, signed.encode()):
        raise WrongSignature("wrong signature")
    return signed
