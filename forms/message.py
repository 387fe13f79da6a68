"""What is wrong with some input, so that it can be said in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping


class Message(str):
    """An English sentence that still knows its template and what goes into the `{name}` places of it."""

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Message:
        made = super().__new__(cls, template.format_map(values))
        made.template, made.values = template, values
        return made
