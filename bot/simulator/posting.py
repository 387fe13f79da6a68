"""Creating, editing and deleting posts with the server's checks, and telling the clients about it."""

from collections.abc import Callable

import orjson

from bot.simulator.errors import ApiError, forbidden, invalid_parameter
from bot.simulator.events import Events
from bot.simulator.native.attachments import attachments_of, name_actions, problems, public_props
from bot.simulator.native.cookies import CookieJar
from bot.simulator.priority import check_priority
from bot.simulator.profiles import Profile
from bot.simulator.records import Channel, Json, Post, Reaction, new_id
from bot.simulator.state import State

MAX_RUNES = 16383
MAX_PROPS = 800_000
_DEDUPLICATION_MS = 30_000
_IDENTITY_PROPS = (
    "override_username",
    "override_icon_url",
    "override_icon_emoji",
    "from_webhook",
    "webhook_display_name",
)


class Posting:
    """``create`` and the edits are REST's, with permission checks; ``publish`` and ``rewrite`` are the server's own."""

    def __init__(
        self, state: State, events: Events, profile: Profile, cookies: CookieJar, surprise: Callable[[str], None]
    ) -> None:
        self._state = state
        self._events = events
        self._profile = profile
        self._cookies = cookies
        self._surprise = surprise

    # -- REST ---------------------------------------------------------------------------------

    def create(self, user_id: str, body: Json) -> Post:
        """A post of this user; the same ``pending_post_id`` within 30 s gives the first post again."""
        channel_id = _text(body, "channel_id")
        if not self._state.can_post(user_id, channel_id):
            raise forbidden("You do not have the permission to create posts here.")
        file_ids = body.get("file_ids") or []
        if file_ids and not self._state.is_member(user_id, channel_id):
            raise forbidden("You do not have the permission to upload files here.")
        priority = check_priority(self._state, self._profile, user_id, body, self._surprise)
        channel = self._state.channels[channel_id]
        if channel.delete_at:
            raise ApiError(400, "api.post.create_post.can_not_post_to_deleted.error", "The channel is archived.")
        earlier = self._earlier(user_id, _text(body, "pending_post_id"))
        if earlier is not None:
            return earlier
        props = self._rest_props(user_id, body.get("props"))
        post = self._new_post(user_id, channel, body, props)
        post.metadata = {"priority": priority} if priority else {}
        post.file_ids = list(file_ids)
        return self._store(post, channel)

    def patch(self, user_id: str, post_id: str, body: Json) -> Post:
        """Only the keys given change; ``props`` replaces the whole map."""
        post = self._editable(user_id, post_id)
        if body.get("message") is not None:
            post.message = _checked_message(_text(body, "message"))
        if body.get("props") is not None:
            self._set_props(post, self._rest_props(post.user_id, body["props"]))
        if body.get("is_pinned") is not None:
            post.is_pinned = bool(body["is_pinned"])
        if body.get("file_ids") is not None:
            post.file_ids = list(body["file_ids"])
        return self._edited(post)

    def replace(self, user_id: str, post_id: str, body: Json) -> Post:
        """What is missing becomes empty, only absent props stay."""
        if body.get("id") != post_id:
            raise invalid_parameter("id")
        post = self._editable(user_id, post_id)
        post.message = _checked_message(_text(body, "message"))
        post.is_pinned = bool(body.get("is_pinned"))
        if body.get("props") is not None:
            self._set_props(post, self._rest_props(post.user_id, body["props"]))
        return self._edited(post)

    def delete(self, user_id: str, post_id: str) -> None:
        post = self._state.post(post_id)
        channel = self._state.channels[post.channel_id]
        own = post.user_id == user_id and user_id in channel.members
        if not own and not self._may_moderate(user_id, channel):
            raise forbidden("You do not have the permission to delete this post.")
        for gone in (post, *post.replies):  # a root takes its thread with it (Mattermost server source)
            gone.delete_at = gone.update_at = self._state.now()
        self._announce("post_deleted", post)

    def readable(self, user_id: str, post_id: str) -> Post:
        post = self._state.post(post_id)
        if not self._state.can_read_channel(user_id, post.channel_id):
            raise forbidden("You do not have the permission to read this post.")
        return post

    def pin(self, post: Post, *, pinned: bool) -> None:
        post.is_pinned = pinned
        self._edited(post)

    def react(self, post: Post, user_id: str, emoji: str) -> Reaction:
        """The same emoji of the same person counts once."""
        for one in post.reactions:
            if (one.user_id, one.emoji_name) == (user_id, emoji):
                return one
        reaction = Reaction(user_id=user_id, post_id=post.id, emoji_name=emoji, create_at=self._state.now())
        post.reactions.append(reaction)
        self._announce_reaction("reaction_added", post, reaction)
        return reaction

    def take_back(self, post: Post, user_id: str, emoji: str) -> None:
        for one in list(post.reactions):
            if (one.user_id, one.emoji_name) == (user_id, emoji):
                post.reactions.remove(one)
                self._announce_reaction("reaction_removed", post, one)

    def _announce_reaction(self, event: str, post: Post, reaction: Reaction) -> None:
        self._events.publish(event, {"reaction": _text_of(reaction.as_json())}, channel=post.channel_id)

    def ephemeral_by_rest(self, user_id: str, recipient_id: str, body: Json) -> Json:
        """Only for system admins, who alone hold ``create_post_ephemeral`` by default."""
        if not recipient_id:
            raise invalid_parameter("user_id")
        if not self._state.is_system_admin(user_id):
            raise forbidden("You do not have the permission create_post_ephemeral.")
        return self.ephemeral(recipient_id, user_id, body)

    # -- the server's own ---------------------------------------------------------------------

    def publish(self, user_id: str, channel: Channel, body: Json) -> Post:
        """A post the server makes for an integration, without permission checks."""
        return self._store(self._new_post(user_id, channel, body, dict(body.get("props") or {})), channel)

    def ephemeral(self, recipient_id: str, author_id: str, body: Json) -> Json:
        """Shown to the recipient's clients only and not stored; the post as clients get it."""
        channel = self._state.channel(_text(body, "channel_id"))
        post = self._new_post(author_id, channel, body, dict(body.get("props") or {}))
        post.type = "system_ephemeral"
        self._set_props(post, post.props)
        shown = post.as_json()
        self._events.publish("ephemeral_message", {"post": _text_of(shown)}, users=(recipient_id,))
        return shown

    def rewrite(self, post: Post, *, message: str, props: Json | None) -> Post:
        """An integration's update: no author check; ``props`` None keeps the old ones."""
        post.message = _checked_message(message)
        if props is not None:
            self._set_props(post, props)
        return self._edited(post)

    def public(self, post: Post) -> Json:
        """The post's props as clients see them."""
        return public_props(post, self._cookies.seal)

    def announce_to(self, user_id: str, event: str, shown: Json) -> None:
        self._events.publish(event, {"post": _text_of(shown)}, users=(user_id,))

    # -- steps --------------------------------------------------------------------------------

    def _earlier(self, user_id: str, pending_id: str) -> Post | None:
        if not pending_id:
            return None
        post_id, made_at = self._state.pending_posts.get(pending_id, ("", 0))
        earlier = self._state.posts.get(post_id)
        if earlier is None or earlier.user_id != user_id:
            return None
        if self._state.now() - made_at <= _DEDUPLICATION_MS:
            return earlier
        self._surprise(f"pending_post_id {pending_id!r} again after 30 s: a second post is made")
        return None

    def _rest_props(self, user_id: str, given: object) -> Json:
        if given is not None and not isinstance(given, dict):
            raise invalid_parameter("post")
        props = dict(given or {})
        if self._profile.strips_overrides:
            for key in _IDENTITY_PROPS:
                props.pop(key, None)
        user = self._state.users[user_id]
        if user.is_bot:
            props["from_bot"] = "true"
        return props

    def _new_post(self, user_id: str, channel: Channel, body: Json, props: Json) -> Post:
        now = self._state.now()
        post = Post(
            id=new_id(),
            channel_id=channel.id,
            user_id=user_id,
            message=_checked_message(_text(body, "message")),
            create_at=now,
            update_at=now,
            root_id=_text(body, "root_id"),
            type=_text(body, "type"),
            pending_post_id=_text(body, "pending_post_id"),
        )
        if not post.type and props.get("attachments"):
            post.type = "slack_attachment"
        self._check_root(post)
        self._set_props(post, props)
        return post

    def _check_root(self, post: Post) -> None:
        if not post.root_id:
            return
        root = self._state.posts.get(post.root_id)
        if root is None or root.delete_at or root.root_id:
            raise ApiError(400, "api.post.create_post.root_id.app_error", "Invalid RootId parameter.")
        if root.channel_id != post.channel_id:
            raise ApiError(400, "api.post.create_post.channel_root_id.app_error", "The thread is in another channel.")

    def _set_props(self, post: Post, props: Json) -> None:
        if len(orjson.dumps(props)) > MAX_PROPS and len(orjson.dumps(props).decode()) > MAX_PROPS:
            raise ApiError(400, "model.post.is_valid.props.app_error", "The props are too large.")
        for problem in problems(props, action_id_pattern=self._profile.action_id_pattern):
            self._surprise(f"attachments of {self._state.users[post.user_id].username}: {problem}")
        if attachments_of(props):
            # Ids are given to actions in place; the caller's own structure must stay as it was.
            props = orjson.loads(orjson.dumps(props))
            name_actions(props)
        post.props = props
        post.public_props = public_props(post, self._cookies.seal)

    def _store(self, post: Post, channel: Channel) -> Post:
        self._state.posts[post.id] = post
        channel.posts.append(post)
        channel.last_post_at = post.create_at
        if post.root_id:
            self._state.posts[post.root_id].replies.append(post)
        if post.pending_post_id:
            self._state.pending_posts[post.pending_post_id] = (post.id, post.create_at)
        self._announce("posted", post)
        return post

    def _editable(self, user_id: str, post_id: str) -> Post:
        """Editing a post that is gone is refused with 403, not 404 (Mattermost server source)."""
        post = self._state.posts.get(post_id)
        if post is None or post.delete_at:
            raise ApiError(403, "api.context.permissions.app_error", "The post is gone.", surprising=False)
        if not self._may_edit(user_id, post):
            raise forbidden("You do not have the permission to edit this post.")
        limit = int(self._state.config["ServiceSettings"]["PostEditTimeLimit"])
        if limit >= 0 and self._state.now() > post.create_at + limit * 1000:
            raise ApiError(400, "api.post.update_post.permissions_time_limit.app_error", "It is too late to edit.")
        if self._state.channels[post.channel_id].delete_at:
            raise ApiError(400, "api.post.update_post.can_not_update_post_in_deleted.error", "The channel is archived.")
        return post

    def _may_edit(self, user_id: str, post: Post) -> bool:
        if self._state.is_system_admin(user_id):
            return True
        return post.user_id == user_id and self._state.is_member(user_id, post.channel_id)

    def _may_moderate(self, user_id: str, channel: Channel) -> bool:
        if channel.team_id and self._state.is_team_admin(user_id, channel.team_id):
            return True
        return self._state.is_system_admin(user_id) or "channel_admin" in channel.members.get(user_id, "")

    def _edited(self, post: Post) -> Post:
        # Two edits within one millisecond must still be told apart by update_at.
        post.edit_at = post.update_at = max(self._state.now(), post.update_at + 1)
        self._announce("post_edited", post)
        return post

    def _announce(self, event: str, post: Post) -> None:
        channel = self._state.channels[post.channel_id]

        def data() -> Json:
            return {
                "post": _text_of(post.as_json()),
                "channel_type": channel.type,
                "channel_name": channel.name,
                "channel_display_name": channel.display_name,
                "team_id": channel.team_id,
                "sender_name": f"@{self._state.users[post.user_id].username}",
            }

        self._events.publish(event, data, channel=channel.id)


def _text_of(content: Json) -> str:
    return orjson.dumps(content).decode()


def _text(body: Json, key: str) -> str:
    value = body.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise invalid_parameter(key)
    return value


def _checked_message(message: str) -> str:
    if len(message) > MAX_RUNES:
        raise ApiError(400, "model.post.is_valid.message_length.app_error", f"The message exceeds {MAX_RUNES} runes.")
    return message
