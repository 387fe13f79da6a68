"""Interactive dialogs: opening by trigger, and forwarding what the browser sends to the integration."""

from collections.abc import Callable

import orjson

from bot.simulator.errors import ApiError, forbidden, invalid_parameter
from bot.simulator.events import Events
from bot.simulator.native.callbacks import post_callback
from bot.simulator.native.dialog_checks import kept, problems
from bot.simulator.native.triggers import TriggerKey
from bot.simulator.outgoing import Outgoing
from bot.simulator.profiles import Profile
from bot.simulator.records import Channel, Json
from bot.simulator.state import State

_SUBMIT = "app.submit_interactive_dialog"
_SUBMISSION = "dialog_submission"


class Dialogs:
    def __init__(
        self,
        state: State,
        events: Events,
        outgoing: Outgoing,
        triggers: TriggerKey,
        profile: Profile,
        surprise: Callable[[str], None],
    ) -> None:
        self._state = state
        self._events = events
        self._outgoing = outgoing
        self._triggers = triggers
        self._profile = profile
        self._surprise = surprise

    @property
    def trigger_ttl(self) -> float:
        """Seconds a trigger lives on this server."""
        fixed = self._profile.trigger_ttl
        return self._outgoing.timeout if fixed is None else fixed

    def open(self, body: Json) -> None:
        """The trigger is the credential; a bad definition is only noted."""
        trigger = self._triggers.read(str(body.get("trigger_id") or ""), now=self._state.now(), ttl=self.trigger_ttl)
        if not body.get("url"):
            raise invalid_parameter("url")
        dialog = body.get("dialog")
        if not isinstance(dialog, dict):
            raise invalid_parameter("dialog")
        self._note_problems(dialog)
        request = {"trigger_id": trigger.client_id, "url": body["url"], "dialog": kept(dialog, self._profile)}
        self._events.publish("open_dialog", {"dialog": orjson.dumps(request).decode()}, users=(trigger.user_id,))

    async def submit(self, user_id: str, body: Json) -> Json:
        """Submission, cancelling and refresh; the answer as this server version passes it on."""
        kinds = (_SUBMISSION, "refresh") if self._profile.refresh else (_SUBMISSION,)
        kind = body.get("type") if body.get("type") in kinds else _SUBMISSION
        raw = await self._forward(user_id, body, str(kind))
        answer = _decoded(raw, f"{_SUBMIT}.decode_json_error")
        found: Json = {}
        if answer.get("error"):
            found["error"] = str(answer["error"])
        if isinstance(answer.get("errors"), dict) and answer["errors"]:
            found["errors"] = answer["errors"]
        return found | self._next_step(answer) if self._profile.multi_step else found

    async def lookup(self, user_id: str, body: Json) -> Json:
        """Options of a dynamic select."""
        raw = await self._forward(user_id, body, "dialog_lookup")
        answer = _decoded(raw, "app.lookup_interactive_dialog.decode_json_error")
        items = answer.get("items")
        return {"items": items if isinstance(items, list) else []}

    async def press(self, user_id: str, body: Json) -> Json:
        """An ``action_button``; url and context come from the browser and prove nothing."""
        if not body.get("url"):
            raise invalid_parameter("url")
        channel = self._readable(user_id, str(body.get("channel_id") or ""))
        team = self._state.teams.get(channel.team_id)
        client_id, trigger_id = self._triggers.make(user_id, self._state.now())
        request = {
            "type": "dialog_action",
            "trigger_id": trigger_id,
            "user_id": user_id,
            "user_name": self._state.users[user_id].username,
            "channel_id": channel.id,
            "channel_name": channel.name,
            "team_id": team.id if team else "",
            "team_domain": team.name if team else "",
            "post_id": "",
            "data_source": "",
            "context": body.get("context") or {},
        }
        await post_callback(self._outgoing, self._profile, str(body["url"]), request)
        return {"status": "OK", "trigger_id": client_id}

    # -- steps --------------------------------------------------------------------------------

    async def _forward(self, user_id: str, body: Json, kind: str) -> bytes:
        if not body.get("url"):
            raise invalid_parameter("url")
        channel = self._readable(user_id, str(body.get("channel_id") or ""))
        request = {
            "type": kind,
            "callback_id": body.get("callback_id") or "",
            "state": body.get("state") or "",
            "user_id": user_id,
            "channel_id": channel.id,
            "team_id": self._team_id(user_id, body, channel),
            "submission": body.get("submission"),
            "cancelled": bool(body.get("cancelled")),
        }
        if "file" in self._profile.element_types and body.get("file_ids"):
            request["file_ids"] = body["file_ids"]
        return await post_callback(self._outgoing, self._profile, str(body["url"]), request)

    def _team_id(self, user_id: str, body: Json, channel: Channel) -> str:
        if self._profile.derives_dialog_team:
            return channel.team_id
        team_id = str(body.get("team_id") or "")
        if team_id and not self._state.is_team_member(user_id, team_id):
            raise forbidden("You are not in this team.")
        return team_id

    def _readable(self, user_id: str, channel_id: str) -> Channel:
        if not self._state.can_read_channel(user_id, channel_id):
            raise forbidden("You do not have the permission to read this channel.")
        return self._state.channels[channel_id]

    def _next_step(self, answer: Json) -> Json:
        kind = answer.get("type") or ""
        if not kind:
            return {}
        form = answer.get("form")
        if kind in ("ok", "navigate"):
            return {"type": kind}
        if kind != "form" or not isinstance(form, dict):
            raise ApiError(400, f"{_SUBMIT}.invalid_response", "The integration's answer is not valid.", f"{kind=}")
        self._note_problems(form)
        return {"type": "form", "form": kept(form, self._profile)}

    def _note_problems(self, dialog: Json) -> None:
        for problem in problems(dialog, self._profile):
            self._surprise(f"dialog {dialog.get('title')!r}: {problem}")


def _decoded(raw: bytes, error_id: str) -> Json:
    if not raw.strip():
        return {}
    try:
        answer = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ApiError(500, error_id, "The integration answered no valid JSON.", str(error)) from error
    if not isinstance(answer, dict):
        raise ApiError(500, error_id, "The integration answered no JSON object.")
    return answer
