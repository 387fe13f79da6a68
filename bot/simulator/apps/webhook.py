"""Webhooks of remote systems, handed on to the App without waiting for it (Apps plugin v1.2.2)."""

import hmac
import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from bot.simulator.apps.calls import Calls
from bot.simulator.apps.core import Core
from bot.simulator.apps.errors import PluginError, forbidden, invalid
from bot.simulator.apps.manifest import ACT_AS_BOT, REMOTE_WEBHOOKS
from bot.simulator.apps.records import App
from bot.simulator.apps.upstream import Upstream


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRequest:
    method: str
    segment: str
    """What follows `/webhook/` in the path, or nothing."""
    query: str
    headers: Mapping[str, str]
    body: bytes


class Webhooks:
    def __init__(self, core: Core, calls: Calls, upstream: Upstream) -> None:
        self._core = core
        self._calls = calls
        self._upstream = upstream

    def check(self, app_id: str, request: WebhookRequest) -> App:
        """The App, if it takes webhooks and the secret is right."""
        if len(request.body) > self._core.settings.webhook_bytes:
            raise PluginError(f"size limit of {(self._core.settings.webhook_bytes + 512) // 1024}Kb exceeded")
        app = self._core.store.enabled(app_id)
        try:
            _authenticate(app, request.query)
        except PluginError as error:
            raise error.within("failed to validate webhook authentication") from error
        return app

    def deliver(self, app_id: str, request: WebhookRequest) -> None:
        """Check and expand now, call the App later."""
        app = self.check(app_id, request)
        call = app.manifest.call("on_remote_webhook") or {}
        values = {
            "headers": dict(request.headers),
            "data": _data(request.body),
            "httpMethod": request.method,
            "rawQuery": request.query,
        }
        path = posixpath.normpath(posixpath.join(call["path"], request.segment))
        outgoing = {**call, "path": path, "context": {}, "values": values}
        self._upstream.notify(app, self._calls.outgoing_request(app, outgoing, acting_user_id=""))


def _authenticate(app: App, query: str) -> None:
    for permission in (REMOTE_WEBHOOKS, ACT_AS_BOT):
        if not app.may(permission):
            raise forbidden(f"{app.app_id} does not have permission {permission}")
    kind = app.manifest.text("remote_webhook_auth_type")
    if kind == "none":
        return
    if kind not in {"", "secret"}:
        raise PluginError(f"{kind} is not a known webhook authentication type")
    secret = parse_qs(query).get("secret", [""])[0]
    if not secret:
        raise invalid("webhook secret was not provided")
    if not hmac.compare_digest(secret.encode(), app.webhook_secret.encode()):
        raise invalid("webhook secret mismatched")


def _data(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
