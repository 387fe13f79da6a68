"""Sentences on pages: HTML in the reader's language.

The few signs of Markdown in our texts have their meaning here, too: `code`, **weight**, *names of menus* and
[a link]({address}). What is put into a sentence is never read as markup.
"""

from __future__ import annotations

import re
from html import escape

from bot.core.text import Text
from bot.words import Reader, template, words

_MARKUP = re.compile(r"`([^`]+)`|\*\*(.+?)\*\*|\*(.+?)\*|\[([^\]]+)\]\((\{\w+\})\)")


class Markup(str):
    """HTML of our own, which comes into a sentence as it is."""

    __slots__ = ()


def html(text: Text, reader: Reader) -> Markup:
    marked = _MARKUP.sub(_tag, escape(template(text, reader.locale)))
    if not text.values:
        return Markup(marked)
    return Markup(marked.format_map({name: _safe(value, reader) for name, value in text.values.items()}))


def _tag(found: re.Match[str]) -> str:
    code, weight, menu, label, address = found.groups()
    if code:
        return f"<code>{code}</code>"
    if weight:
        return f"<b>{weight}</b>"
    return f"<i>{menu}</i>" if menu else f'<a href="{address}">{label}</a>'


def _safe(value: object, reader: Reader) -> str:
    if isinstance(value, Markup):
        return value
    if isinstance(value, Text):
        return html(value, reader)
    return escape(words(Text(english="{value}", values={"value": value}), reader))
