"""What every endpoint shares: JSON in and out, and no word to the outside about what went wrong inside."""

from __future__ import annotations

from typing import Any, ClassVar

import orjson
import structlog
from tornado.web import HTTPError, RequestHandler

from bot.core.text import say
from bot.errors import Unavailable
from bot.log import new_reference
from bot.services import Services

log = structlog.get_logger()

MAX_BODY = 1024 * 1024
NO_DATABASE = say("The database cannot be reached at the moment. Please try again shortly.")
OUR_FAULT = say("That went wrong on our side. Please try again.")


class Endpoint(RequestHandler):
    """One URL. `route` is its name in logs, because paths carry keys."""

    route: ClassVar[str] = ""

    def initialize(self, services: Services) -> None:
        self.services = services

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")

    def answer(self, body: object, status: int = 200) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(orjson.dumps(body))

    def read_json(self) -> dict[str, Any]:
        """The body as an object. Raises HTTPError 400."""
        if len(self.request.body) > MAX_BODY:
            raise HTTPError(413)
        try:
            body = orjson.loads(self.request.body or b"{}")
        except orjson.JSONDecodeError:
            raise HTTPError(400) from None
        if not isinstance(body, dict):
            raise HTTPError(400)
        return body

    def refuse_proof(self) -> None:
        """A failed proof is 401 and nothing else is said."""
        self.answer({"error": "unauthorized"}, status=401)

    def write_error(self, status_code: int, **more: Any) -> None:
        """Of what was not raised to be told, only whether it passes by itself."""
        problem = more.get("exc_info", (None, None))[1]
        if isinstance(problem, Unavailable):
            self.answer({"error": NO_DATABASE.english}, status=503)
        elif problem is None or isinstance(problem, HTTPError):
            self.answer({"error": self._reason}, status=status_code)
        else:
            self.answer({"error": OUR_FAULT.english}, status=status_code)

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """Without the path and the query, which may carry secrets."""
        if isinstance(value, HTTPError):
            return
        if isinstance(value, Unavailable):
            log.warning("database away", route=self.route, why=str(value))
            return
        log.error("request failed", route=self.route, reference=new_reference(), exc_info=(typ, value, tb))
