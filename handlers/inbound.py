"""Where monitoring systems deliver their alerts: real status codes, and 202 only when the alerts are durable.

Alertmanager 0.25 tries again at once on 5xx only, and never on 429: so overload is 503.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from tornado.httputil import HTTPServerRequest

from bot.core.integrations import Integration
from bot.errors import OverBudget, Unavailable
from bot.integrations.kind import Kind
from bot.integrations.kinds import kind_named
from bot.integrations.payload import Invalid, Payload
from bot.notices import left_out, not_signed, too_large, unreadable
from bot.services import Services
from handlers.bounded import HEARD_OUT, HEARD_OUT_KNOWN, announced
from handlers.exchange import NOTHING, Exchange
from handlers.keys import integration_of
from handlers.signed import is_proved

MAX_BODY = 16 * 1024 * 1024
RETRY_AFTER = "2"
UNKNOWN = "There is no such integration."
TOO_LARGE = "The payload is larger than 16 MiB. Send fewer alerts at once."
ONLY_POST = "Alerts are delivered with POST. This address is made for a monitoring system, not for a browser."
LONGEST_PAUSE = 60
TOO_MANY = "This integration sends too many alerts for now. Please send them again later."
TOO_MUCH_AT_ONCE = "Too many large payloads are on their way at once. Please send this one again later."
NOT_NOW = "The alerts could not be stored. Please send them again."

log = structlog.get_logger()


class Inbound(Exchange):
    """One payload of one integration. The key is proved before more than a small body is read."""

    route = "inbound"
    only_post = ONLY_POST

    def __init__(self, services: Services, request: HTTPServerRequest, path: Sequence[str]) -> None:
        super().__init__(services, request, path)
        self._body = bytearray()
        self._heard = 0
        self._held = 0
        self._integration: Integration | None = None
        self._turned_away: Callable[[], None] | None = None
        kind, *rest = path
        self._kind = kind_named(kind)
        self._key = (rest[0] if rest else "") or _bearer(self.headers.get("Authorization", ""))

    async def prepare(self) -> None:
        declared = announced(self.headers)
        try:
            self._integration = await self._known()
        except Unavailable:
            self._turned_away = self._come_back
        if self._integration is None and self._turned_away is None:
            self._turned_away = partial(self._refuse, HTTPStatus.NOT_FOUND, UNKNOWN)
        if self._turned_away is not None and declared > HEARD_OUT:
            return self._hang_up()
        if self._turned_away is None:
            self._limit(declared)

    def _limit(self, declared: int) -> None:
        """The size is for us to judge: Tornado would end the connection without an answer."""
        self.limit_body(1 << 62)
        if declared <= MAX_BODY:
            return
        self._turned_away = self._too_large
        if declared > HEARD_OUT_KNOWN or "Expect" in self.headers:  # who expects our word sends nothing yet
            self._hang_up()

    def data_received(self, chunk: bytes) -> None:
        if self.answered:
            return
        self._heard += len(chunk)
        if self._turned_away is None and self._heard <= MAX_BODY and self._hold(len(chunk)):
            self._body += chunk
            return
        self._body.clear()
        self.let_go()
        self._turned_away = self._turned_away or self._too_large
        if self._heard > (HEARD_OUT if self._integration is None else HEARD_OUT_KNOWN):
            self._hang_up()

    def _hold(self, size: int) -> bool:
        """Whether there is room for more of the body; else its sender is asked to come back."""
        if self._integration is None or not self.services.held.take(self._integration.server_id, size):
            self._turned_away = partial(self._come_back, TOO_MUCH_AT_ONCE)
            return False
        self._held += size
        return True

    def let_go(self) -> None:
        if self._integration is not None and self._held:
            self.services.held.give_back(self._integration.server_id, self._held)
            self._held = 0

    async def post(self) -> None:
        if self._turned_away is not None:
            return self._turned_away()
        if self._integration is None or self._kind is None:
            return None
        try:
            await self._take(self._kind, self._integration)
        except Invalid as invalid:
            self.services.notices.tell(self._integration, "unreadable", unreadable(self._integration, invalid.errors))
            self._refuse(HTTPStatus.BAD_REQUEST, "The payload cannot be read.", invalid.errors)
        except OverBudget as over:
            self._come_back(TOO_MANY, min(math.ceil(over.retry_after), LONGEST_PAUSE))
        except Unavailable:
            self._come_back()

    async def _take(self, kind: Kind, integration: Integration) -> None:
        """Raises Invalid, OverBudget, Unavailable."""
        body = bytes(self._body)
        self._body.clear()
        if not await is_proved(self.services, kind, integration, self.headers, body):
            self.services.notices.tell(integration, "not signed", not_signed(integration))
            return self.refuse_proof()
        payload = await self._read(kind, integration, body)
        without_key = body.replace(self._key.encode(), b"")
        accepted = await self.services.reception.take(integration, payload, without_key)
        self._report(integration, payload)
        self.answer({"accepted": accepted.alerts, "groups": accepted.groups} | _notes(payload), HTTPStatus.ACCEPTED)

    async def _read(self, kind: Kind, integration: Integration, body: bytes) -> Payload:
        """Raises Invalid, Unavailable."""
        return await kind.read(body, integration.group_by)

    async def _known(self) -> Integration | None:
        """Whose key this is, if it is of this kind and its server is still with us. Raises Unavailable."""
        if self._kind is None:
            return None
        integration = await integration_of(self.services, self._key)
        return integration if integration is not None and integration.kind == self._kind.name else None

    def _report(self, integration: Integration, payload: Payload) -> None:
        if payload.notes:
            log.warning("payload read in part", integration=integration.id, problems=len(payload.notes))
            self.services.notices.tell(integration, "left out", left_out(integration, payload.notes))

    # ---- refusals ----

    def _refuse(
        self,
        status: HTTPStatus,
        sentence: str,
        errors: Mapping[str, str] = NOTHING,
        headers: Mapping[str, str] = NOTHING,
    ) -> None:
        self.answer({"error": sentence, "errors": dict(errors)}, status, headers)

    def _come_back(self, sentence: str = NOT_NOW, seconds: int | str = RETRY_AFTER) -> None:
        self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, sentence, headers={"Retry-After": str(seconds)})

    def _hang_up(self) -> None:
        """Answer before the rest has come, and take no more of it."""
        self.closes = True
        if self._turned_away is not None:
            self._turned_away()

    def _too_large(self) -> None:
        if self._integration is not None:
            text = too_large(self._integration, most=MAX_BODY)
            self.services.notices.tell(self._integration, "too large", text)
        self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE)


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _notes(payload: Payload) -> dict[str, Any]:
    said = payload.notes | payload.remarks
    return {"errors": said} if said else {}
