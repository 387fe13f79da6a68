"""Seals texts at rest and signs what we hand out, with keys that can be rotated; the home of `cryptography`.

`ENCRYPTION_KEYS` is a ring, "k2:<base64 of 32 bytes>,k1:…": the first key seals and signs, all of them open and verify.
A key is never used itself: HKDF derives one from it for each job, so that no two jobs share a key.
"""

import base64
import binascii
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import load_pem_x509_certificate

KEY_BYTES = 32
NONCE_BYTES = 12  # 96 random bits: good for 2**32 texts under one key (NIST SP 800-38D)
VERSION = "v1"
KEY_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")


class VaultError(Exception):
    """The vault cannot do it; the text never contains key material."""


class BadKeys(VaultError):
    """ENCRYPTION_KEYS cannot be used; the text lists every problem."""


class KeyMissing(VaultError):
    """Sealed with a key that is not in the ring: the operator's mistake, nothing is lost yet."""


class EnvelopeDamaged(VaultError):
    """Not an envelope, altered, or sealed about something else."""


def generate_keys(existing: str = "") -> str:
    """Text for ENCRYPTION_KEYS with a fresh key in front of the `existing` ones."""
    numbers = [int(number) for number in re.findall(r"(?:^|,)\s*k(\d{1,9}):", existing)]
    fresh = f"k{max(numbers, default=0) + 1}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"
    return f"{fresh},{existing}" if existing else fresh


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    name: str
    material: bytes


class Vault:
    """Seals, opens, signs and verifies with one ring of keys."""

    def __init__(self, keys: str) -> None:
        """Raises BadKeys when the text is not a usable ring."""
        self._keys = {key.name: key for key in _read_keys(keys)}
        self._newest = next(iter(self._keys.values()))
        self._derived: dict[tuple[str, str], bytes] = {}
        self._ciphers: dict[str, AESGCM] = {}
        self._macs: dict[tuple[str, str], hmac.HMAC] = {}

    def __repr__(self) -> str:
        return f"<Vault with keys {', '.join(self._keys)}>"

    def seal(self, plaintext: str, *, about: str) -> str:
        """An envelope that opens only with the same `about`, for example "server-id|field"."""
        head = f"{VERSION}.{self._newest.name}"
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._cipher(self._newest).encrypt(nonce, _encoded(plaintext), _bound(head, about))
        return f"{head}.{_text(nonce)}.{_text(sealed)}"

    def open(self, envelope: str, *, about: str) -> str:
        """Raises KeyMissing (put the key back) or EnvelopeDamaged (it is not ours, or not about this)."""
        name, nonce, sealed = _take_apart(envelope)
        key = self._keys.get(name)
        if key is None:
            raise KeyMissing(f"The key {name} is not in ENCRYPTION_KEYS. Put it back behind the newer ones.")
        try:
            plaintext = self._cipher(key).decrypt(nonce, sealed, _bound(f"{VERSION}.{name}", about))
        except InvalidTag:
            raise EnvelopeDamaged("A sealed text was altered or belongs to something else.") from None
        return plaintext.decode("utf-8", "surrogatepass")

    def needs_resealing(self, envelope: str) -> bool:
        """Whether another key than the newest sealed it. Raises EnvelopeDamaged when it is no envelope."""
        return _take_apart(envelope)[0] != self._newest.name

    def sign(self, purpose: str, message: bytes) -> str:
        """A signature that stays valid as long as its key is in the ring; one purpose's do not fit another's."""
        return f"{self._newest.name}.{_text(self._mac(self._newest, f'sign|{purpose}', message))}"

    def verify(self, purpose: str, message: bytes, signature: str) -> bool:
        name, _, mac = signature.partition(".")
        key = self._keys.get(name)
        if key is None:
            return False
        expected = _text(self._mac(key, f"sign|{purpose}", message))
        return hmac.compare_digest(expected.encode(), _encoded(mac))

    def digest(self, purpose: str, text: str) -> str:
        """What to store to find an unguessable text again without storing it; made with the newest key."""
        return self.digests(purpose, text)[0]

    def digests(self, purpose: str, text: str) -> tuple[str, ...]:
        """Every digest under which it may be stored, newest first: look for any of them.

        Found under another than the first: store the first instead, or it is lost when the old key leaves the ring.
        """
        return tuple(_text(self._mac(key, f"digest|{purpose}", _encoded(text))) for key in self._keys.values())

    def _cipher(self, key: _Key) -> AESGCM:
        cipher = self._ciphers.get(key.name)
        if cipher is None:
            cipher = self._ciphers[key.name] = AESGCM(self._derive(key, "seal"))
        return cipher

    def _mac(self, key: _Key, job: str, message: bytes) -> bytes:
        """Begun once for each job: `hmac.digest` lets go of the interpreter's lock every time, and waits for it."""
        begun = self._macs.get((key.name, job))
        if begun is None:
            begun = self._macs[key.name, job] = hmac.new(self._derive(key, job), digestmod="sha256")
        mac = begun.copy()
        mac.update(message)
        return mac.digest()

    def _derive(self, key: _Key, job: str) -> bytes:
        derived = self._derived.get((key.name, job))
        if derived is None:
            derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=f"oncall|{job}".encode()).derive(key.material)
            self._derived[key.name, job] = derived
        return derived


