"""Reading JSON without holding up the event loop: small bodies in one go, large ones piece by piece.

The decoder of the standard library can start anywhere in a text, so what is large is taken apart, members and elements
one by one however deep they lie, and the loop gets its turn every few milliseconds.
"""

from __future__ import annotations

import asyncio
import codecs
import json
import re
import time
from typing import Any

import orjson

from bot.integrations.payload import Invalid

SMALL = 256 * 1024
CHUNK = 256 * 1024
# A value is decoded in one go from so many characters; what is longer is taken apart. Most fit into the first.
LENGTHS = (8 * 1024, 128 * 1024)
DEEPEST = 100
SLICE_SECONDS = 0.003
# Several times what the largest installations send in one notification; more would cost hundreds of megabytes.
MOST_ELEMENTS = 50_000

_DECODER = json.JSONDecoder(strict=False)
_SPACE = re.compile(r"[ \t\r\n]*")
NOT_JSON = "This is not JSON: {problem}."
EMPTY = "The body is empty: there must be JSON in it."


class Pace:
    """Gives the loop its turn when this piece of work has had it for a while."""

    def __init__(self) -> None:
        self._until = time.perf_counter() + SLICE_SECONDS

    async def breathe(self) -> None:
        if time.perf_counter() >= self._until:
            await asyncio.sleep(0)
            self._until = time.perf_counter() + SLICE_SECONDS


async def read_json(body: bytes, pace: Pace) -> dict[str, Any]:
    """The object in a body. Raises Invalid."""
    document = await read_document(body, pace)
    if not isinstance(document, dict):
        raise Invalid({"": "The body must be a JSON object."})
    return document


async def read_document(body: bytes, pace: Pace) -> object:
    """Whatever JSON is in a body. Raises Invalid.

    More is taken than the standard allows where the meaning is plain: broken UTF-8 and half surrogate pairs become
    replacement characters later on, control characters in strings are kept. An alert must not get lost for a byte.
    """
    if len(body) > SMALL:
        return await _in_pieces(await _text(body, pace), pace)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _whole(body.decode("utf-8-sig", "replace"))


def _whole(text: str) -> object:
    if _skip(text, 0) == len(text):
        raise Invalid({"": EMPTY})
    value, end = _value(text, _skip(text, 0))
    _nothing_after(text, end)
    return value


async def _text(body: bytes, pace: Pace) -> str:
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    parts = []
    for start in range(0, len(body), CHUNK):
        parts.append(decoder.decode(body[start : start + CHUNK], final=start + CHUNK >= len(body)))
        await pace.breathe()
    return "".join(parts)


async def _in_pieces(text: str, pace: Pace) -> object:
    value, at = await _large(text, _skip(text, 0), pace, depth=0)
    _nothing_after(text, at)
    return value


async def _large(text: str, at: int, pace: Pace, *, depth: int) -> tuple[Any, int]:
    """A value that is taken apart, if it has parts."""
    if depth > DEEPEST:
        raise _broken(f"something too deep at character {at}")
    sign = text[at : at + 1]
    if sign == "{":
        return await _object(text, at, pace, depth)
    if sign == "[":
        return await _array(text, at, pace, depth)
    if sign != '"' and len(text) - at > LENGTHS[-1]:
        raise _broken(f"something too large at character {at}")  # a number of thousands of digits
    return _value(text, at)


async def _piece(text: str, at: int, pace: Pace, depth: int) -> tuple[Any, int]:
    """A value within a large one: in one go if it is short."""
    for length in LENGTHS:
        piece = text[at : at + length]
        try:
            value, end = _DECODER.raw_decode(piece)
        except (ValueError, RecursionError):  # broken or cut off: the larger look tells
            continue
        if end < len(piece) or at + end == len(text):  # a number at the very end may be cut off
            return value, at + end
    return await _large(text, at, pace, depth=depth + 1)


async def _object(text: str, at: int, pace: Pace, depth: int) -> tuple[dict[str, Any], int]:
    document: dict[str, Any] = {}
    members = 0
    at = _skip(text, at + 1)
    while text[at : at + 1] != "}":
        if members:
            at = _skip(text, _expect(text, at, ","))
        name, at = _value(text, at)
        if not isinstance(name, str):
            raise _broken(f"a member without a name at character {at}")
        at = _skip(text, _expect(text, _skip(text, at), ":"))
        document[name], at = await _piece(text, at, pace, depth)
        members = _one_more(members)
        at = _skip(text, at)
        await pace.breathe()
    return document, at + 1


async def _array(text: str, at: int, pace: Pace, depth: int) -> tuple[list[Any], int]:
    elements: list[Any] = []
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]":
        if elements:
            at = _skip(text, _expect(text, at, ","))
        element, at = await _piece(text, at, pace, depth)
        elements.append(element)
        _one_more(len(elements) - 1)
        at = _skip(text, at)
        await pace.breathe()
    return elements, at + 1


def _one_more(count: int) -> int:
    if count >= MOST_ELEMENTS:
        raise Invalid({"": f"More than {MOST_ELEMENTS} entries at once. Send fewer in one request."})
    return count + 1


def _value(text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as problem:
        raise _broken(f"{problem.msg} at character {problem.pos}") from None
    except (ValueError, RecursionError):  # a number of thousands of digits; brackets thousands deep
        raise _broken(f"something too large at character {at}") from None


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _expect(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise _broken(f"expected {sign} at character {at}")
    return at + 1


def _nothing_after(text: str, at: int) -> None:
    end = _skip(text, at)
    if end < len(text):
        raise _broken(f"something follows the object at character {end}")


def _broken(problem: str) -> Invalid:
    return Invalid({"": NOT_JSON.format(problem=problem)})
