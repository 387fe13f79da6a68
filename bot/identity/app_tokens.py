"""Proves that a call comes from Mattermost's Apps plugin, and decides who is acting in it.

The plugin signs each call with HS256 and this server's install secret (Apps plugin v1.2.2, RFC 7519). The claims are
only `exp`, always 15 minutes ahead, and `acting_user_id` where the call knows a user; the body is not covered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import isfinite
from typing import Any

import jwt

from bot.errors import BotError
from bot.secret import Secret

HEADER = "Mattermost-App-Authorization"
ALGORITHM = "HS256"
LONGEST_HEADER = 4096
SHORTEST_KEY = 32  # bytes: HS256 wants a key as long as its output (RFC 7518, 3.2)
LIFE = timedelta(minutes=15)
LEEWAY = timedelta(seconds=60)
CLOCK_TROUBLE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An install secret that is in force."""

    id: str
    secret: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class AppToken:
    """A proven token: whom it says is acting (empty: nobody) and which secret signed it."""

    acting_user_id: str
    secret_id: str


class BadToken(BotError):
    """Not proven. The reason is for the operator's log; the caller gets a bare 401.

    `check_the_clock`: rightly signed and expired only lately, as it looks where one of two clocks is wrong.
    """

    def __init__(self, reason: str, *, check_the_clock: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.check_the_clock = check_the_clock


class Caller(StrEnum):
    """Who may be behind a path."""

    PERSON = "person"  # commands, forms, look-ups, on_install, OAuth2: a user or nothing
    ANYBODY = "anybody"  # ping and the lifecycle calls that Mattermost makes by itself
    WEBHOOK = "webhook"  # remote webhooks and notifications: the plugin on behalf of our bot


def read_app_token(headers: Sequence[str], keys: Sequence[Key], *, now: datetime) -> AppToken:
    """The token in the values of the header HEADER, proven with one of the keys. Raises BadToken."""
    token = _only_token(headers)
    for key in keys:
        claims = _claims(token, key)
        if claims is not None:
            _check_time(claims, now)
            return AppToken(acting_user_id=_user(claims), secret_id=key.id)
    raise BadToken("no secret of this server signed it")


def acting_user(token: AppToken, *, caller: Caller, context_user_id: str, bot_user_id: str) -> str:
    """The user who acts, empty where nobody does. Raises BadToken where claim, body and path do not fit together.

    `context_user_id` is what the body says and anyone may write; `bot_user_id` is what we stored for this server.
    """
    claimed = token.acting_user_id
    if caller is Caller.WEBHOOK:
        if not bot_user_id or claimed != bot_user_id or context_user_id:
            raise BadToken("a webhook comes from the bot and from no user")
        return ""
    if context_user_id and context_user_id != claimed:
        raise BadToken("the acting user in the body is not the one in the token")
    if caller is Caller.ANYBODY:
        return claimed
    if not claimed:
        raise BadToken("nobody is acting")
    if claimed == bot_user_id:
        raise BadToken("the bot acts on webhooks only")
    return claimed


def _only_token(headers: Sequence[str]) -> str:
    if len(headers) != 1:
        raise BadToken(f"{len(headers)} headers instead of one")
    if len(headers[0].encode()) > LONGEST_HEADER:
        raise BadToken("the header is too long")
    scheme, _, token = headers[0].partition(" ")
    if scheme.lower() != "bearer" or not token or token != token.strip() or "," in token:
        raise BadToken("the header is not a single Bearer token")
    return token


def _claims(token: str, key: Key) -> dict[str, Any] | None:
    """The claims if this key signed them. The time is checked apart, with the clock we were given."""
    secret = key.secret.reveal().encode()
    if len(secret) < SHORTEST_KEY:
        return None
    try:
        decoded: dict[str, Any] = jwt.decode(token, secret, algorithms=[ALGORITHM], options=_SIGNATURE_ONLY)
    except jwt.PyJWTError:
        return None
    return decoded


_SIGNATURE_ONLY: Any = {
    "require": ["exp"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}


def _check_time(claims: dict[str, Any], now: datetime) -> None:
    """The plugin always issues 15 minutes, so a token that lives longer was not made by it."""
    ends = claims["exp"]
    if isinstance(ends, bool) or not isinstance(ends, (int, float)) or not isfinite(ends):
        raise BadToken("exp is not a number")
    left = ends - now.timestamp()
    if left <= -LEEWAY.total_seconds():
        raise BadToken("it has expired", check_the_clock=left > -CLOCK_TROUBLE.total_seconds())
    if left > (LIFE + LEEWAY).total_seconds():
        raise BadToken("it lives longer than the plugin's tokens do")


def _user(claims: dict[str, Any]) -> str:
    user_id = claims.get("acting_user_id", "")
    if not isinstance(user_id, str):
        raise BadToken("acting_user_id is not a text")
    return user_id
