"""The plugin's own HTTP requests to Apps (Apps plugin v1.2.2): JSON calls with a JWT, static files, manifests."""

import asyncio
import base64
import hashlib
import hmac
from typing import Any

import orjson

from bot.simulator.apps.core import Core
from bot.simulator.apps.errors import PluginError, not_found
from bot.simulator.apps.manifest import MAXIMUM_MANIFEST_BYTES
from bot.simulator.apps.paths import clean_url
from bot.simulator.apps.records import App
from bot.simulator.outgoing import Answer, Unreachable

Json = dict[str, Any]

AUTHORIZATION_HEADER = "Mattermost-App-Authorization"
TOKEN_SECONDS = 15 * 60
_BODY_LIMIT = 10 << 20


class Upstream:
    """Talks to HTTP Apps; asynchronous calls run as tasks nobody waits for."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._pending: set[asyncio.Task[None]] = set()

    async def manifest(self, url: str) -> bytes:
        answer = await self._send("GET", url, limit=MAXIMUM_MANIFEST_BYTES + 1)
        if answer.status >= 400:
            raise PluginError(f"received status {answer.status}: {answer.body.decode('utf-8', 'replace')}")
        return answer.body

    async def static(self, app: App, name: str) -> Answer:
        """A static file, asked for without a JWT, whatever its status."""
        return await self._send("GET", clean_url(f"{app.manifest.root_url}/static/{name}"))

    async def invoke(self, app: App, request: Json, *, acting_user_id: str, seconds: float) -> bytes:
        """The body of the App's answer to a call; any status but 200 is an error."""
        url = clean_url(f"{app.manifest.root_url}/{request['path']}")
        headers = {"Content-Type": "application/json", **self._authorization(app, acting_user_id)}
        answer = await self._send("POST", url, headers=headers, body=orjson.dumps(request), seconds=seconds)
        if answer.status == 404:
            raise not_found(url)
        if answer.status != 200:
            raise PluginError(answer.body.decode("utf-8", "replace"))
        return answer.body

    def notify(self, app: App, request: Json) -> None:
        """Call the App once and forget the outcome; the JWT carries the bot's id."""
        task = asyncio.create_task(self._notify(app, request))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def settle(self) -> None:
        """Wait until all asynchronous calls made so far have ended."""
        if self._pending:
            await asyncio.wait(set(self._pending))

    async def close(self) -> None:
        for task in self._pending:
            task.cancel()
        await self.settle()

    async def _notify(self, app: App, request: Json) -> None:
        seconds = self._core.settings.call_seconds
        try:
            await self.invoke(app, request, acting_user_id=app.bot_user_id, seconds=seconds)
        except PluginError:
            return

    async def _send(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        seconds: float | None = None,
        limit: int = _BODY_LIMIT,
    ) -> Answer:
        allowed = self._core.settings.call_seconds if seconds is None else seconds
        try:
            return await self._core.server.outgoing.send(
                method, url, headers=headers or {}, body=body, seconds=allowed, limit=limit
            )
        except (Unreachable, ValueError) as error:
            raise PluginError(str(error)) from error

    def _authorization(self, app: App, acting_user_id: str) -> dict[str, str]:
        if not app.manifest.uses_jwt:
            return {}
        token = sign(acting_user_id=acting_user_id, secret=app.secret, now=self._core.server.clock())
        return {AUTHORIZATION_HEADER: f"Bearer {token}"}


def sign(*, acting_user_id: str, secret: str, now: float) -> str:
    """An HS256 token that lasts 15 minutes; the secret may be empty, as the plugin allows."""
    claims: Json = {"exp": int(now) + TOKEN_SECONDS}
    if acting_user_id:
        claims["acting_user_id"] = acting_user_id
    signed = b".".join(_encoded(orjson.dumps(part)) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    signature = hmac.digest(secret.encode(), signed, hashlib.sha256)
    return b".".join((signed, _encoded(signature))).decode("ascii")


def _encoded(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
