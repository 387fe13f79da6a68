"""Trigger ids: signed proofs that a user has just used an integration, good for opening a dialog."""

import base64
import binascii
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from bot.simulator.errors import ApiError
from bot.simulator.records import new_id

_ALGORITHM = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    client_id: str
    """What the browser got in its HTTP answer."""
    user_id: str
    made_at: int
    """Unix milliseconds."""


class TriggerKey:
    """The server's ECDSA P-256 key pair."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._public = self._private.public_key()

    def private_der(self) -> bytes:
        """PKCS8 DER, for keeping it over a restart."""
        return self._private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    def use(self, private_der: bytes) -> None:
        """Go on with the key of an earlier life; ValueError if it is none."""
        private = load_der_private_key(private_der, password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise ValueError("not an elliptic curve key")
        self._private = private
        self._public = private.public_key()

    def public_der(self) -> bytes:
        """PKIX DER, published as AsymmetricSigningPublicKey."""
        return self._public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def make(self, user_id: str, now: int) -> tuple[str, str]:
        """The client's id and the signed trigger id for the integration; ``now`` in Unix milliseconds."""
        client_id = new_id()
        prefix = f"{client_id}:{user_id}:{now}:"
        signature = self._private.sign(prefix.encode(), _ALGORITHM)
        whole = prefix.encode() + base64.b64encode(signature)
        return client_id, base64.b64encode(whole).decode()

    def read(self, trigger_id: str, *, now: int, ttl: float) -> Trigger:
        """Check form, age and signature; ``ttl`` in seconds. Raises 400 with the server's own error ids."""
        parts = _decode(trigger_id, "base64_decode_failed").decode("utf-8", "replace").split(":")
        if len(parts) != 4:
            raise _refusal("missing_data")
        client_id, user_id, text, encoded = parts
        made_at = int(text) if text.isdecimal() else 0
        if now - made_at > ttl * 1000:
            raise _refusal("expired", f"the trigger is {now - made_at} ms old, allowed are {ttl:g} s")
        signature = _decode(encoded, "base64_decode_failed_signature")
        if not _looks_like_der(signature):
            raise _refusal("signature_decode_failed")
        try:
            self._public.verify(signature, f"{client_id}:{user_id}:{text}:".encode(), _ALGORITHM)
        except InvalidSignature as error:
            raise _refusal("verify_signature_failed") from error
        return Trigger(client_id=client_id, user_id=user_id, made_at=made_at)


def _decode(text: str, reason: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refusal(reason) from error


def _looks_like_der(signature: bytes) -> bool:
    return len(signature) > 8 and signature[0] == 0x30 and signature[1] == len(signature) - 2


def _refusal(reason: str, detail: str = "") -> ApiError:
    return ApiError(400, f"interactive_message.decode_trigger_id.{reason}", "The trigger id is not valid.", detail)
