"""Action cookies: what a button does, sealed by the server so that a browser can carry it for posts not stored."""

import base64
import binascii
import os

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.simulator.errors import ApiError
from bot.simulator.records import Json

_NONCE = 12


class CookieJar:
    """Seals and opens cookies with the server's secret (AES-GCM)."""

    def __init__(self) -> None:
        self.use(AESGCM.generate_key(bit_length=256))

    @property
    def key(self) -> bytes:
        return self._key

    def use(self, key: bytes) -> None:
        """Go on with the key of an earlier life; ValueError if it is none."""
        self._key = key
        self._cipher = AESGCM(key)

    def seal(self, content: Json) -> str:
        nonce = os.urandom(_NONCE)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, orjson.dumps(content), None)).decode()

    def open(self, cookie: str) -> Json:
        """Raises 400 if it is not ours or was changed."""
        try:
            raw = base64.b64decode(cookie, validate=True)
            content: Json = orjson.loads(self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], None))
        except (binascii.Error, ValueError, InvalidTag) as error:
            raise ApiError(
                400, "api.post.do_action.action_integration.app_error", "The cookie is not valid."
            ) from error
        return content
