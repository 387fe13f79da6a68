"""PagerDuty's Events API v2 for existing senders, which need another host only: its answers, to the letter.

429 is in that protocol, but overload is 503 here: senders repeat both, and Alertmanager only the latter. An error that
PagerDuty gives for a wrong key is a 400, so it is one here, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from bot.errors import Unavailable
from bot.integrations import pagerduty
from bot.integrations.payload import Invalid, clean
from bot.integrations.reading import Pace, read_json
from handlers.base import MAX_BODY, Endpoint
from handlers.inbound import RETRY_AFTER
from handlers.keys import integration_of

NO_KEY = "'routing_key' is missing or blank"
WRONG_KEY = "Invalid routing key"
NO_EVENT = "Event object is invalid"
TOO_LARGE = "The event is larger than 1 MiB"
KEY_LENGTH = 100


class Enqueue(Endpoint):
    """One event. The key is in the body, or in a header."""

    route = "enqueue"
    SUPPORTED_METHODS = ("POST",)

    async def post(self) -> None:
        if len(self.request.body) > MAX_BODY:
            return self._invalid([TOO_LARGE], HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            document = await read_json(self.request.body, Pace())
        except Invalid as invalid:
            return self._invalid(list(invalid.errors.values()))
        key = clean(document.get("routing_key") or self.request.headers.get("X-Routing-Key"), KEY_LENGTH)
        if not key:
            return self._invalid([NO_KEY])
        try:
            integration = await integration_of(self.services, key)
            if integration is None or integration.kind != pagerduty.KIND.name:
                return self._invalid([WRONG_KEY])
            event = pagerduty.event(document)
            without_key = self.request.body.replace(key.encode(), b"")
            await self.services.reception.take(integration, event.payload, without_key)
        except Invalid as invalid:
            self._invalid(list(invalid.errors.values()))
        except Unavailable:
            self.set_header("Retry-After", RETRY_AFTER)
            self.answer(
                {"status": "error", "message": "The event could not be stored. Please send it again."},
                HTTPStatus.SERVICE_UNAVAILABLE,
            )
        else:
            body = {"status": "success", "message": "Event processed", "dedup_key": event.dedup_key}
            self.answer(body, HTTPStatus.ACCEPTED)

    def _invalid(self, errors: Sequence[str], status: int = HTTPStatus.BAD_REQUEST) -> None:
        self.answer({"status": "invalid event", "message": NO_EVENT, "errors": errors}, status)

    def write_error(self, status_code: int, **_: Any) -> None:
        self.answer({"status": "error", "message": self._reason}, status_code)
