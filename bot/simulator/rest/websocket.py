"""The event stream over a websocket, with both ways to authenticate."""

import asyncio
from typing import TYPE_CHECKING, Any

import orjson
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from bot.simulator.events import Event
from bot.simulator.records import Json, Token

if TYPE_CHECKING:
    from bot.simulator.server import Simulator


class EventSocket(WebSocketHandler):
    """``Authorization`` on the upgrade, or an ``authentication_challenge`` as the first frame."""

    _user_id = ""
    _queue: "asyncio.Queue[Event] | None" = None
    _pump: "asyncio.Task[None] | None" = None

    @property
    def simulator(self) -> "Simulator":
        found: Simulator = self.settings["simulator"]
        return found

    def check_origin(self, origin: str) -> bool:
        return True

    def open(self, *args: str, **kwargs: str) -> None:
        secret = self.request.headers.get("Authorization", "").partition(" ")[2] or self.get_cookie("MMAUTHTOKEN", "")
        token = self.simulator.state.valid_token(secret or "")
        if token is not None:
            self._begin(token)

    def on_message(self, message: str | bytes) -> None:
        try:
            frame = orjson.loads(message)
        except orjson.JSONDecodeError:
            self.close()
            return
        if frame.get("action") != "authentication_challenge" or self._queue is not None:
            self._reply(frame, {"status": "OK"})
            return
        token = self.simulator.state.valid_token(str((frame.get("data") or {}).get("token") or ""))
        if token is None:
            self._reply(frame, {"status": "FAIL", "error": {"id": "api.web_socket_router.bad_auth.app_error"}})
            self.close()
            return
        self._reply(frame, {"status": "OK"})
        self._begin(token)

    def on_close(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
        if self._queue is not None:
            self.simulator.events.unsubscribe(self._user_id, self._queue)

    def _begin(self, token: Token) -> None:
        self._user_id = token.user_id
        self._queue = self.simulator.events.subscribe(token.user_id)
        self._pump = asyncio.create_task(self._send_all(self._queue))

    async def _send_all(self, queue: "asyncio.Queue[Event]") -> None:
        try:
            while True:
                await self.write_message(orjson.dumps(await queue.get()).decode())
        except WebSocketClosedError:
            return

    def _reply(self, frame: Json, answer: dict[str, Any]) -> None:
        self.write_message(orjson.dumps({**answer, "seq_reply": frame.get("seq", 0)}).decode())
