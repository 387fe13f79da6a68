"""Takes secrets out of text before it is written anywhere: log lines, exceptions, messages of other libraries.

Each rule names a few needles, plain text in small letters: its expression runs only where one of them occurs, so an
ordinary line costs a microsecond. No expression repeats a repetition, so none can be made slow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STARS = "***"
LONGEST = 16_384
SHORTEST = 6  # no rule fits into less

SECRET_NAMES = frozenset(
    {
        "access_token",
        "admin_token",
        "authorization",
        "client_secret",
        "code",
        "code_verifier",
        "cookie",
        "id_token",
        "install_code",
        "install_secret",
        "password",
        "refresh_token",
        "routing_key",
        "secret",
        "state",
        "token",
        "webhook_secret",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: str


def _rule(*needles: str, pattern: str, replacement: str, case: int = re.IGNORECASE) -> Rule:
    return Rule(needles=needles, pattern=re.compile(pattern, case), replacement=replacement)


_NAME = "token|secret|code|code_verifier|state|password|routing_key|cookie"
_GIVEN = r"""(?:(?:\\*["'])?\s*[=:]\s*(?:b?\\*(["']))?|%3D)"""  # group 2 is the quote that opens the value
_VALUE = r"""(?(2)[^"']+?(?=\\{0,4}(?:["']|$))|[^\s"'&,;<>)}\]]+)"""
_SHORT_NUMBER = r"\d{1,5}(?![\w.~%+/=-])"  # a status or error code, never a secret

RULES = (
    _rule("bearer", pattern=r"\b(bearer)(\s+|%20|\+)[^\s\"',;]+", replacement=rf"\1\2{STARS}"),
    _rule(
        "authorization",
        pattern=r"(authorization[\"']?\s*[:=]\s*[\"']?)(?!bearer)(?:(?:basic|token|digest)\s+)?[^\s\"',;]+",
        replacement=rf"\1{STARS}",
    ),
    # name=value, name: value, "name": "value", name%3Dvalue; also as the end of a longer name (bot_access_token)
    _rule(
        "token",
        "secret",
        "code",
        "state",
        "password",
        "routing_key",
        "cookie",
        pattern=rf"((?:{_NAME}){_GIVEN})(?!{_SHORT_NUMBER}){_VALUE}",
        replacement=rf"\1{STARS}",
    ),
    # JSON Web Tokens: the base64url of `{"` begins every header
    _rule("eyj", pattern=r"(?<![\w-])eyJ[\w-]+\.[\w-]+(?:\.[\w-]*){0,3}", replacement=STARS, case=0),
    # SASL answers: the base64 of `user=` (XOAUTH2), `n,a=` and `n,,` + `auth=` (OAUTHBEARER); the last sign of
    # `n,a=` depends on what follows
    _rule(
        "dxnlcj",
        "bixhp",
        "biwsawf1dgg",
        pattern=r"(?:dXNlcj|bixhP|biwsAWF1dGg)[A-Za-z0-9+/=_-]*",
        replacement=STARS,
        case=0,
    ),
    _rule("/integrations/v1/", pattern=r"(/integrations/v1/[^/\s]*/)[^/\s?\"'&]+", replacement=rf"\1{STARS}"),
    _rule("/heartbeat/", pattern=r"(/heartbeat/)[^/\s?\"'&]+", replacement=rf"\1{STARS}"),
    _rule("/oauth2/start/", pattern=r"(/oauth2/start/)[^/\s?\"'&]+", replacement=rf"\1{STARS}"),
    _rule("/hooks/", pattern=r"(/hooks/)[^/\s?\"'&]+", replacement=rf"\1{STARS}"),
    # the password in mongodb://user:password@host, and in any other address
    _rule("mongodb", pattern=r"(mongodb(?:\+srv)?://[^:@/\s]{0,200}:)[^@\s]{0,200}@", replacement=rf"\1{STARS}@"),
    _rule("://", pattern=r"(://[^:@/\s]{0,200}:)[^@/\s]{0,200}@", replacement=rf"\1{STARS}@"),
)
RULE_OF = {needle: rule for rule in RULES for needle in rule.needles}


def scrub(text: str) -> str:
    """The text without the secrets in it; what is longer than LONGEST characters is cut, so that none costs much."""
    if len(text) < SHORTEST:
        return text
    if len(text) > LONGEST:
        text = text[:LONGEST] + "…"
    small = text.lower()
    for needle, rule in RULE_OF.items():
        if needle in small:
            text = rule.pattern.sub(rule.replacement, text)
    return text


def scrub_values(event: Mapping[str, Any]) -> dict[str, Any]:
    """The same for the named values of a log event: what has a secret's name is hidden whatever it says."""
    return {name: _scrub_value(name, value) for name, value in event.items()}


def _scrub_value(name: str, value: Any) -> Any:
    if name in SECRET_NAMES:
        return STARS
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return scrub(value if isinstance(value, str) else str(value))
