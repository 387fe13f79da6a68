"""Structs and dataclasses to stored documents and back, without losing what a newer release wrote beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar, get_args

import msgspec
import orjson

from bot.core.changes import Do

T = TypeVar("T")
Raw = dict[str, Any]

_KINDS: dict[str, type[Do]] = {kind.__name__: kind for kind in get_args(Do)}


NotUnderstood = msgspec.ValidationError


class UnknownKind(Exception):
    """An effect that only a newer release can deliver."""


def write(value: object) -> Raw:
    raw: Raw = msgspec.to_builtins(value, builtin_types=(datetime,))
    return raw


def read(raw: object, kind: type[T]) -> T:
    return msgspec.convert(raw, type=kind)


def write_do(do: Do) -> Raw:
    return {"kind": type(do).__name__, **write(do)}


def read_do(raw: Raw) -> Do:
    kind = _KINDS.get(raw["kind"])
    if kind is None:
        raise UnknownKind(raw["kind"])
    return read({name: value for name, value in raw.items() if name != "kind"}, kind)


def merge(stored: Raw, before: Raw, after: Raw) -> Raw:
    """`after`, plus what is in `stored` and was not understood when it was read as `before`.

    During a rolling deploy an old process must not erase the fields of a newer one.
    """
    return after if _alike(stored, before) else _merge_fields(stored, before, after)


def _alike(stored: Raw, before: Raw) -> bool:
    """Nearly always true. Compared as text, since the codec writes tuples where the database gives lists."""
    return orjson.dumps(stored) == orjson.dumps(before)


def _merge(stored: Any, before: Any, after: Any) -> Any:
    if isinstance(stored, dict) and isinstance(before, dict) and isinstance(after, dict):
        return _merge_fields(stored, before, after)
    if isinstance(stored, list | tuple) and isinstance(before, list | tuple) and isinstance(after, list | tuple):
        return [_merge_element(stored, before, element) for element in after]
    return after


def _merge_fields(stored: Raw, before: Raw, after: Raw) -> Raw:
    merged = {name: _merge(stored.get(name), before.get(name), value) for name, value in after.items()}
    foreign = {name: value for name, value in stored.items() if name not in before and name not in after}
    return {**merged, **foreign}


def _merge_element(stored: Sequence[Any], before: Sequence[Any], after: Any) -> Any:
    """Elements of a list belong together if their first field (id, seq, fingerprint, label) is the same."""
    if not isinstance(after, dict) or not after:
        return after
    first = next(iter(after))
    for old, known in zip(stored, before, strict=True):
        if isinstance(known, dict) and known.get(first) == after[first]:
            return _merge(old, known, after)
    return after