def _read_keys(text: str) -> list[_Key]:
    problems: list[str] = []
    keys: list[_Key] = []
    for position, entry in enumerate(text.split(","), 1):
        name, colon, encoded = entry.strip().partition(":")
        if not colon or not KEY_NAME.fullmatch(name):
            problems.append(f"entry {position} is not name:key, with a name of letters, digits, - and _")
            continue
        material = _bytes(encoded)
        if material is None or len(material) != KEY_BYTES:
            problems.append(f"the key {name} is not {KEY_BYTES} bytes in base64")
            continue
        if any(name == key.name for key in keys):
            problems.append(f"the name {name} is there twice")
        if any(material == key.material for key in keys):
            problems.append(f"the key {name} is there under another name, too")
        keys.append(_Key(name=name, material=material))
    if problems:
        raise BadKeys(f"ENCRYPTION_KEYS cannot be used: {'; '.join(problems)}.")
    return keys


def _take_apart(envelope: str) -> tuple[str, bytes, bytes]:
    version, *parts = envelope.split(".")
    if version != VERSION or len(parts) != 3 or not KEY_NAME.fullmatch(parts[0]):
        raise EnvelopeDamaged("This is not a sealed text.")
    nonce, sealed = _bytes(parts[1]), _bytes(parts[2])
    if nonce is None or sealed is None or len(nonce) != NONCE_BYTES:
        raise EnvelopeDamaged("This is not a sealed text.")
    if [_text(nonce), _text(sealed)] != parts[1:]:  # one spelling only
        raise EnvelopeDamaged("A sealed text was altered or belongs to something else.")
    return parts[0], nonce, sealed


def _bound(head: str, about: str) -> bytes:
    return _encoded(f"{head}|{about}")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # JSON from outside may carry halves of a pair


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes | None:
    """Base64 in either alphabet, with or without padding; None when it is neither."""
    plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def signed_by(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the holder of an ECDSA key (DER SubjectPublicKeyInfo) signed this message with SHA-256."""
    try:
        key = load_der_public_key(public_key)
        if not isinstance(key, EllipticCurvePublicKey):
            return False
        key.verify(signature, message, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def certified(certificate: bytes, signature: bytes, message: bytes, *, sha1: bool, now: datetime) -> bool:
    """Whether the holder of this certificate (PEM, RSA, valid now) signed this message. SHA-1 is what SNS v1 has."""
    try:
        holder = load_pem_x509_certificate(certificate)
        key = holder.public_key()
        if not isinstance(key, RSAPublicKey) or not holder.not_valid_before_utc <= now <= holder.not_valid_after_utc:
            return False
        key.verify(signature, message, PKCS1v15(), SHA1() if sha1 else SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
