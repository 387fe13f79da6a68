"""The program that renders templates, in a process of its own. It imports Jinja, and nothing of ours but this folder.

Templates are code of strangers. So this process has an empty environment, no secret, no way to open a file, a socket or
another process, little memory and little time; Jinja's sandbox is the wall within the wall. Whoever started it kills it
when it does not answer.

A question on the standard input is two lengths, a JSON object for the job and the sender's payload. An answer is a
length and a JSON object; the first, when all is ready, is empty.
"""

from __future__ import annotations

import codecs
import ctypes
import json
import os
import resource
import signal
import sys
from typing import Any

from bot.templates.frames import LENGTH, LENGTHS
from bot.templates.job import Job, spent, watch_the_time

Json = dict[str, Any]

MEMORY = 256 * 1024 * 1024
GROWN_KILOBYTES = 32 * 1024
# Of the processor, for one question: for what no signal of Python's interrupts, and in case nobody is left to kill us.
USER_SECONDS = 2.0
CPU_SECONDS = 5
PR_SET_PDEATHSIG = 1  # from <linux/prctl.h>


def confine(parent: int) -> None:
    """Give up whatever a template could misuse, and end with the parent."""
    watch_the_time()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("The process that wanted this one is gone.")
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_NOFILE, 0),  # what is open stays open; nothing more can be: no file, no socket
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _limit(limit, most)


def _limit(limit: int, most: int) -> None:
    hard = resource.getrlimit(limit)[1]
    least = most if hard == resource.RLIM_INFINITY else min(most, hard)
    try:
        resource.setrlimit(limit, (least, least))
    except (OSError, ValueError):
        if sys.platform == "linux":  # others know not all of them, and are for trying out
            raise


def _begin_to_count() -> None:
    """The kernel's own stops: their signals end this process."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent()) + CPU_SECONDS, hard))
    signal.setitimer(signal.ITIMER_VIRTUAL, USER_SECONDS)


def _payload(body: bytes) -> object:
    """As forgiving as the readers are; what is no JSON is empty."""
    try:
        return json.loads(body.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace"), strict=False) if body else {}
    except (ValueError, RecursionError):
        return {}


def _answered(asked: Json, body: bytes) -> Json:
    try:
        answer = Job(asked, _payload(body)).answer()
    except (MemoryError, RecursionError):
        large = {part: {"kind": "large"} for part in asked["templates"]}
        answer = {"bundles": [[{} for _ in one["alerts"]] for one in asked["bundles"]], "acts": [], "problems": large}
    return answer


def _most_memory() -> int:
    """Kilobytes at the peak. Linux counts from that of the parent, so only the difference says something."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _warm_up() -> None:
    """Some of Python and Jinja is imported when it is first needed, and by then no file can be opened."""
    codecs.lookup("unicode_escape")
    alert: Json = {"alerts": [{"firing": True}]}
    templates = {"title": "{{ 1 / 0 }}", "summary": "{{ }", "key": "{{ 'a'|pprint|striptags|wordwrap }}"}
    asked = {"templates": templates, "each": list(templates), "once": [], "bundles": [alert], "acts": []}
    _answered({**asked, "longest": dict.fromkeys(templates, 1)}, b"{}")


def main(parent: int) -> None:
    _warm_up()
    confine(parent)
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    usual = _most_memory()
    answers.write(LENGTH.pack(0))  # ready
    answers.flush()
    while len(head := questions.read(LENGTHS.size)) == LENGTHS.size:
        asked_length, body_length = LENGTHS.unpack(head)
        question, body = questions.read(asked_length), questions.read(body_length)
        _begin_to_count()
        asked = json.loads(question)
        answered = _answered(asked, body) | {"retire": _most_memory() - usual > GROWN_KILOBYTES}
        answer = json.dumps(answered, ensure_ascii=False).encode("utf-8", "replace")
        answers.write(LENGTH.pack(len(answer)) + answer)
        answers.flush()
