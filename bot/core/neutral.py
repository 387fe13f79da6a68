"""Foreign text made harmless: it pings nobody, breaks no layout and has a bounded length.

Whatever comes from monitoring systems and people goes through here before it becomes part of a sentence or a post.
"""

from __future__ import annotations

import re

TITLE_LENGTH = 200
TEXT_LENGTH = 2000
# Between @ and the name: invisible, and no mention any more.
BREAK = "\u200b"

_URL = re.compile(r"https?://[^\s<>\"'()\[\]]+")
_MARKUP = re.compile(r"([\\`*_~\[\]<>|#!])")
_MENTION = re.compile(r"@(?=\w)")


def plain(text: str, length: int = TITLE_LENGTH) -> str:
    """One line for places without markup."""
    return _MENTION.sub(f"@{BREAK}", cut(" ".join(text.split()), length))


def neutral(text: str, length: int = TEXT_LENGTH) -> str:
    """For places with markup; web addresses stay usable."""
    pieces, position = [], 0
    shortened = cut(text.strip(), length)
    for url in _URL.finditer(shortened):
        pieces += [_escape(shortened[position : url.start()]), url.group()]
        position = url.end()
    return "".join([*pieces, _escape(shortened[position:])])


def _escape(text: str) -> str:
    return _MENTION.sub(f"@{BREAK}", _MARKUP.sub(r"\\\1", text))


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
