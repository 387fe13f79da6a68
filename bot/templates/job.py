"""One job of the rendering process: the templates of one integration over one payload.

What is asked is JSON:

    {"templates": {part: text}, "each": [part], "once": [part], "longest": {part: characters},
     "bundles": [{…what was read…, "alerts": [{…}]}], "acts": [{…}]}

The parts of `each` are rendered for every alert and act, those of `once` for the alert that speaks for its group. The
answer is `{"bundles": [[{part: text}]], "acts": [{part: text}], "problems": {part: {…}}}`.
"""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

from jinja2 import Template, TemplateError, TemplateSyntaxError

from bot.templates.sandbox import LARGEST, TooLarge, compiled

Json = dict[str, Any]

KEY = "key"
RESOLVE = "resolve"
CONDITIONS = (RESOLVE, "acknowledge")
TRUE = ("1", "true", "yes", "on", "ok")
YES, NO = "yes", "no"
JOB_SECONDS = 1.0
RENDER_SECONDS = 0.25
AGAIN_SECONDS = 0.05  # an exception may get lost in a finalizer, so the signal comes again
LONGEST_MESSAGE = 200


class TooSlow(BaseException):
    """Time is up. Not an Exception, so that nothing in between takes it for a failure of its own."""


class Job:
    """The templates of one integration over one payload."""

    def __init__(self, asked: Json, payload: object) -> None:
        self._asked = asked
        self._payload = payload
        self._left = JOB_SECONDS
        self._compiled: dict[str, Template] = {}
        self._problems: dict[str, Json] = {}

    def answer(self) -> Json:
        for part, text in self._asked["templates"].items():
            made = self._guarded(part, lambda text=text: compiled(text))
            if made is not None:
                self._compiled[part] = made
        bundles = [list(self._each(bundle)) for bundle in self._asked["bundles"]]
        for bundle, speaking in self._speakers(bundles):
            rendered = bundles[bundle][speaking]
            raw = self._asked["bundles"][bundle]
            rendered |= self._rendered(self._asked["once"], raw, raw["alerts"][speaking])
        acts = [self._rendered([KEY], act, {}) for act in self._asked["acts"]]
        return {"bundles": bundles, "acts": acts, "problems": self._problems}

    def _each(self, bundle: Json) -> Iterator[dict[str, str]]:
        for alert in bundle["alerts"]:
            yield self._rendered(self._asked["each"], bundle, alert)

    def _speakers(self, rendered: list[list[dict[str, str]]]) -> list[tuple[int, int]]:
        """For each group the first alert that fires, else its first."""
        first: dict[str, tuple[int, int]] = {}
        firing: dict[str, tuple[int, int]] = {}
        for number, bundle in enumerate(self._asked["bundles"]):
            for place, alert in enumerate(bundle["alerts"]):
                parts = rendered[number][place]
                key = parts.get(KEY) or f"\0{bundle['key']}"
                first.setdefault(key, (number, place))
                if parts[RESOLVE] != YES if RESOLVE in parts else alert["firing"]:
                    firing.setdefault(key, (number, place))
        return list({**first, **firing}.values())

    def _rendered(self, parts: list[str], bundle: Json, alert: Json) -> dict[str, str]:
        """What could be rendered; a part that failed is missing."""
        names = {
            "payload": self._payload,
            **{name: bundle.get(name, "") for name in ("key", "title", "summary", "severity", "links")},
            "labels": {**bundle.get("labels", {}), **alert.get("labels", {})},
            "alert": alert,
        }
        found = {}
        for part in parts:
            if part in self._compiled:
                text = self._guarded(part, lambda part=part: _text(self._compiled[part], names))
                if text is not None:
                    found[part] = _condition(text) if part in CONDITIONS else text[: self._asked["longest"][part]]
        return found

    def _guarded(self, part: str, work: Any) -> Any:
        """The result of the work; None where it failed, with the first reason in the problems of the part."""
        began = spent()
        try:
            if self._left <= 0:
                raise TooSlow
            return _within(min(self._left, RENDER_SECONDS), work)
        except TooSlow:
            self._compiled.pop(part, None)  # it had its time; the others have what is left
            problem: Json = {"kind": "slow"}
        except (TooLarge, MemoryError, OverflowError):
            problem = {"kind": "large"}
        except TemplateSyntaxError as wrong:
            problem = {"kind": "syntax", "line": wrong.lineno, "message": wrong.message}
        except OSError:
            problem = {"kind": "failed", "message": "this is not available here"}
        except Exception as wrong:  # a template can fail in any way
            message = wrong.message if isinstance(wrong, TemplateError) else f"{wrong}" or type(wrong).__name__
            problem = {"kind": "failed", "line": _line(wrong), "message": message}
        finally:
            self._left -= spent() - began
        if "message" in problem:
            problem["message"] = str(problem["message"])[:LONGEST_MESSAGE]
        self._problems.setdefault(part, problem)
        return None


def _text(template: Template, names: Mapping[str, object]) -> str:
    pieces, length = [], 0
    for piece in template.generate(names):
        length += len(piece)
        if length > LARGEST:
            raise TooLarge
        pieces.append(piece)
    return "".join(pieces).strip()


def _condition(text: str) -> str:
    return YES if text.lower() in TRUE else NO


def _line(problem: Exception) -> int:
    """Where in the template it happened; Jinja makes its lines look like lines of Python."""
    line, trace = 0, problem.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


# ---- time ----


def watch_the_time() -> None:
    """Once per process, in its main thread."""
    signal.signal(signal.SIGPROF, _time_is_up)


def _within(seconds: float, work: Any) -> Any:
    """Processor time, so that a busy machine is nobody's fault. Raises TooSlow."""
    signal.setitimer(signal.ITIMER_PROF, seconds, AGAIN_SECONDS)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def spent() -> float:
    """Seconds of the processor, since this process began."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _time_is_up(number: int, frame: FrameType | None) -> None:
    raise TooSlow
