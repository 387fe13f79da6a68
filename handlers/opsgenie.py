"""Opsgenie's Alert API for existing senders, which need another host only: its answers in its own shape."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from bot.core.integrations import Integration
from bot.errors import Busy, NotFound, Unavailable
from bot.integrations import opsgenie
from bot.integrations.payload import Invalid
from bot.integrations.reading import Pace, read_json
from bot.notices import too_large
from bot.receiving.opsgenie import NotSupported, OpsgenieApi, drawn
from handlers.base import MAX_BODY, Endpoint
from handlers.inbound import RETRY_AFTER
from handlers.keys import integration_of

SCHEME = "geniekey"
TYPES = ("id", "alias", "tiny")
PROCESSED = "Request will be processed"
UNKNOWN_KEY = "Could not authenticate"
NOT_READABLE = "Request body is not processable. Please check the errors."
NOT_JSON = "Could not parse the request body as JSON."
NO_ALERT = "Alert with {type} [{identifier}] does not exist"
NO_REQUEST = "Request not found. It might not be processed, yet."
NOT_HERE = "This request is not supported. Alerts can be created, closed, acknowledged, snoozed, noted and read."
NO_HEARTBEAT = "Heartbeat with name [{name}] does not exist"
PONG = "PONG - Heartbeat received"
USUALLY_LISTED = 20
MOST_LISTED = 100
LONGEST_NUMBER = 9
NOT_NOW = "The request could not be stored. Please send it again."
TOO_LARGE = "The request is larger than 1 MiB."


class OpsgenieEndpoint(Endpoint):
    """The key is proved before anything else; failures are put into Opsgenie's shape in one place."""

    integration: Integration

    @property
    def api(self) -> OpsgenieApi:
        services = self.services
        return OpsgenieApi(services.stores, services.reception, services.clock)

    async def prepare(self) -> None:
        self._began = self.services.clock()
        scheme, _, key = self.request.headers.get("Authorization", "").partition(" ")
        try:
            found = await integration_of(self.services, key.strip() if scheme.lower() == SCHEME else "")
        except Unavailable:
            return self._later()
        if found is None or found.kind != opsgenie.KIND.name:
            return self._refuse(UNKNOWN_KEY, HTTPStatus.UNAUTHORIZED)
        if len(self.request.body) > MAX_BODY:
            self.services.notices.tell(found, "too large", too_large(found, most=MAX_BODY))
            return self._refuse(TOO_LARGE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        self.integration = found

    async def document(self) -> dict[str, Any]:
        """Raises Invalid for the body as a whole."""
        return await read_json(self.request.body, Pace()) if self.request.body.strip() else {}

    def processed(self, request: str) -> None:
        self._say({"result": PROCESSED}, HTTPStatus.ACCEPTED, request)

    def found(self, data: object, **more: Any) -> None:
        self._say({"data": data, **more}, HTTPStatus.OK, str(uuid.uuid4()))

    def failed(self, problem: Exception, *, identifier: str = "", type_: str = "") -> None:
        """Raises what is no failure that a sender should hear of."""
        match problem:
            case Invalid() if "" in problem.errors:
                self._refuse(NOT_JSON, HTTPStatus.BAD_REQUEST)
            case Invalid():
                self._refuse(NOT_READABLE, HTTPStatus.UNPROCESSABLE_ENTITY, problem.errors)
            case NotFound():
                self._refuse(NO_ALERT.format(type=type_, identifier=identifier[:100]), HTTPStatus.NOT_FOUND)
            case NotSupported():
                self._refuse(NOT_HERE, HTTPStatus.FORBIDDEN)
            case Unavailable():
                self._later()
            case _:
                raise problem

    def _later(self) -> None:
        self.set_header("Retry-After", RETRY_AFTER)
        self._refuse(NOT_NOW, HTTPStatus.SERVICE_UNAVAILABLE)

    def _refuse(self, message: str, status: int, errors: dict[str, str] | None = None) -> None:
        self._say({"message": message} | ({"errors": errors} if errors else {}), status, str(uuid.uuid4()))

    def _say(self, body: dict[str, Any], status: int, request: str) -> None:
        took = max((self.services.clock() - self._began).total_seconds(), 0)
        self.set_header("X-Request-ID", request)
        self.set_header("X-Response-Time", f"{took:.3f}")
        self.answer(body | {"took": round(took, 3), "requestId": request}, status)

    def write_error(self, status_code: int, **_: Any) -> None:
        self.answer({"message": self._reason, "took": 0.0, "requestId": str(uuid.uuid4())}, status_code)


class OpsgenieAlerts(OpsgenieEndpoint):
    """Create, and list."""

    route = "opsgenie-alerts"
    SUPPORTED_METHODS = ("GET", "POST")

    async def get(self) -> None:
        limit, offset = self._number("limit", USUALLY_LISTED), self._number("offset", 0)
        query = self.get_query_argument("query", "")
        try:
            groups = await self.api.listed(self.integration, query, offset=offset, limit=min(limit, MOST_LISTED))
        except Unavailable as problem:
            return self.failed(problem)
        self.found([drawn(group, integration=self.integration) for group in groups], paging={})

    def _number(self, name: str, otherwise: int) -> int:
        text = self.get_query_argument(name, "")
        return int(text) if text.isdecimal() and len(text) < LONGEST_NUMBER else otherwise

    async def post(self) -> None:
        try:
            self.processed(await self.api.create(self.integration, await self.document(), self.request.body))
        except (Invalid, Unavailable) as problem:
            self.failed(problem)


class OpsgenieAlert(OpsgenieEndpoint):
    """Everything about one alert. To delete is to close: what happened is not forgotten."""

    route = "opsgenie-alert"
    SUPPORTED_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

    @property
    def _type(self) -> str:
        given = self.get_query_argument("identifierType", "id").lower()
        return given if given in TYPES else "id"

    async def get(self, identifier: str, action: str | None = None) -> None:
        name = unquote(identifier)
        try:
            if action:
                raise NotSupported(action)
            group = await self.api.find(self.integration, name, self._type)
            self.found(drawn(group, integration=self.integration))
        except (NotFound, NotSupported, Unavailable) as problem:
            self.failed(problem, identifier=name, type_=self._type)

    async def post(self, identifier: str, action: str | None = None) -> None:
        await self._act(unquote(identifier), action or "")

    put = patch = post

    async def delete(self, identifier: str, action: str | None = None) -> None:
        await self._act(unquote(identifier), "" if action else "close")

    async def _act(self, name: str, action: str) -> None:
        try:
            document = await self.document()
            self.processed(await self.api.act(self.integration, action, name, self._type, document))
        except (Invalid, NotFound, NotSupported, Unavailable) as problem:
            self.failed(problem, identifier=name, type_=self._type)


class OpsgeniePing(OpsgenieEndpoint):
    """A job reports that it is alive: the integration's one heartbeat, whatever the sender calls it."""

    route = "opsgenie-ping"
    SUPPORTED_METHODS = ("GET", "POST", "PUT", "PATCH")

    async def get(self, name: str) -> None:
        try:
            await self.api.beat(self.integration)
        except NotFound:
            return self._refuse(NO_HEARTBEAT.format(name=unquote(name)[:100]), HTTPStatus.NOT_FOUND)
        except (Busy, Unavailable):
            return self._later()
        self._say({"result": PONG}, HTTPStatus.ACCEPTED, str(uuid.uuid4()))

    post = put = patch = get


class OpsgenieRequest(OpsgenieEndpoint):
    """What became of a request."""

    route = "opsgenie-request"
    SUPPORTED_METHODS = ("GET",)

    async def get(self, request: str) -> None:
        try:
            group = await self.api.requested(self.integration, request)
        except NotFound:
            return self._refuse(NO_REQUEST, HTTPStatus.NOT_FOUND)
        except Unavailable:
            return self._later()
        self.found(
            {
                "success": True,
                "isSuccess": True,
                "action": "Create",
                "status": "Created alert",
                "processedAt": group.opened_at.isoformat().replace("+00:00", "Z"),
                "integrationId": self.integration.id,
                "alertId": group.id,
                "alias": group.key,
            }
        )
