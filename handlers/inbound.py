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
from handlers.arriving import Arriving
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
        self._arriving = Arriving(services.held, most=MAX_BODY, announced=announced(self.headers))
        self._integration: Integration | None = None
        self._turned_away: Callable[[], None] | None = None
        kind, *rest = path
        self._kind = kind_named(kind)
        self._key = (rest[0] if rest else "") or _bearer(self.headers.get("Authorization", ""))

    async def prepare(self) -> None:
        try:
            self._integration = await self._known()
        except Unavailable:
            return self._turn_away(self._come_back)
        if self._integration is None:
            return self._turn_away(partial(self._refuse, HTTPStatus.NOT_FOUND, UNKNOWN))
        self.limit_body(1 << 62)  # it is for us to judge: Tornado would end the connection without an answer
        self._arriving.count_for(self._integration.server_id)
        if self._arriving.dropped:  # it announces too much
            self._turn_away(self._too_large)

    def _turn_away(self, refusal: Callable[[], None]) -> None:
        """The answer comes when the body was heard out, for the end of a connection overtakes it otherwise."""
        self._turned_away = refusal
        self._arriving.drop()
        if self._arriving.announced > self._heard_out or (self._integration is not None and "Expect" in self.headers):
            self._hang_up()

    @property
    def _heard_out(self) -> int:
        return HEARD_OUT if self._integration is None else HEARD_OUT_KNOWN

    def data_received(self, chunk: bytes) -> None:
        if self.answered:
            return
        self._arriving.take(chunk)
        if self._arriving.heard > self._heard_out:
            self._hang_up()

    def let_go(self) -> None:
        self._arriving.give_back()

    async def post(self) -> None:
        if self._integration is None or self._kind is None or self._arriving.dropped:
            return self._turn_down()
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
        body = self._arriving.hand_over()
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
        self._turn_down()

    def _turn_down(self) -> None:
        if self._turned_away is not None:
            self._turned_away()
        elif self._arriving.is_too_large:
            self._too_large()
        else:
            self._come_back(TOO_MUCH_AT_ONCE)

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
