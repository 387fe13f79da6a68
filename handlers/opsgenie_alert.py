"""Opsgenie's Alert API: everything about one alert that exists."""

from __future__ import annotations

from typing import Any

from bot.core.alert_group import AlertGroup
from bot.errors import NotFound, Unavailable
from bot.integrations.opsgenie_actions import ACTIONS, DELETE, REMOVE
from bot.integrations.payload import Invalid
from bot.receiving.opsgenie import drawn
from bot.receiving.opsgenie.api import NotSupported
from handlers.bounded import heard
from handlers.opsgenie import MOST_LISTED, OpsgenieEndpoint

TYPES = ("id", "alias", "tiny")
PARTS = ("notes", "logs", "recipients")
ONLY_DELETED = (DELETE, *(name for name in ACTIONS if name.startswith(REMOVE)))
IN_QUERY = ("tags", "keys", "user", "note", "source")


class OpsgenieAlert(OpsgenieEndpoint):
    """Everything about one alert."""

    route = "opsgenie-alert"
    SUPPORTED_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

    @property
    def _type(self) -> str:
        given = self.get_query_argument("identifierType", "id").lower()
        return given if given in TYPES else "id"

    @heard
    async def get(self, identifier: str, part: str | None = None) -> None:
        try:
            if part and part not in PARTS:
                raise NotSupported(part)
            group = await self.api.shown(self.source, identifier, self._type)
            await self._show(group, part or "")
        except (NotFound, NotSupported, Unavailable) as problem:
            self.failed(problem, identifier=identifier, type_=self._type)

    async def _show(self, group: AlertGroup, part: str) -> None:
        match part:
            case "notes":
                self._listed(drawn.notes(group))
            case "logs":
                self._listed(drawn.logs(group, self.services.clock()))
            case "recipients":
                self.found(drawn.recipients(group, await self.api.paged(group)))
            case _:
                self.found(drawn.whole(group, integration=self.source))

    def _listed(self, rows: list[dict[str, Any]]) -> None:
        """The newest first unless asked otherwise; `offset` is that of the row after which to go on."""
        if self.get_query_argument("order", "desc").lower() != "asc":
            rows.reverse()
        after = self.get_query_argument("offset", "")
        place = next((place + 1 for place, row in enumerate(rows) if row["offset"] == after), 0)
        limit = min(self._number("limit", MOST_LISTED), MOST_LISTED)
        self.found(rows[place : place + limit], paging={})

    @heard
    async def post(self, identifier: str, action: str | None = None) -> None:
        if action is None or action not in ACTIONS or action in ONLY_DELETED:
            return self.failed(NotSupported(action))
        try:
            document = await self.document()
        except Invalid as problem:
            return self.failed(problem)
        await self._act(identifier, action, document)

    put = patch = post

    @heard
    async def delete(self, identifier: str, action: str | None = None) -> None:
        """What there is to say stands in the query."""
        said = {name: self.get_query_argument(name, "") for name in IN_QUERY}
        await self._act(identifier, f"{REMOVE}{action}" if action else DELETE, said)

    async def _act(self, name: str, action: str, document: dict[str, Any]) -> None:
        try:
            self.processed(await self.api.act(self.source, action, name, self._type, document))
        except (Invalid, NotSupported, Unavailable) as problem:
            self.failed(problem, identifier=name, type_=self._type)
