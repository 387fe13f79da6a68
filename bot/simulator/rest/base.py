"""What every request to the server has in common: tokens, faults, JSON, AppError answers and the request log."""

import asyncio
import re
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

import orjson
from tornado.web import HTTPError, RequestHandler

from bot.simulator.errors import ApiError, forbidden, invalid_url_parameter
from bot.simulator.faults import Fault
from bot.simulator.records import Json, Token, new_id

if TYPE_CHECKING:
    from bot.simulator.server import Simulator

_LIMITED_KINDS = ("bot", "app", "personal")
_CHECKED_IDS = ("post_id", "channel_id", "user_id", "team_id", "command_id")
_ID = re.compile(r"[a-z0-9]{26}")
_SAFE = ("GET", "HEAD", "OPTIONS")


class BaseHandler(RequestHandler):
    """Sees the simulator, applies faults, answers JSON and logs the request; tokens are optional here."""

    token: Token | None = None
    _fault: Fault | None = None
    _surprising = True

    @property
    def simulator(self) -> "Simulator":
        found: Simulator = self.settings["simulator"]
        return found

    def set_default_headers(self) -> None:
        self.set_header("X-Version-Id", self.settings["simulator"].version_id)

    def prepare(self) -> Awaitable[None] | None:
        self._fault = self.simulator.faults.take("in", self.request.method or "", self.request.path)
        if self._fault is not None and self._fault.seconds:
            return self._prepare_slowly(self._fault.seconds)
        self._begin()
        return None

    async def _prepare_slowly(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._begin()

    def _begin(self) -> None:
        self.token = self._read_token()
        if self._fault is not None and self._fault.status:
            self._answer_fault(self._fault)
            return
        self.check_access()
        self._check_path_ids()

    def _check_path_ids(self) -> None:
        """Ids of the wrong form are refused before anything is looked up."""
        for name, value in self.path_kwargs.items():
            if name in _CHECKED_IDS and not _ID.fullmatch(value) and (name, value) != ("user_id", "me"):
                raise invalid_url_parameter(name)

    def check_access(self) -> None:
        """Refuse here, before the method runs."""

    def _answer_fault(self, fault: Fault) -> None:
        if fault.status == 429:
            self.set_header("X-Ratelimit-Limit", "10")
            self.set_header("X-Ratelimit-Remaining", "0")
            self.set_header("X-Ratelimit-Reset", str(fault.reset))
            self._answer_text(429, "limit exceeded")
        else:
            self._answer_text(fault.status, "fault")

    def _answer_text(self, status: int, text: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(text)

    # -- who asks -----------------------------------------------------------------------------

    def _read_token(self) -> Token | None:
        secret, from_cookie = self._secret()
        if not secret:
            return None
        state = self.simulator.state
        token = state.valid_token(secret)
        if token is None:
            self._note_dead_token(secret)
            return None
        if from_cookie and self.request.method not in _SAFE and not self._has_csrf_header():
            return None
        return token

    def _secret(self) -> tuple[str, bool]:
        scheme, _, secret = self.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() in ("bearer", "token") and secret:
            return secret.strip(), False
        return self.get_cookie("MMAUTHTOKEN", "") or "", True

    def _has_csrf_header(self) -> bool:
        headers = self.request.headers
        return bool(headers.get("X-CSRF-Token")) or headers.get("X-Requested-With") == "XMLHttpRequest"

    def _note_dead_token(self, secret: str) -> None:
        token = self.simulator.state.tokens.get(secret)
        if token is not None and token.expires_at and token.expires_at <= self.simulator.state.now():
            self.simulator.surprise(f"expired {token.kind} token used: {self.request.method} {self.request.path}")

    # -- bodies -------------------------------------------------------------------------------

    def json_body(self) -> Any:
        """The parsed body; 400 if it is no JSON."""
        try:
            return orjson.loads(self.request.body)
        except orjson.JSONDecodeError as error:
            raise ApiError(400, "api.context.invalid_body_param.app_error", "Invalid JSON body.", str(error)) from error

    def json_object(self) -> Json:
        body = self.json_body()
        if not isinstance(body, dict):
            raise ApiError(400, "api.context.invalid_body_param.app_error", "The body must be a JSON object.")
        return body

    def json_ids(self) -> list[str]:
        body = self.json_body()
        if not isinstance(body, list) or not all(isinstance(one, str) for one in body):
            raise ApiError(400, "api.context.invalid_body_param.app_error", "The body must be a list of strings.")
        return body

    def number(self, name: str, default: int) -> int:
        """A whole number from the query; what is no number counts as missing, as on the real server."""
        text = self.get_query_argument(name, "")
        return int(text) if text.isdecimal() else default

    def answer(self, body: Any, status: int = 200) -> None:
        if self._fault is not None and self._fault.drop:
            self.detach().close()
            return
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(orjson.dumps(body))

    def answer_ok(self) -> None:
        self.answer({"status": "OK"})

    # -- errors and the log -------------------------------------------------------------------

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs["exc_info"][1] if "exc_info" in kwargs else None
        if not isinstance(error, ApiError):
            if not isinstance(error, HTTPError):
                self.simulator.surprise(f"the simulator failed: {self.request.method} {self.request.path}: {error!r}")
            error = ApiError(status_code, f"api.context.{status_code}.app_error", self._reason)
            if status_code == 405:
                self.simulator.surprise(f"unknown method: {self.request.method} {self.request.path}")
        self._surprising = error.surprising
        self.set_status(error.status)
        self.set_header("Content-Type", "application/json")
        self.finish(orjson.dumps(error.body(new_id())))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if not isinstance(value, ApiError):
            super().log_exception(typ, value, tb)

    def compute_etag(self) -> str | None:
        return None

    def on_finish(self) -> None:
        simulator, method, status = self.simulator, self.request.method or "", self.get_status()
        simulator.note_request(method, self.request.path, self.token, status)
        if status == 403 and self._surprising and self.token and self.token.kind in _LIMITED_KINDS:
            simulator.surprise(f"403 to a {self.token.kind} token: {method} {self.request.path}")


class RestHandler(BaseHandler):
    """Needs a valid token: ``self.token`` and ``self.user_id`` are set."""

    @property
    def session(self) -> Token:
        if self.token is None:
            raise ApiError(
                401, "api.context.session_expired.app_error", "Invalid or expired session, please login again."
            )
        return self.token

    @property
    def user_id(self) -> str:
        return self.session.user_id

    def check_access(self) -> None:
        _ = self.session

    def own_id(self, text: str) -> str:
        """``me`` stands for the caller in user paths."""
        return self.user_id if text == "me" else text

    def require_self_or_admin(self, user_id: str) -> None:
        if user_id != self.user_id and not self.simulator.state.is_system_admin(self.user_id):
            raise forbidden()


class UnknownPath(BaseHandler):
    """Every path the server does not have."""

    def check_access(self) -> None:
        self.simulator.surprise(f"unknown path: {self.request.method} {self.request.path}")
        raise ApiError(404, "api.context.404.app_error", "Sorry, we could not find the page.")
