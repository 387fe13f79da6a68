"""Which Apps asked to be told about which events, and telling them; the scope rules of Apps plugin v1.2.2."""

from collections.abc import Iterator
from typing import Any

from bot.simulator.apps import wire
from bot.simulator.apps.calls import Calls
from bot.simulator.apps.core import Core
from bot.simulator.apps.errors import INVALID, PluginError, combined, invalid, not_found
from bot.simulator.apps.services import Services
from bot.simulator.apps.upstream import Upstream
from bot.simulator.happenings import Happening
from bot.simulator.state import Token

Json = dict[str, Any]
Scope = tuple[str, str, str, str, str]

_GLOBAL = ("user_created", "bot_joined_channel", "bot_left_channel", "bot_joined_team", "bot_left_team")
_CHANNEL = ("user_joined_channel", "user_left_channel")
_TEAM = ("user_joined_team", "user_left_team")

_decode = wire.struct(
    "Subscription", {"subject": wire.text, "channel_id": wire.text, "team_id": wire.text, "call": wire.call}
)


class Subscriptions:
    def __init__(self, core: Core, services: Services, calls: Calls, upstream: Upstream) -> None:
        self._core = core
        self._services = services
        self._calls = calls
        self._upstream = upstream
        core.state.watchers.append(self.happened)

    def happened(self, what: Happening) -> None:
        """Every App that asked is told once, without waiting; what its owner may not see is left out or fails it."""
        for scope, call in list(self._core.store.subscriptions.items()):
            if _fits(scope, what):
                *_, app_id, owner_id = scope
                self._notify(app_id, owner_id, call, what)

    def _notify(self, app_id: str, owner_id: str, call: Json, what: Happening) -> None:
        context = {
            "subject": what.subject,
            "user_id": what.user_id,
            "channel_id": what.channel_id,
            "team_id": what.team_id,
        }
        try:
            app = self._core.store.enabled(app_id)
            request = self._calls.outgoing_request(app, {**call, "context": context}, acting_user_id=owner_id)
        except PluginError:
            return
        self._upstream.notify(app, request)

    def subscribe(self, token: Token | None, body: Any) -> None:
        """Replaces an earlier subscription of the same scope, App and owner."""
        app_id, user_id = self._services.caller(token)
        wanted = _read(body, needs_call=True)
        self._require_permission(app_id, user_id, wanted)
        self._core.store.subscriptions[_scope(wanted, app_id, user_id)] = wanted["call"]

    def unsubscribe(self, token: Token | None, body: Any) -> None:
        app_id, user_id = self._services.caller(token)
        scope = _scope(_read(body, needs_call=False), app_id, user_id)
        if self._core.store.subscriptions.pop(scope, None) is None:
            raise not_found("You are not subscribed to this notification")

    def of_caller(self, token: Token | None) -> list[Json] | None:
        caller = self._services.caller(token)
        found = [
            {"subject": subject, "team_id": team_id, "channel_id": channel_id, "call": call}
            for (subject, team_id, channel_id, *owner), call in self._core.store.subscriptions.items()
            if tuple(owner) == caller
        ]
        return [{key: value for key, value in one.items() if value} for one in found] or None

    def _require_permission(self, app_id: str, user_id: str, wanted: Json) -> None:
        state, subject = self._core.state, wanted["subject"]
        channel_id, team_id = wanted.get("channel_id", ""), wanted.get("team_id", "")
        if subject in _CHANNEL and channel_id and not state.can_read_channel(user_id, channel_id):
            raise PluginError("no permission to read channel")
        if subject in _TEAM and team_id and not self._may_view(user_id, team_id):
            raise PluginError("no permission to view team")
        if subject == "channel_created" and not self._may_view(user_id, team_id):
            raise PluginError("no permission to list channels")
        if subject.startswith("bot_") and user_id != self._core.store.installed(app_id).bot_user_id:
            raise PluginError(f"{subject} can only be subscribed to by the app's bot")

    def _may_view(self, user_id: str, team_id: str) -> bool:
        return self._core.state.is_team_member(user_id, team_id) or self._core.state.is_system_admin(user_id)


def _fits(scope: Scope, what: Happening) -> bool:
    """Without a channel or team, comings and goings are those of the owner alone."""
    subject, team_id, channel_id, _, owner_id = scope
    if subject != what.subject:
        return False
    if subject in _CHANNEL and channel_id:
        return channel_id == what.channel_id
    if team_id:
        return team_id == what.team_id
    return subject == "user_created" or owner_id == what.user_id


def _read(body: Any, *, needs_call: bool) -> Json:
    try:
        wanted: Json = _decode(body, "Subscription") or {}
    except wire.DecodeError as problem:
        raise invalid(f"failed to unmarshal incoming request: {problem}") from None
    problems = list(_faults(wanted, needs_call=needs_call))
    if problems:
        raise PluginError(combined([f"{problem}: {INVALID}" for problem in problems]), INVALID)
    return wanted


def _faults(wanted: Json, *, needs_call: bool) -> Iterator[str]:
    subject, team_id, channel_id = (wanted.get(key, "") for key in ("subject", "team_id", "channel_id"))
    if needs_call and not wanted.get("call"):
        yield "call must not be empty"
    if subject not in (*_GLOBAL, *_CHANNEL, *_TEAM, "channel_created"):
        yield f"Unknown subject {subject}"
        return
    if subject == "channel_created" and not team_id:
        yield f"{subject} is scoped to a team; team_id must not be empty"
    if team_id and subject in (*_GLOBAL, *_CHANNEL):
        yield f"{subject} takes no team; team_id must be empty"
    if channel_id and subject not in _CHANNEL:
        yield f"{subject} takes no channel; channel_id must be empty"


def _scope(wanted: Json, app_id: str, user_id: str) -> Scope:
    return wanted["subject"], wanted.get("team_id", ""), wanted.get("channel_id", ""), app_id, user_id
