"""What every format is read into: alerts, bundled by what makes them belong together."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from bot.core.alert_group import Alert, Link
from bot.core.restating import Restatement
from bot.errors import BotError

TITLE_LENGTH = 200
SUMMARY_LENGTH = 2_000
SEVERITY_LENGTH = 50
LABELS_KEPT = 40
NAME_LENGTH = 100
VALUE_LENGTH = 200
URL_LENGTH = 2_000
KEY_LENGTH = 1_000
PROBLEMS_TOLD = 20
# Nothing in it ends a link early.
WEB = re.compile(r'https?://[^ <>"\\`]*\Z', re.ASCII | re.IGNORECASE)
NOTHING_SAID = Restatement()


class Invalid(BotError):
    """Nothing in this payload can be used. `errors` are sentences by field; "" is the body as a whole."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = dict(errors)


class Bundle(Struct, frozen=True, kw_only=True):
    """Alerts with one group key: they open one alert group, or join the one that is live."""

    key: str
    title: str
    summary: str = ""
    severity: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    alerts: tuple[Alert, ...]


class Verb(StrEnum):
    """What a sender can do to a live alert group beside sending alerts."""

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    SILENCE = "silence"
    NOTE = "note"
    RESOLVE = "resolve"
    RATE = "rate"
    RESTATE = "restate"


class Act(Struct, frozen=True, kw_only=True):
    """A sender acts on the live group with this key; without one nothing happens. `by` is who, beside the sender.

    `text` is the note, or the severity; what is said anew comes with a note, too.
    """

    key: str
    verb: Verb
    by: str = ""
    text: str = ""
    until: datetime | None = None
    said: Restatement = NOTHING_SAID


class Payload(Struct, frozen=True, kw_only=True):
    """What could be read. `notes` say what could not, by field; `remarks` what could, but is of no use here.

    `acts` come after the bundles.
    """

    bundles: tuple[Bundle, ...]
    notes: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    acts: tuple[Act, ...] = ()

    @property
    def alerts(self) -> int:
        return sum(len(bundle.alerts) for bundle in self.bundles)


def clean(value: object, length: int) -> str:
    """A text of a sender, fit to be stored: no NUL, no half characters, not longer than `length`."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else _drawn(value)
    if len(text) > length:
        text = text[: length - 1] + "…"
    if "\0" in text:
        text = text.replace("\0", "")
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    return text


def clean_key(value: object) -> str:
    """A group key: what is too long to keep stays different from others that begin alike."""
    text = clean(value, KEY_LENGTH)
    if not isinstance(value, str) or len(value) <= KEY_LENGTH:
        return text
    rest = hashlib.blake2b(value.encode("utf-8", "replace"), digest_size=16).hexdigest()
    return f"{text[: KEY_LENGTH - len(rest)]}{rest}"


def _drawn(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else ""


def clean_labels(labels: Mapping[str, object]) -> dict[str, str]:
    """The first of them, without those that are empty."""
    cleaned: dict[str, str] = {}
    for name, value in labels.items():
        text = clean(value, VALUE_LENGTH)
        if text and len(cleaned) < LABELS_KEPT:
            cleaned[clean(name, NAME_LENGTH)] = text
    return cleaned


def safe_url(value: object) -> str:
    """An http or https address without anything that could end a link early; else empty."""
    if not isinstance(value, str) or len(value) > URL_LENGTH or not value.isprintable() or not WEB.match(value):
        return ""
    return clean(value, URL_LENGTH)
