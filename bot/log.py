"""Log lines: one per event, `key=value` for people or JSON for machines, never with a secret in it.

Our own events come through structlog, those of other libraries through the standard `logging`; both end in the same
few functions here, and both are scrubbed. The line of an HTTP request names its route, never its path: keys, tickets
and codes travel in paths.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
from collections.abc import Callable, MutableMapping
from datetime import datetime
from pathlib import Path
from traceback import extract_tb, format_exception
from types import TracebackType
from typing import Any, Protocol, TextIO

import orjson
import structlog
from tornado.web import RequestHandler

from bot.clock import Clock, wall_clock
from bot.scrubbing import scrub, scrub_values

# These tell at DEBUG what they send: documents, commands, the base64 of tokens.
TALKATIVE = ("aioimaplib", "pymongo", "urllib3", "aiohttp", "tornado.curl_httpclient")
FRAMES = 6
MOST_FRAMES = 20
PLAIN = re.compile(r"[!#-<>-\[\]-~]+")  # visible ASCII without quote, equals sign and backslash

log = structlog.get_logger()

Event = dict[str, Any]
Draw = Callable[[Event], str]
Write = Callable[[str], object]


class Settings(Protocol):
    """The two settings this needs; `bot.config.Config` has them."""

    @property
    def log_level(self) -> str: ...
    @property
    def log_format(self) -> str: ...


def new_reference() -> str:
    """Eight hex digits that tie a sentence for a person to a log line: "mention 3f9a01c2"."""
    return secrets.token_hex(4)


def configure_logging(settings: Settings, *, stream: TextIO | None = None, clock: Clock = wall_clock) -> None:
    """Send everything that is logged to one stream (standard error), in one format."""
    level = logging.getLevelNamesMapping()[settings.log_level]
    draw = draw_json if settings.log_format == "json" else draw_text
    write = (stream or sys.stderr).write
    _configure_structlog(level, draw, write, clock)
    _configure_standard(level, draw, write, clock)
    REQUESTS.configure(level, draw, write, clock)


def _configure_structlog(level: int, draw: Draw, write: Write, clock: Clock) -> None:
    def finish(_logger: object, method: str, event: MutableMapping[str, Any]) -> str:
        line = {
            "at": stamp(clock()),
            "level": "error" if method == "exception" else method,
            "event": scrub(str(event.pop("event", ""))),
        }
        failure = _failure(event.pop("exc_info", None), draw)
        return draw(line | scrub_values(event) | scrub_values(failure))

    structlog.configure(
        processors=[finish],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_names: _Line(write),
        cache_logger_on_first_use=False,
    )


class _Line:
    """The end of structlog's chain: every level's method writes the finished line."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def msg(self, line: str) -> None:
        self._write(line + "\n")

    debug = info = warning = error = critical = exception = msg


def _configure_standard(level: int, draw: Draw, write: Write, clock: Clock) -> None:
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, ScrubbedHandler):
            root.removeHandler(handler)
    root.addHandler(ScrubbedHandler(draw, write, clock))
    root.setLevel(level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


class ScrubbedHandler(logging.Handler):
    """Writes what other libraries log like our own events."""

    def __init__(self, draw: Draw, write: Write, clock: Clock) -> None:
        super().__init__()
        self._draw = draw
        self._write_line = write
        self._clock = clock

    def emit(self, record: logging.LogRecord) -> None:
        event = {
            "at": stamp(self._clock()),
            "level": record.levelname.lower(),
            "event": _message(record),
            "logger": record.name,
        }
        self._write_line(self._draw(scrub_values(event | _failure(record.exc_info, self._draw))) + "\n")


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (
        TypeError,
        ValueError,
        KeyError,
    ):  # the arguments do not fit: somebody else's mistake, the event still counts
        return str(record.msg)


class Requests:
    """The most frequent line by far, written without the way that all others take: it costs half of that.

    Nothing in it comes from the sender, so there is nothing to scrub.
    """

    def __init__(self) -> None:
        self.configure(logging.INFO, draw_text, sys.stderr.write, wall_clock)

    def configure(self, level: int, draw: Draw, write: Write, clock: Clock) -> None:
        self._level, self._draw, self._write, self._clock = level, draw, write, clock

    def tell(self, handler: RequestHandler) -> None:
        """For Tornado's setting `log_function`."""
        status, method = handler.get_status(), handler.request.method
        level = logging.ERROR if status >= 500 else logging.INFO
        if level < self._level:
            return
        line: Event = {
            "at": stamp(self._clock()),
            "level": "info" if level == logging.INFO else "error",
            "event": "request",
            "route": getattr(handler, "route", "") or type(handler).__name__,
            "method": method if method in handler.SUPPORTED_METHODS else "other",
            "status": status,
            "ms": round(handler.request.request_time() * 1000, 1),
        }
        self._write(self._draw(line) + "\n")


def stamp(at: datetime) -> str:
    """2026-01-31T03:12:09.123Z"""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def draw_json(event: Event) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode("utf-8", "replace")


def draw_text(event: Event) -> str:
    return " ".join([f"{name}={_quoted(value)}" for name, value in event.items()])


def _quoted(value: Any) -> str:
    """As it is when it is one plain word, else in quotes with line ends and control characters spelled out."""
    if isinstance(value, int | float):
        return str(value)
    text = value if isinstance(value, str) else str(value)
    if PLAIN.fullmatch(text):
        return text
    return orjson.dumps(text.encode("utf-8", "replace").decode()).decode()


REQUESTS = Requests()


def _failure(raised: object, draw: Draw) -> Event:
    """What an exception adds: for people its words and the last places it went through, for machines all of it."""
    error = _exception(raised)
    if error is None:
        return {}
    if draw is draw_json:
        return {"error": _told(error), "traceback": "".join(format_exception(error, limit=-MOST_FRAMES))}
    return {"error": _told(error), "where": _places(error.__traceback__)}


def _exception(raised: object) -> BaseException | None:
    if raised is True:
        return sys.exc_info()[1]
    if isinstance(raised, tuple):
        raised = raised[1]
    return raised if isinstance(raised, BaseException) else None


def _told(error: BaseException) -> str:
    """The exception and what it came from, each as `Type: words`."""
    told: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(told) < FRAMES:
        told.append(f"{type(seen).__name__}: {seen}" if str(seen) else type(seen).__name__)
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return " from ".join(told)


def _places(traceback: TracebackType | None) -> str:
    frames = extract_tb(traceback)[-FRAMES:]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames))
