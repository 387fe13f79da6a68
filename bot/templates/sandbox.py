"""What a template may use: Jinja's sandbox, and the filters that people know from Grafana OnCall.

Only for the rendering process.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import datetime
from functools import lru_cache
from typing import Any

from jinja2 import ChainableUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

LARGEST = 64 * 1024
LARGEST_EXPONENT = 64
COMPILED = 500


class TooLarge(Exception):
    """More text than anybody could read, or a number that takes for ever."""


class Environment(ImmutableSandboxedEnvironment):
    """`payload.items` is the member of that name where there is one: payloads of strangers have such names."""

    intercepted_binops = frozenset(["**"])

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """A power is one long step that no signal interrupts."""
        if abs(left) > LARGEST or abs(right) > LARGEST_EXPONENT:
            raise TooLarge
        return super().call_binop(context, operator, left, right)


@lru_cache(maxsize=COMPILED)
def compiled(text: str) -> Template:
    """To compile takes longer than to render, and templates keep nothing of what they made. Raises TemplateError."""
    return environment().from_string(text)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """A name that is not there is empty, and so is what is asked of it."""
    made = Environment(undefined=ChainableUndefined, autoescape=False, optimized=False, cache_size=0)
    del made.globals["lipsum"]
    made.filters |= {
        "datetimeformat": _datetimeformat,
        "iso8601_to_time": _iso8601_to_time,
        "regex_replace": _regex_replace,
        "regex_search": _regex_search,
        "regex_match": _regex_match,
        "parse_json": _parse_json,
        "tojson_pretty": _tojson_pretty,
        "b64decode": _b64decode,
    }
    return made


def _datetimeformat(value: object, form: str = "%H:%M / %d-%m-%Y") -> str:
    return value.strftime(form) if isinstance(value, datetime) else ""


def _iso8601_to_time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None


def _regex_replace(value: object, find: str, replacement: str) -> str:
    return re.sub(find, replacement, str(value))


def _regex_search(value: object, pattern: str) -> bool:
    return re.search(pattern, str(value)) is not None


def _regex_match(value: object, pattern: str) -> bool:
    return re.match(pattern, str(value)) is not None


def _parse_json(value: object) -> object:
    try:
        return json.loads(str(value))
    except ValueError:
        return {}


def _tojson_pretty(value: object) -> str:
    return json.dumps(value, indent=4, sort_keys=True, ensure_ascii=False, default=str)


def _b64decode(value: object) -> str:
    try:
        return base64.b64decode(str(value)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
