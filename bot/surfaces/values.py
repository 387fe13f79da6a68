"""Raw field values in every shape the two protocols deliver them."""

from __future__ import annotations

from typing import Any

from bot.call import Value


def read_values(values: object) -> dict[str, Value]:
    """Strings, {label, value} objects, arrays of them, booleans, null and missing: all shapes a field may arrive in."""
    return {str(name): _value(raw) for name, raw in object_of(values).items()}


def read_labels(values: object) -> dict[str, str]:
    """What people read for the values that were chosen, by value."""
    chosen = [one for raw in object_of(values).values() for one in (raw if isinstance(raw, list) else [raw])]
    pairs = [(one.get("value"), one.get("label")) for one in chosen if isinstance(one, dict)]
    return {value: label for value, label in pairs if isinstance(value, str) and isinstance(label, str)}


def object_of(raw: object) -> dict[str, Any]:
    """What should be an object, or nothing: null and any other shape are the same as missing."""
    return raw if isinstance(raw, dict) else {}


def _value(raw: object) -> Value:
    if isinstance(raw, list):
        return tuple(str(one) for one in map(_single, raw) if one not in (None, ""))
    return _single(raw)


def _single(raw: object) -> str | bool | None:
    """One level deep on purpose: a client may nest as deep as it likes."""
    if isinstance(raw, dict):
        raw = raw.get("value")
    if raw is None or isinstance(raw, (dict, list)):
        return None
    return raw if isinstance(raw, bool) else str(raw)
