"""Where monitoring systems deliver their alerts: real status codes, and 202 only when the alerts are durable.

Alertmanager 0.25 tries again at once on 5xx only, and never on 429: so overload is 503.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog

from bot.core.integrations import Integration
from bot.errors import OverBudget, Unavailable
from bot.integrations.kind import Kind
from bot.integrations.kinds import kind_named
from bot.integrations.payload import Invalid, Payload
from bot.notices import left_out, not_signed, too_large, unreadable
from handlers.bounded import HEARD_OUT, HEARD_OUT_KNOWN, Bounded, heard
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


class Inbound(Bounded):
    """One payload of one integration. The key is proved before more than a small body is read."""

    route = "inbound"
    SUPPORTED_METHODS = ("POST",)
    most = MAX_BODY

    _integration: Integration | None = None  # whoever uses another verb is turned away before `prepare`
    _kind: Kind | None
    _key: str

    async def prepare(self) -> None:
        self.heard_out = HEARD_OUT
        try:
            self._integration = await self._known()
        except Unavailable:
            return self.turn_away(self._come_back)
        if self._integration is None:
            return self.turn_away(partial(self._refuse, HTTPStatus.NOT_FOUND, UNKNOWN))
        self.begin()
        self.heard_out = HEARD_OUT_KNOWN
        self.arriving.count_for(self._integration.server_id)
        if self.turned_away:
            self.turn_away(self.too_large)

    @heard
    async def post(self, kind: str, key: str = "") -> None:
        if self._integration is None or self._kind is None:
            return
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
        body = self.arriving.hand_over()
        if not await is_proved(self.services, kind, integration, self.request.headers, body):
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
        kind, *rest = self.path_args
        key = (rest[0] if rest and rest[0] else "") or _bearer(self.request.headers.get("Authorization", ""))
        self._kind, self._key = kind_named(kind), key
        if self._kind is None:
            return None
        integration = await integration_of(self.services, key)
        return integration if integration is not None and integration.kind == self._kind.name else None

    def _report(self, integration: Integration, payload: Payload) -> None:
        if payload.notes:
            log.warning("payload read in part", integration=integration.id, problems=len(payload.notes))
            self.services.notices.tell(integration, "left out", left_out(integration, payload.notes))

    # ---- refusals ----

    def _refuse(self, status: HTTPStatus, sentence: str, errors: Mapping[str, str] | None = None) -> None:
        self.answer({"error": sentence, "errors": dict(errors or {})}, status)

    def write_error(self, status_code: int, **more: Any) -> None:
        if status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return super().write_error(status_code, **more)
        self.set_header("Allow", "POST")
        self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, ONLY_POST)

    def _come_back(self, sentence: str = NOT_NOW, seconds: int | str = RETRY_AFTER) -> None:
        self.set_header("Retry-After", str(seconds))
        self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, sentence)

    def too_large(self) -> None:
        if self._integration is not None:
            text = too_large(self._integration, most=MAX_BODY)
            self.services.notices.tell(self._integration, "too large", text)
        self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE)

    def no_room(self) -> None:
        self._come_back(TOO_MUCH_AT_ONCE)


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _notes(payload: Payload) -> dict[str, Any]:
    said = payload.notes | payload.remarks
    return {"errors": said} if said else {}
