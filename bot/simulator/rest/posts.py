"""Posts and reactions over REST."""

from itertools import islice

from bot.simulator.errors import ApiError, forbidden, invalid_parameter
from bot.simulator.records import Json, Post
from bot.simulator.rest.base import RestHandler

_MOST_IDS = 1000


class Posts(RestHandler):
    def post(self) -> None:
        if self.get_query_argument("silent", "") == "true" and self.session.kind == "session":
            raise forbidden("Only integrations may post silently.")
        # Synchronous on purpose: this is the busiest path.
        self.answer(self.simulator.posting.create(self.user_id, self.json_object()).as_json(), 201)


class OnePost(RestHandler):
    def get(self, post_id: str) -> None:
        self.answer(self.simulator.posting.readable(self.user_id, post_id).as_json())

    def put(self, post_id: str) -> None:
        self.answer(self.simulator.posting.replace(self.user_id, post_id, self.json_object()).as_json())

    def delete(self, post_id: str) -> None:
        self.simulator.posting.delete(self.user_id, post_id)
        self.answer_ok()


class PatchPost(RestHandler):
    def put(self, post_id: str) -> None:
        self.answer(self.simulator.posting.patch(self.user_id, post_id, self.json_object()).as_json())


class PostsByIds(RestHandler):
    """Deleted ones too; who may not be read is left out."""

    def post(self) -> None:
        ids = self.json_ids()
        if not ids:
            raise invalid_parameter("post_ids")
        if len(ids) > _MOST_IDS:
            raise ApiError(400, "api.post.posts_by_ids.invalid_body.request_error", "Too many posts at once.")
        state = self.simulator.state
        found = [state.posts[post_id] for post_id in dict.fromkeys(ids) if post_id in state.posts]
        if not found:
            raise ApiError(404, "app.post.get.app_error", "Unable to get the post.")
        newest_first = sorted(found, key=lambda post: post.create_at, reverse=True)
        readable = [post for post in newest_first if state.can_read_channel(self.user_id, post.channel_id)]
        self.answer([post.as_json() for post in readable])


class PinPost(RestHandler):
    def post(self, post_id: str, kind: str) -> None:
        post = self.simulator.posting.readable(self.user_id, post_id)
        if not self.simulator.state.is_member(self.user_id, post.channel_id):
            raise forbidden()
        self.simulator.posting.pin(post, pinned=kind == "pin")
        self.answer_ok()


class EphemeralPost(RestHandler):
    def post(self) -> None:
        body = self.json_object()
        post = body.get("post")
        if not isinstance(post, dict):
            raise invalid_parameter("post")
        recipient_id = str(body.get("user_id") or "")
        self.answer(self.simulator.posting.ephemeral_by_rest(self.user_id, recipient_id, post), 201)


class Thread(RestHandler):
    def get(self, post_id: str) -> None:
        post = self.simulator.posting.readable(self.user_id, post_id)
        root = self.simulator.state.posts[post.root_id] if post.root_id else post
        living = [one for one in (root, *root.replies) if not one.delete_at]
        self.answer(post_list(living) | {"has_next": False})


class ChannelPosts(RestHandler):
    """Newest first; ``since`` gives all that changed after that millisecond, deleted ones too."""

    def get(self, channel_id: str) -> None:
        channel = self.simulator.state.require_read_channel(self.user_id, channel_id)
        since = self.number("since", 0)
        if since:
            self.answer(post_list([post for post in reversed(channel.posts) if post.update_at > since]))
            return
        living = [post for post in reversed(channel.posts) if not post.delete_at]
        living = _cut(living, self.get_query_argument("before", ""), self.get_query_argument("after", ""))
        per_page = min(self.number("per_page", 60), 200)
        start = self.number("page", 0) * per_page
        self.answer(post_list(list(islice(living, start, start + per_page))))


class PinnedPosts(RestHandler):
    def get(self, channel_id: str) -> None:
        channel = self.simulator.state.require_read_channel(self.user_id, channel_id)
        self.answer(post_list([post for post in reversed(channel.posts) if post.is_pinned and not post.delete_at]))


class Reactions(RestHandler):
    def post(self) -> None:
        body = self.json_object()
        if body.get("user_id") != self.user_id:
            raise forbidden("You can only react for yourself.")
        post = self.simulator.posting.readable(self.user_id, str(body.get("post_id") or ""))
        emoji = str(body.get("emoji_name") or "")
        if not emoji or len(emoji) > 64:
            raise ApiError(400, "api.reaction.save_reaction.invalid.app_error", "Reaction is not valid.")
        if not self.simulator.state.is_member(self.user_id, post.channel_id):
            raise forbidden("You do not have the permission add_reaction.")
        self.answer(self.simulator.posting.react(post, self.user_id, emoji).as_json(), 201)


class PostReactions(RestHandler):
    def get(self, post_id: str) -> None:
        post = self.simulator.posting.readable(self.user_id, post_id)
        self.answer([one.as_json() for one in post.reactions])


class OneReaction(RestHandler):
    def delete(self, user_id: str, post_id: str, emoji: str) -> None:
        self.require_self_or_admin(self.own_id(user_id))
        post = self.simulator.posting.readable(self.user_id, post_id)
        self.simulator.posting.take_back(post, self.own_id(user_id), emoji)
        self.answer_ok()


def post_list(posts: list[Post]) -> Json:
    """The server's form of a list: ids in order and the posts by id."""
    return {
        "order": [post.id for post in posts],
        "posts": {post.id: post.as_json() for post in posts},
        "next_post_id": "",
        "prev_post_id": "",
    }


def _cut(posts: list[Post], before: str, after: str) -> list[Post]:
    ids = [post.id for post in posts]
    if before in ids:
        return posts[ids.index(before) + 1 :]
    return posts[: ids.index(after)] if after in ids else posts
