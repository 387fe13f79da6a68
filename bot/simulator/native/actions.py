"""Clicks on message buttons and selects: who may, what the integration gets, and what its answer changes."""

from dataclasses import dataclass

import orjson

from bot.simulator.errors import ApiError, forbidden, missing
from bot.simulator.native.attachments import RETAINED_PROPS, actions_of
from bot.simulator.native.callbacks import FAILED, post_callback
from bot.simulator.native.cookies import CookieJar
from bot.simulator.native.replies import slack_text
from bot.simulator.native.triggers import TriggerKey
from bot.simulator.outgoing import Outgoing
from bot.simulator.posting import Posting
from bot.simulator.profiles import Profile
from bot.simulator.records import Channel, Json, Post, new_id
from bot.simulator.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class _Click:
    user_id: str
    post_id: str
    post: Post | None
    """None for a post that was never stored: an ephemeral one, known by its cookie."""
    root_id: str
    channel: Channel
    kind: str
    data_source: str
    integration: Json


class Actions:
    def __init__(
        self,
        state: State,
        outgoing: Outgoing,
        posting: Posting,
        triggers: TriggerKey,
        cookies: CookieJar,
        profile: Profile,
    ) -> None:
        self._state = state
        self._outgoing = outgoing
        self._posting = posting
        self._triggers = triggers
        self._cookies = cookies
        self._profile = profile

    async def click(
        self, user_id: str, post_id: str, action_id: str, *, selected_option: str = "", cookie: str = ""
    ) -> Json:
        """What the client gets, with its trigger id; raises ``ApiError`` as the REST call does."""
        click = self._resolve(user_id, post_id, action_id, cookie)
        client_id, trigger_id = self._triggers.make(user_id, self._state.now())
        request = self._request(click, trigger_id, selected_option)
        raw = await post_callback(self._outgoing, self._profile, str(click.integration.get("url")), request)
        answer = _parsed(raw)
        self._apply(click, answer)
        result: Json = {"status": "OK", "trigger_id": client_id}
        if self._profile.action_goto_location and answer.get("goto_location"):
            result["goto_location"] = answer["goto_location"]
        return result

    # -- which action -------------------------------------------------------------------------

    def _resolve(self, user_id: str, post_id: str, action_id: str, cookie: str) -> _Click:
        sealed = self._opened(cookie, post_id)
        post = self._state.posts.get(post_id)
        if post is None or post.delete_at:
            if post is not None or sealed is None:
                raise missing("app.post.get.app_error", "Unable to get the post.")
            return self._by_cookie(user_id, post_id, sealed)
        channel = self._readable(user_id, post.channel_id)
        action = next((one for one in actions_of(post.props) if one.get("id") == action_id), None)
        integration = action.get("integration") if action else None
        if action is None or not isinstance(integration, dict):
            raise missing("api.post.do_action.action_id.app_error", "Invalid action id.")
        return _Click(
            user_id=user_id,
            post_id=post_id,
            post=post,
            root_id=post.root_id or post.id,
            channel=channel,
            kind=str(action.get("type") or ""),
            data_source=str(action.get("data_source") or ""),
            integration=integration,
        )

    def _opened(self, cookie: str, post_id: str) -> Json | None:
        if not cookie:
            return None
        sealed = self._cookies.open(cookie)
        if sealed["post_id"] != post_id:
            raise ApiError(400, FAILED, "The cookie belongs to another post.")
        return sealed

    def _by_cookie(self, user_id: str, post_id: str, sealed: Json) -> _Click:
        return _Click(
            user_id=user_id,
            post_id=post_id,
            post=None,
            root_id=sealed["root_post_id"],
            channel=self._readable(user_id, sealed["channel_id"]),
            kind=sealed["type"],
            data_source=sealed["data_source"],
            integration=sealed["integration"],
        )

    def _readable(self, user_id: str, channel_id: str) -> Channel:
        if not self._state.can_read_channel(user_id, channel_id):
            raise forbidden("You do not have the permission to read this channel.")
        return self._state.channels[channel_id]

    # -- the request --------------------------------------------------------------------------

    def _request(self, click: _Click, trigger_id: str, selected_option: str) -> Json:
        team = self._state.teams.get(click.channel.team_id)
        context = dict(click.integration.get("context") or {})
        if selected_option:
            context["selected_option"] = selected_option
        return {
            "user_id": click.user_id,
            "user_name": self._state.users[click.user_id].username,
            "channel_id": click.channel.id,
            "channel_name": click.channel.name,
            "team_id": team.id if team else "",
            "team_domain": team.name if team else "",
            "post_id": click.post_id,
            "trigger_id": trigger_id,
            "type": click.kind,
            "data_source": click.data_source if selected_option else "",
            "context": context,
        }

    # -- the answer ---------------------------------------------------------------------------

    def _apply(self, click: _Click, answer: Json) -> None:
        update = answer.get("update")
        if update is not None:
            if click.post is None:
                self._update_ephemeral(click, update)
            else:
                self._update(click.post, update)
        text = answer.get("ephemeral_text") or ""
        if text:
            body = {
                "channel_id": click.channel.id,
                "root_id": click.root_id,
                "message": text if answer.get("skip_slack_parsing") else slack_text(text),
                "props": {"from_webhook": "true"},
            }
            self._posting.ephemeral(click.user_id, click.user_id, body)

    def _update(self, post: Post, update: Json) -> None:
        """Runs without author checks; a missing message erases the text, missing props keep the old ones."""
        props = update.get("props")
        if props is not None:
            props = {key: value for key, value in props.items() if key not in RETAINED_PROPS}
            props |= {key: post.props[key] for key in RETAINED_PROPS if key in post.props}
        self._posting.rewrite(post, message=update.get("message") or "", props=props)

    def _update_ephemeral(self, click: _Click, update: Json) -> None:
        now = self._state.now()
        post = Post(
            id=click.post_id,
            channel_id=click.channel.id,
            user_id=click.user_id,
            message=update.get("message") or "",
            create_at=now,
            update_at=now,
            root_id=click.root_id,
            type="system_ephemeral",
            props=update.get("props") or {},
        )
        for action in actions_of(post.props):
            action["id"] = action.get("id") or new_id()
        post.public_props = self._posting.public(post)
        self._posting.announce_to(click.user_id, "post_edited", post.as_json())


def _parsed(raw: bytes) -> Json:
    if not raw.strip():
        return {}
    try:
        answer = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, FAILED, "The integration answered no valid JSON.", str(error)) from error
    if not isinstance(answer, dict) or not _well_typed(answer):
        raise ApiError(400, FAILED, "The integration's answer has the wrong shape.")
    return answer


def _well_typed(answer: Json) -> bool:
    update = answer.get("update")
    if update is not None:
        if not isinstance(update, dict) or not isinstance(update.get("message") or "", str):
            return False
        if not isinstance(update.get("props") or {}, dict):
            return False
    return isinstance(answer.get("ephemeral_text") or "", str)
