"""Foreign text made harmless: it pings nobody, breaks no layout and has a bounded length.

Whatever comes from monitoring systems and people goes through here before it becomes part of a sentence or a post.
"""

from __future__ import annotations

import re

TITLE_LENGTH = 200
TEXT_LENGTH = 2000
# Between @ and the name, or in a character reference: invisible, and no mention any more.
BREAK = "\u200b"

# What an address can do without: these would ping or start markup.
_IN_URL = str.maketrans({"@": "%40", "`": "%60", "*": "%2A", "|": "%7C", "\\": "%5C"})
# Nothing in it can be a mention, markup or a rule, so it is neutral as it is. Most texts are like that.
_HARMLESS = re.compile(r"[A-Za-z0-9\u00c0-\u024f][A-Za-z0-9\u00c0-\u024f .,:;/()%'?=+-]*")
_URL = re.compile(r"(?<!\w)https?://[^\s<>\"'()\[\]]+")
_MARKUP = re.compile(r"([\\`*_~\[\]>|#!])")
# Mattermost's web client shows the backslash before this sign, so it becomes a character reference; that pings nobody.
_LESS = "&lt;"
# Mattermost resolves character references before it looks for mentions, so `&#64;all` pings, too (its server source).
_MENTION = re.compile(r"(@(?=[\w.-])|&(?!lt;)(?=#?\w+;))")
# A line of these under another makes a heading or a rule.
_RULE = re.compile(r"^([ \t]*)([-+])", re.MULTILINE)
_HEADING = re.compile(r"^([ \t]*)=", re.MULTILINE)
# These turn around the direction of what follows, also of our own words; letters have the right one without them.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def plain(text: str, length: int = TITLE_LENGTH) -> str:
    """One line for places without markup."""
    return unpinged(cut(one_line(_TURNING.sub("", text)), length))


def one_line(text: str) -> str:
    return " ".join(text.split())


def unpinged(text: str) -> str:
    """Names stay readable and ping nobody."""
    return _MENTION.sub(rf"\1{BREAK}", text)


def neutral(text: str, length: int = TEXT_LENGTH) -> str:
    """For places with markup; web addresses stay usable."""
    shortened = cut(_TURNING.sub("", text).strip(), length)
    if _HARMLESS.fullmatch(shortened):
        return shortened
    pieces, position = [], 0
    for url in _URL.finditer(shortened):
        pieces += [_escape(shortened[position : url.start()]), unpinged(url.group().translate(_IN_URL))]
        position = url.end()
    # Once more over the whole, for an @ in front of an address.
    harmless = unpinged("".join([*pieces, _escape(shortened[position:])]))
    return _HEADING.sub(rf"\1{BREAK}=", _RULE.sub(r"\1\\\2", harmless))


def _escape(text: str) -> str:
    return unpinged(_MARKUP.sub(r"\\\1", text).replace("<", _LESS))


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
