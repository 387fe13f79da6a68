"""What an answer that is no success means: try again, when, or not at all."""

from __future__ import annotations

from bot.core.text import say
from bot.errors import Upstream
from bot.outgoing.client import Answer
from bot.outgoing.errors import NotJson, NotSendable, OutgoingError

BAD_REQUEST = 400
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
TOO_MANY = 429
NOT_IMPLEMENTED = 501
SUCCESS = (200, 201)
TEMPORARY = (UNAUTHORIZED, 408, 425, TOO_MANY)
SHORTEST_PAUSE = 1.0
LONGEST_PAUSE = 600.0


def refusal(answer: Answer) -> Upstream:
    """The body is an AppError, plain text, or whatever a proxy writes: only its id and message are believed."""
    error = _app_error(answer)
    code, message = str(error.get("id") or ""), str(error.get("message") or "")
    return Upstream(
        message.rstrip(".") or say("Mattermost answered with status {status}", status=answer.status),
        permanent=_permanent(answer.status),
        status=answer.status,
        code=code,
        retry_after=retry_after(answer),
    )


def not_understood(answer: Answer) -> Upstream:
    """A success whose body is no answer of Mattermost, such as a proxy's login or maintenance page."""
    return Upstream(
        say("Something in front of Mattermost answered in its place"), permanent=False, status=answer.status
    )


def no_answer(failed: OutgoingError) -> Upstream:
    """Nothing usable came back. What cannot be sent today cannot be sent tomorrow; everything else may pass."""
    return Upstream(str(failed).rstrip("."), permanent=isinstance(failed, NotSendable))


def retry_after(answer: Answer) -> float:
    """Seconds to wait. Mattermost tells in X-Ratelimit-Reset, proxies in Retry-After; 0 where neither does."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    for name in ("x-ratelimit-reset", "retry-after"):
        seconds = _seconds(headers.get(name, ""))
        if seconds is not None and (name == "retry-after" or answer.status == TOO_MANY):
            return min(max(seconds, SHORTEST_PAUSE), LONGEST_PAUSE)
    return SHORTEST_PAUSE if answer.status == TOO_MANY else 0


def _permanent(status: int) -> bool:
    """A redirect or a 5xx may pass; 501 says that a feature is off or not licensed."""
    if status == NOT_IMPLEMENTED:
        return True
    return 400 <= status < 500 and status not in TEMPORARY


def _seconds(text: str) -> float | None:
    return float(text) if text.strip().isascii() and text.strip().isdigit() else None


def _app_error(answer: Answer) -> dict[str, object]:
    try:
        error = answer.json()
    except NotJson:
        return {}
    return error if isinstance(error, dict) else {}
