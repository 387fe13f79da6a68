"""Opsgenie's Alert API for existing senders, which need another host only: its answers in its own shape."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from bot.core.integrations import Integration
from bot.errors import Busy, NotFound, OverBudget, Unavailable
from bot.integrations import opsgenie
from bot.integrations.payload import Invalid
from bot.integrations.reading import Pace, read_json
from bot.notices import too_large
from bot.receiving.opsgenie import drawn
from bot.receiving.opsgenie.api import Listing, NotSupported, OpsgenieApi
from handlers.base import MAX_BODY
from handlers.bounded import HEARD_OUT, Bounded, heard
from handlers.inbound import LONGEST_PAUSE, RETRY_AFTER, TOO_MUCH_AT_ONCE
from handlers.keys import integration_of

SCHEME = "geniekey"
PROCESSED = "Request will be processed"
UNKNOWN_KEY = "Could not authenticate"
NOT_READABLE = "Request body is not processable. Please check the errors."
NOT_JSON = "Could not parse the request body as JSON."
NO_ALERT = "Alert with {type} [{identifier}] does not exist"
NO_REQUEST = "Request not found. It might not be processed, yet."
NOT_HERE = "This request is not supported here: there are no saved searches, attachments and custom actions."
NO_HEARTBEAT = "Heartbeat with name [{name}] does not exist"
PONG = "PONG - Heartbeat received"
USUALLY_LISTED = 20
MOST_LISTED = 100
LONGEST_NUMBER = 9
TOO_MANY_QUESTIONS = "Too many requests that list or count alerts. Please ask again later."
NOT_NOW = "The request could not be stored. Please send it again."
TOO_LARGE = "The request is larger than 1 MiB."


class OpsgenieEndpoint(Bounded):
    """The key is proved before anything else; failures are put into Opsgenie's shape in one place."""

    integration: Integration | None = None

    @property
    def api(self) -> OpsgenieApi:
        services = self.services
        return OpsgenieApi(services.stores, services.reception, services.clock, services.looks)

    async def prepare(self) -> None:
        self.begin()
        self._began = self.services.clock()
        unproven: Callable[[], None] = partial(self._refuse, UNKNOWN_KEY, HTTPStatus.UNAUTHORIZED)
        try:
            self.integration = await self._known()
        except Unavailable:
            unproven = self._later
        if self.integration is None:
            self.heard_out = HEARD_OUT
            return self.turn_away(unproven)
        self.arriving.count_for(self.integration.server_id)
        if self.arriving.is_too_large:
            self.turn_away(self.too_large)

    async def _known(self) -> Integration | None:
        """Raises Unavailable."""
        scheme, _, key = self.request.headers.get("Authorization", "").partition(" ")
        found = await integration_of(self.services, key.strip() if scheme.lower() == SCHEME else "")
        return found if found is not None and found.kind == opsgenie.KIND.name else None

    @property
    def source(self) -> Integration:
        """Whose key was shown: nothing else comes to a method that is `heard`."""
        assert self.integration is not None
        return self.integration

    def no_room(self) -> None:
        self._later(TOO_MUCH_AT_ONCE)

    def too_large(self) -> None:
        self.services.notices.tell(self.source, "too large", too_large(self.source, most=MAX_BODY))
        self._refuse(TOO_LARGE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    async def document(self) -> dict[str, Any]:
        """Raises Invalid for the body as a whole."""
        body = self.arriving.body
        return await read_json(body, Pace()) if body.strip() else {}

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

    def throttled(self, over: OverBudget) -> None:
        """As Opsgenie says it, and its clients wait so long. Senders of alerts get 503 instead, which all repeat."""
        seconds = str(min(math.ceil(over.retry_after), LONGEST_PAUSE))
        self.set_header("Retry-After", seconds)
        self.set_header("X-RateLimit-State", "THROTTLED")
        self.set_header("X-RateLimit-Reason", "ACCOUNT" if over.of_server else "INTEGRATION")
        self.set_header("X-RateLimit-Period-In-Sec", seconds)
        self._refuse(TOO_MANY_QUESTIONS, HTTPStatus.TOO_MANY_REQUESTS)

    def _number(self, name: str, otherwise: int) -> int:
        text = self.get_query_argument(name, "")
        return int(text) if text.isdecimal() and len(text) < LONGEST_NUMBER else otherwise

    def _without_saved_search(self) -> None:
        """Raises NotSupported."""
        if self.get_query_argument("searchIdentifier", ""):
            raise NotSupported("saved searches")

    def _later(self, message: str = NOT_NOW) -> None:
        self.set_header("Retry-After", RETRY_AFTER)
        self._refuse(message, HTTPStatus.SERVICE_UNAVAILABLE)

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

    @heard
    async def get(self) -> None:
        try:
            self._without_saved_search()
            listing = self._listing()
            groups, count = await self.api.listed(self.source, listing)
        except OverBudget as over:
            return self.throttled(over)
        except (Invalid, NotSupported, Unavailable) as problem:
            return self.failed(problem)
        shown = [drawn.summary(group, integration=self.source) for group in groups]
        self.found(shown, paging=self._paging(listing, count))

    def _listing(self) -> Listing:
        return Listing(
            query=self.get_query_argument("query", ""),
            offset=self._number("offset", 0),
            limit=min(self._number("limit", USUALLY_LISTED), MOST_LISTED),
            sort=self.get_query_argument("sort", "createdAt"),
            ascending=self.get_query_argument("order", "desc").lower() == "asc",
        )

    def _paging(self, listing: Listing, count: int) -> dict[str, str]:
        """Addresses of other pages, where there are any."""
        if listing.limit <= 0:
            return {}
        last = max(count - 1, 0) // listing.limit * listing.limit
        places = {"first": 0, "last": last}
        if listing.offset + listing.limit < count:
            places["next"] = listing.offset + listing.limit
        if listing.offset:
            places["prev"] = max(listing.offset - listing.limit, 0)
        return {name: self._page(listing, offset) for name, offset in places.items()}

    def _page(self, listing: Listing, offset: int) -> str:
        asked = {"query": listing.query, "offset": offset, "limit": listing.limit, "sort": listing.sort}
        asked["order"] = "asc" if listing.ascending else "desc"
        return f"{self.services.config.public_url}/v2/alerts?{urlencode(asked)}"

    @heard
    async def post(self) -> None:
        try:
            self.processed(await self.api.create(self.source, await self.document(), self.arriving.body))
        except (Invalid, Unavailable) as problem:
            self.failed(problem)


class OpsgenieCount(OpsgenieEndpoint):
    """How many alerts a query finds."""

    route = "opsgenie-count"
    SUPPORTED_METHODS = ("GET",)

    @heard
    async def get(self) -> None:
        try:
            self._without_saved_search()
            self.found({"count": await self.api.count(self.source, self.get_query_argument("query", ""))})
        except OverBudget as over:
            self.throttled(over)
        except (Invalid, NotSupported, Unavailable) as problem:
            self.failed(problem)


class OpsgenieNothing(OpsgenieEndpoint):
    """What is there and not here: saved searches, attachments, actions that were made up."""

    route = "opsgenie-nothing"
    SUPPORTED_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

    @heard
    async def get(self, *path: str) -> None:
        self.failed(NotSupported())

    post = put = patch = delete = get


class OpsgeniePing(OpsgenieEndpoint):
    """A job reports that it is alive: the integration's one heartbeat, whatever the sender calls it."""

    route = "opsgenie-ping"
    SUPPORTED_METHODS = ("GET", "POST", "PUT", "PATCH")

    @heard
    async def get(self, name: str) -> None:
        try:
            await self.api.beat(self.source)
        except NotFound:
            return self._refuse(NO_HEARTBEAT.format(name=name[:100]), HTTPStatus.NOT_FOUND)
        except (Busy, Unavailable):
            return self._later()
        self._say({"result": PONG}, HTTPStatus.ACCEPTED, str(uuid.uuid4()))

    post = put = patch = get


class OpsgenieRequest(OpsgenieEndpoint):
    """What became of a request."""

    route = "opsgenie-request"
    SUPPORTED_METHODS = ("GET",)

    @heard
    async def get(self, request: str) -> None:
        try:
            asked, group = await self.api.requested(self.source, request)
        except NotFound:
            return self._refuse(NO_REQUEST, HTTPStatus.NOT_FOUND)
        except Unavailable:
            return self._later()
        self.found(drawn.status(asked, group, integration=self.source))
