"""What the formats have in common: looking into JSON of strangers without ever stumbling."""

from __future__ import annotations

import hashlib
import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from bot.clock import to_milliseconds
from bot.core.alert_group import Alert, Link
from bot.integrations.payload import (
    LABELS_KEPT,
    PROBLEMS_TOLD,
    SUMMARY_LENGTH,
    VALUE_LENGTH,
    Bundle,
    Payload,
    clean,
    safe_url,
)

SEVERITIES = ("critical", "page", "fatal", "error", "high", "warning", "medium", "low", "info", "none")
LINKS_KEPT = 8
LINK_LENGTH = 40
LOOKED_AT = 300
DEEPEST = 4
EMPTY: dict[str, Any] = {}
# Numbers of seconds, milliseconds, microseconds and nanoseconds since 1970 that lie between 2001 and 2286.
EPOCHS = ((10**9, 10**10, 1), (10**12, 10**13, 10**3), (10**15, 10**16, 10**6), (10**18, 10**19, 10**9))


def mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else EMPTY


def elements(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def note(problems: dict[str, str], place: str, sentence: str) -> None:
    if len(problems) < PROBLEMS_TOLD:
        problems[place] = sentence


def first_text(given: Mapping[str, Any], names: Sequence[str], length: int = SUMMARY_LENGTH) -> str:
    """The first of these members that is a text or a number and not empty."""
    for name in names:
        text = clean(given.get(name), length).strip()
        if text:
            return text
    return ""


def links(found: Iterable[tuple[object, object]]) -> tuple[Link, ...]:
    """Pairs of label and address; what is no plain web address is left out, and so are repeats."""
    kept: dict[str, Link] = {}
    for label, url in islice(found, LOOKED_AT):
        address = safe_url(url)
        if address and address not in kept and len(kept) < LINKS_KEPT:
            kept[address] = Link(label=clean(label, LINK_LENGTH).strip() or "Link", url=address)
    return tuple(kept.values())


def flat(given: Mapping[str, Any]) -> dict[str, object]:
    """Nested members as `a.b`, lists of plain values as one text; as many as can be kept as labels."""
    found: dict[str, object] = {}
    for path, value in islice(members(given), LOOKED_AT):
        if len(found) >= LABELS_KEPT:
            break
        if not isinstance(value, dict):
            found[".".join(path)] = in_one(value) if isinstance(value, list) else value
    return found


def members(given: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """All members with their paths, the shallow ones first. Take no more than `LOOKED_AT`: there may be millions."""
    waiting: deque[tuple[tuple[str, ...], Mapping[str, Any]]] = deque([((), given)])
    while waiting:
        before, inner = waiting.popleft()
        for name, value in inner.items():
            path = (*before, name)
            yield path, value
            if isinstance(value, dict) and len(path) <= DEEPEST:
                waiting.append((path, value))


def in_one(values: Sequence[Any]) -> str:
    """The plain values of a list as one text."""
    return ", ".join(filter(None, (clean(value, VALUE_LENGTH) for value in values[:LABELS_KEPT])))


def tags(given: object) -> dict[str, object]:
    """Tags as labels: `{"a": 1}`, `["a:1", "b"]`, `[["a", 1]]`, `[{"key": "a", "value": 1}]` or `"a:1,b"`."""
    if isinstance(given, dict):
        return flat(given)
    listed = given.split(",") if isinstance(given, str) else elements(given)
    found: dict[str, object] = {}
    for tag in listed[:LABELS_KEPT]:
        if isinstance(tag, str):
            name, _, value = tag.strip().partition(":")
            found[name] = value or "yes"
        elif isinstance(tag, list) and len(tag) == 2 and isinstance(tag[0], str):
            found[tag[0]] = tag[1]
        elif isinstance(tag, dict):
            name = first_text(tag, ("key", "tag", "name"), VALUE_LENGTH)
            found[name] = tag.get("value") or "yes"
    return {name: value for name, value in found.items() if name}


def moment(value: object) -> datetime | None:
    """An instant as ISO 8601 or as a number since 1970; None if it is neither."""
    if isinstance(value, str) and value.strip().replace(".", "", 1).isdecimal():
        value = _number(value)
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value.strip())
            at = at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
            return None if at.year == 1 else to_milliseconds(at)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _since_1970(value)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _number(text: str) -> float:
    return float(text) if len(text) < 30 else math.inf


def _since_1970(number: float) -> datetime | None:
    for least, most, unit in EPOCHS:
        if least <= number < most:
            return to_milliseconds(datetime.fromtimestamp(number / unit, UTC))
    return None


def fingerprint(*parts: object) -> str:
    """A short identity for what the sender gave none."""
    text = "\n".join(str(part) for part in parts)
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def worst(severities: Iterable[str]) -> str:
    """The worst we know of, else the first."""
    said = dict.fromkeys(severity for severity in severities if severity)
    known = [severity for severity in SEVERITIES if severity in said]
    return known[0] if known else next(iter(said), "")


def alone(key: str, alert: Alert) -> Bundle:
    """A bundle of one alert."""
    return Bundle(
        key=key,
        title=alert.title,
        summary=alert.summary,
        severity=alert.severity,
        labels=alert.labels,
        links=alert.links,
        alerts=(alert,),
    )


def only(key: str, alert: Alert) -> Payload:
    """A payload of one alert."""
    return Payload(bundles=(alone(key, alert),))


def bundled(key: str, alerts: Sequence[Alert]) -> Bundle:
    """Alerts with one key, called after the first that fires, and as grave as the worst that does."""
    first = next((alert for alert in alerts if alert.firing), alerts[0])
    return Bundle(
        key=key,
        title=first.title,
        summary=first.summary,
        severity=worst(alert.severity for alert in alerts if alert.firing),
        labels=first.labels,
        links=first.links,
        alerts=tuple(alerts),
    )
