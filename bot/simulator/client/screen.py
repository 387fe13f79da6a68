"""What the channels show one person: posts in threads, with the private messages only this client has."""

from bot.simulator.client.desk import Desk
from bot.simulator.client.rendering import RenderedPost, render, with_replies
from bot.simulator.records import Channel, Post


class Screen:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._state = desk.simulator.state

    def posts(self, channel: Channel) -> list[RenderedPost]:
        """The channel's threads, oldest first; LookupError when this person cannot read it."""
        if not self._state.can_read_channel(self._desk.user.id, channel.id):
            raise LookupError(f"@{self._desk.user.username} cannot read {channel.name!r}.")
        drawn = [self.draw(post) for post in channel.posts if not post.delete_at]
        drawn += [post for post in self._desk.private if post.channel_id == channel.id]
        drawn.sort(key=lambda post: post.at)
        ids = {post.id for post in drawn}
        replies: dict[str, list[RenderedPost]] = {}
        for post in drawn:
            replies.setdefault(post.root_id, []).append(post)
        return [with_replies(root, replies.get(root.id, [])) for root in drawn if root.root_id not in ids]

    def draw(self, post: Post) -> RenderedPost:
        return render(post.as_json(), author=self._desk.author, apps=self._desk.simulator.apps is not None)

    def find(self, post_id: str) -> RenderedPost:
        """A post as it looks now, private ones included."""
        private = next((one for one in self._desk.private if one.id == post_id), None)
        return private or self.draw(self._state.post(post_id))

    def channels(self) -> list[Channel]:
        """Joined channels of all teams, in order of their names."""
        mine = (one for one in self._state.channels.values() if self._desk.user.id in one.members)
        return sorted((one for one in mine if one.type in "OP" and not one.delete_at), key=lambda one: one.name)

    def direct_channels(self) -> list[Channel]:
        return [one for one in self._state.channels.values() if one.type == "D" and self._desk.user.id in one.members]

    def direct_messages(self) -> list[RenderedPost]:
        """What bots wrote in direct channels, oldest first."""
        found = [post for channel in self.direct_channels() for root in self.posts(channel) for post in whole(root)]
        return sorted((post for post in found if post.is_bot and not post.is_private), key=lambda post: post.at)

    def words(self) -> str:
        """Everything there is to read anywhere, notices and the open modal included."""
        parts = [notice.text for notice in self._desk.notices]
        if modal := self._desk.modal:
            parts += [modal.title, modal.header, modal.error, *modal.errors.values()]
        for channel in [*self.channels(), *self.direct_channels()]:
            parts += [post.words for root in self.posts(channel) for post in whole(root)]
        return "\n".join(parts)


def whole(root: RenderedPost) -> list[RenderedPost]:
    """A thread: its root and the replies."""
    return [root, *root.replies]
