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
# What an address is, and what starts or ends markup. Each sign is written so that Mattermost's web and mobile clients
# both show it as it came; docs/protocol.md has the rules of the two.
_SPECIAL = re.compile(
    r"""(?P<url>(?<!\w)https?://[^\s<>"'()\[\]]+)
    |(?P<kept>(?<=[A-Za-z0-9])[_#](?=[A-Za-z0-9]))  # within a word they mean nothing, and in addresses a \ would show
    |(?P<sign>\\(?![A-Za-z0-9])|[`*_~\[\]>|#!])  # in front of a letter a \ is one in both, and \\ is two in the web
    |(?P<named><|&(?=\#?\w+;)|\$(?![A-Za-z0-9]))""",
    re.VERBOSE,
)
# The web client has no backslash for these, so they become character references, which ping nobody. A formula
# (`EnableInlineLatex`) ends at a $ that no word follows.
_NAMED = {"<": "&lt;", "&": "&amp;", "$": "&#36;"}
_END_OF_FORMULA = re.compile(r"\$(?![A-Za-z0-9_])")
# Mattermost resolves character references before it looks for mentions, so `&#64;all` pings, too (its server source).
_MENTION = re.compile(r"(@(?=[\w.-])|&(?!(?:lt|amp|\#36);)(?=#?\w+;))")
# A line of these under another makes a heading or a rule.
_RULE = re.compile(r"^([ \t]*)([-+])", re.MULTILINE)
_HEADING = re.compile(r"^([ \t]*)=", re.MULTILINE)
# What is indented after an empty line would be a block of code, in which every escape is seen.
_INDENTED = re.compile(r"(\n[ \t\r]*\n)\s+")
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
    harmless = unpinged(_SPECIAL.sub(_shown_as_it_is, _INDENTED.sub(r"\1", shortened)))
    return _HEADING.sub(rf"\1{BREAK}=", _RULE.sub(r"\1\\\2", harmless))


def _shown_as_it_is(found: re.Match[str]) -> str:
    text = found.group()
    if found["url"]:
        return _END_OF_FORMULA.sub("%24", text.translate(_IN_URL))
    if found["sign"]:
        return f"\\{text}"
    return _NAMED.get(text, text)


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
