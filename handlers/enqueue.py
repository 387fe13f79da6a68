"""PagerDuty's Events APIs for existing senders, which need another host only: their answers, to the letter.

429 is in that protocol, but overload is 503 here: senders repeat both, and Alertmanager only the latter. An error that
PagerDuty gives for a wrong key is a 400, so it is one here, too.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Awaitable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from bot.core.integrations import Integration
from bot.errors import Unavailable
from bot.integrations import pagerduty, pagerduty_v1
from bot.integrations.payload import Invalid, clean
from bot.integrations.reading import Pace, read_json
from bot.notices import too_large
from handlers.arriving import ENDS
from handlers.base import MAX_BODY
from handlers.bounded import Bounded
from handlers.inbound import RETRY_AFTER, TOO_MUCH_AT_ONCE
from handlers.keys import integration_of

NO_EVENT = "Event object is invalid"
TOO_LARGE = "The event is larger than 1 MiB"
NOT_NOW = "The event could not be stored. Please send it again."
KEY_LENGTH = 100
UNCOUNTED = ENDS  # nearly all events are shorter; nobody has a share that those without a key could use up for them
NOBODY = ""


class Enqueue(Bounded):
    """One event. The key is in the body, or in a header."""

    heard_out = 8 * MAX_BODY  # whoever it is: the key comes with the body

    route = "enqueue"
    key_name: ClassVar[str] = "routing_key"
    SUPPORTED_METHODS = ("POST",)

    async def prepare(self) -> None:
        self.begin()
        if self.announces_too_much:
            await self._tell_its_channel()
            self.hang_up()

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        super().data_received(chunk)
        is_settled = self.arriving.is_counted or self.turned_away
        return self._count() if len(self.arriving) > UNCOUNTED and not is_settled else None

    async def _count(self) -> None:
        """For whoever shows a key so far; all others have one share together."""
        integration = None
        with contextlib.suppress(Unavailable):
            integration = await self._shown()
        self.arriving.count_for(integration.server_id if integration is not None else NOBODY)

    async def post(self) -> None:
        if self.arriving.is_too_large:
            await self._tell_its_channel()
        if self.turned_away:
            return self.refuse()
        body = self.arriving.body
        try:
            document = await read_json(body, Pace())
        except Invalid as invalid:
            return self._invalid(list(invalid.errors.values()))
        key = clean(document.get(self.key_name) or self.request.headers.get("X-Routing-Key"), KEY_LENGTH)
        if not key:
            return self._invalid([pagerduty.MISSING.format(field=self.key_name)])
        try:
            integration = await self._known(key)
            if integration is None:
                return self._invalid([f"Invalid {self.key_name.replace('_', ' ')}"])
            without_key = body.replace(key.encode(), b"")
            await self.take(integration, document, without_key)
        except Invalid as invalid:
            self._invalid(list(invalid.errors.values()))
        except Unavailable:
            self._later(NOT_NOW)

    async def _shown(self) -> Integration | None:
        """Whose key stands in the header, or near an end of the body: no more is looked at. Raises Unavailable."""
        named = re.search(rb'"%s"\s{0,20}:\s{0,20}"(\w{1,100})"' % self.key_name.encode(), self.arriving.ends)
        key = named.group(1).decode() if named else self.request.headers.get("X-Routing-Key", "")
        return await self._known(key)

    async def _known(self, key: str) -> Integration | None:
        """Raises Unavailable."""
        integration = await integration_of(self.services, key)
        return integration if integration is not None and integration.kind == pagerduty.KIND.name else None

    async def _tell_its_channel(self) -> None:
        with contextlib.suppress(Unavailable):
            integration = await self._shown()
            if integration is not None:
                self.services.notices.tell(integration, "too large", too_large(integration, most=MAX_BODY))

    def too_large(self) -> None:
        self._invalid([TOO_LARGE], HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def no_room(self) -> None:
        self._later(TOO_MUCH_AT_ONCE)

    def _later(self, message: str) -> None:
        self.set_header("Retry-After", RETRY_AFTER)
        self.answer({"status": "error", "message": message}, HTTPStatus.SERVICE_UNAVAILABLE)

    async def take(self, integration: Integration, document: Mapping[str, Any], body: bytes) -> None:
        """Store the event and answer. Raises Invalid, Unavailable."""
        event = pagerduty.event(document)
        await self.services.reception.take(integration, event.payload, body)
        answer = {"status": "success", "message": "Event processed", "dedup_key": event.dedup_key}
        self.answer(answer, HTTPStatus.ACCEPTED)

    def _invalid(self, errors: Sequence[str], status: int = HTTPStatus.BAD_REQUEST) -> None:
        self.answer({"status": "invalid event", "message": NO_EVENT, "errors": errors}, status)

    def write_error(self, status_code: int, **_: Any) -> None:
        self.answer({"status": "error", "message": self._reason}, status_code)


class EnqueueV1(Enqueue):
    """An event of the older API, whose keys are other words and whose answer is 200."""

    route = "enqueue-v1"
    key_name = "service_key"

    async def take(self, integration: Integration, document: Mapping[str, Any], body: bytes) -> None:
        event = pagerduty_v1.event(document)
        await self.services.reception.take(integration, event.payload, body)
        self.answer({"status": "success", "message": "Event processed", "incident_key": event.dedup_key})


class EnqueueChange(Enqueue):
    """What was deployed or set: taken, so that senders of both go on, and nothing is opened for it."""

    route = "enqueue-change"

    async def take(self, integration: Integration, document: Mapping[str, Any], body: bytes) -> None:
        pagerduty_v1.check_change(document)
        self.answer({"status": "success", "message": "Change event processed"}, HTTPStatus.ACCEPTED)
