"""What every endpoint shares: JSON in and out, and no word to the outside about what went wrong inside."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

import orjson
import structlog
from tornado.web import HTTPError, RequestHandler

from bot.services import Services

log = structlog.get_logger()

MAX_BODY = 1024 * 1024


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

    def write_error(self, status_code: int, **_: Any) -> None:
        self.answer({"error": self._reason}, status=status_code)

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """Without the path and the query, which may carry secrets."""
        if isinstance(value, HTTPError):
            return
        log.error("request failed", route=self.route, reference=secrets.token_hex(4), exc_info=(typ, value, tb))
