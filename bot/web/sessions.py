"""Who is signed in to the set-up page: a signed cookie, nothing is stored.

The signature covers the admin token, too: changing the token ends every session. Each form carries a proof made from
the session, so that no other site can send one.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.secret import Secret
from bot.vault import Vault

# Two cookies: coming from another site shows the sign-in form, because the browser holds the strict cookie back then;
# the guest cookie set with that form must not end the session of somebody who is signed in.
ADMIN_COOKIE = "oncall_setup"
GUEST_COOKIE = "oncall_setup_guest"
PURPOSE = "set-up session"
LIFE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser. `admin` once it has shown the admin token."""

    visitor: str
    ends_at: datetime
    admin: bool = False

    @property
    def cookie(self) -> str:
        return ADMIN_COOKIE if self.admin else GUEST_COOKIE


class Sessions:
    def __init__(self, vault: Vault, admin_token: Secret) -> None:
        self._vault = vault
        self._token = admin_token

    def begin(self, *, admin: bool, now: datetime) -> Session:
        """A new session: signing in never continues one that somebody else may have planted."""
        return Session(visitor=secrets.token_hex(16), ends_at=now + LIFE, admin=admin)

    def write(self, session: Session) -> str:
        """The cookie's value."""
        kind = "admin" if session.admin else "guest"
        text = f"{session.visitor}|{kind}|{int(session.ends_at.timestamp())}"
        encoded = base64.urlsafe_b64encode(text.encode()).decode()
        return f"{encoded}.{self._vault.sign(PURPOSE, self._signed(encoded))}"

    def read(self, cookie: str, *, now: datetime) -> Session | None:
        """The session if we wrote it and it has not ended."""
        encoded, _, signature = cookie.partition(".")
        if not self._vault.verify(PURPOSE, self._signed(encoded), signature):
            return None
        text = base64.urlsafe_b64decode(encoded).decode()
        visitor, kind, ends = text.split("|")
        session = Session(visitor=visitor, ends_at=datetime.fromtimestamp(int(ends), UTC), admin=kind == "admin")
        return session if session.ends_at > now else None

    def form_proof(self, session: Session) -> str:
        return self._vault.digest("set-up form", session.visitor)

    def form_is_ours(self, session: Session, proof: str) -> bool:
        expected = self._vault.digests("set-up form", session.visitor)
        return any(hmac.compare_digest(one.encode(), proof.encode()) for one in expected)

    def _signed(self, encoded: str) -> bytes:
        return f"{encoded}|{self._vault.digest('admin token', self._token.reveal())}".encode()
