"""Where jobs report that they are alive: by GET or POST, with nothing in it. Answered after it is stored."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from bot.core import heartbeats
from bot.errors import Busy, NotFound, Unavailable
from bot.integrations.kinds import kind_named
from handlers.base import Endpoint
from handlers.inbound import RETRY_AFTER, UNKNOWN
from handlers.keys import integration_of

NONE_HERE = "This integration has no heartbeat. An admin can add one with `/oncall integration heartbeat`."
NOT_NOW = "The report could not be stored. Please send it again."


class Heartbeat(Endpoint):
    """One report. `kind` is there in the longer of the two addresses."""

    route = "heartbeat"
    SUPPORTED_METHODS = ("GET", "HEAD", "POST", "PUT")

    async def get(self, *, key: str, kind: str = "") -> None:
        try:
            integration = await integration_of(self.services, key)
            if integration is None or (kind and kind_named(kind) is not kind_named(integration.kind)):
                return self._refuse(UNKNOWN, HTTPStatus.NOT_FOUND)
            decide = partial(heartbeats.beat, now=self.services.clock())
            change = await self.services.stores.heartbeats.change(integration.server_id, integration.id, decide)
        except NotFound:
            return self._refuse(NONE_HERE, HTTPStatus.NOT_FOUND)
        except (Busy, Unavailable):
            self.set_header("Retry-After", RETRY_AFTER)
            return self._refuse(NOT_NOW, HTTPStatus.SERVICE_UNAVAILABLE)
        due_at = change.doc.due_at
        self.answer({"reported": True, "next_until": due_at.isoformat() if due_at else None})

    head = post = put = get

    def _refuse(self, sentence: str, status: int) -> None:
        self.answer({"error": sentence, "errors": {}}, status)
