"""Translations: one PO file for each language beside English, read when somebody first needs it, and kept.

A text that has no translation is said in English. Nothing here raises: that every text is translated, and well, is
for the tests to say.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent / "catalogs"
FILES: Mapping[str, Path] = MappingProxyType({path.stem.lower(): path for path in FOLDER.glob("*.po")})


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """One language. `texts` are the forms of a translation by the English text; `form` says which a number takes."""

    texts: Mapping[str, tuple[str, ...]]
    form: Callable[[int], int]

    def find(self, english: str, number: int | None = None) -> str:
        """Empty where there is no translation."""
        forms = self.texts.get(english, ())
        place = self.form(1 if number is None else number) if len(forms) > 1 else 0
        return forms[place] if place < len(forms) else ""


ENGLISH = Catalog(texts={}, form=lambda number: int(number != 1))


@lru_cache(maxsize=256)
def language(locale: str) -> str:
    """The catalog for a locale: that of the language as it is spoken there, else of the language, else none."""
    name = locale.replace("-", "_").lower()
    while name and name not in FILES:
        name = name.rpartition("_")[0]
    return name


def catalog(locale: str) -> Catalog:
    name = language(locale)
    return read(name) if name else ENGLISH


@cache
def read(name: str) -> Catalog:
    """One of FILES: nothing from outside makes this cache grow."""
    from babel.messages.pofile import read_po  # noqa: PLC0415 (where everybody reads English it is never needed)

    with FILES[name].open("rb") as file:
        messages = read_po(file)
    texts = {}
    for message in messages:
        english = message.id if isinstance(message.id, str) else message.id[0]
        translated = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        if english and all(translated) and not message.fuzzy:
            texts[english] = translated
    return Catalog(texts=texts, form=gettext.c2py(messages.plural_expr))
