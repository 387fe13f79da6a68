"""Raw field values in every shape the two protocols deliver them."""

from __future__ import annotations

from bot.call import Value


def read_values(values: object) -> dict[str, Value]:
    """Strings, {label, value} objects, arrays of them, booleans, null and missing: all shapes a field may arrive in."""
    return {str(name): _value(raw) for name, raw in values.items()} if isinstance(values, dict) else {}


def _value(raw: object) -> Value:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, dict):
        return _value(raw.get("value"))
    if isinstance(raw, list):
        return tuple(str(_value(one) or "") for one in raw)
    return None if raw is None else str(raw)
