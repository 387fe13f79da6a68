"""Channels, direct and group ones included, and their members over REST."""

import hashlib
import re

from bot.simulator.errors import ApiError, forbidden, invalid_parameter, missing
from bot.simulator.records import Channel, Json
from bot.simulator.rest.base import RestHandler

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class Channels(RestHandler):
    def post(self) -> None:
        """Any member of the team may make channels, and administers them."""
        state, body = self.simulator.state, self.json_object()
        team = state.require_team_member(self.user_id, str(body.get("team_id") or ""))
        name, kind = str(body.get("name") or ""), str(body.get("type") or "")
        if kind not in ("O", "P"):
            raise ApiError(400, "model.channel.is_valid.type.app_error", "Invalid type.")
        if not _NAME.fullmatch(name):
            raise ApiError(400, "model.channel.is_valid.1_or_more.app_error", "Invalid name.")
        if (team.id, name) in state.channel_names:
            raise ApiError(400, "store.sql_channel.save_channel.exists.app_error", "The name is already in use.")
        channel = state.add_channel(team_id=team.id, type=kind, name=name, creator_id=self.user_id)
        channel.display_name = str(body.get("display_name") or name)
        channel.header, channel.purpose = str(body.get("header") or ""), str(body.get("purpose") or "")
        state.join_channel(channel, self.user_id, roles="channel_user channel_admin")
        self.answer(channel.as_json(), 201)


class DirectChannel(RestHandler):
    def post(self) -> None:
        ids, state = self.json_ids(), self.simulator.state
        if len(ids) != 2:
            raise invalid_parameter("user_ids")
        if any(one not in state.users for one in ids):
            raise ApiError(400, "api.channel.create_direct_channel.invalid_user.app_error", "Invalid user ID.")
        if self.user_id not in ids and not state.is_system_admin(self.user_id):
            raise forbidden("You can only open your own direct channels.")
        self.answer(state.direct_channel(ids[0], ids[1]).as_json(), 201)


class GroupChannel(RestHandler):
    """Three to eight people; the caller is added if missing."""

    def post(self) -> None:
        state = self.simulator.state
        ids = sorted({*self.json_ids(), self.user_id})
        if not 3 <= len(ids) <= 8:
            raise ApiError(400, "api.channel.create_group.bad_size.app_error", "Three to eight users are needed.")
        if any(one not in state.users for one in ids):
            raise ApiError(400, "api.channel.create_group.bad_user.app_error", "A user does not exist.")
        name = hashlib.sha1("".join(ids).encode(), usedforsecurity=False).hexdigest()
        channel = state.channel_names.get(("", name))
        if channel is None:
            channel = state.add_channel(team_id="", type="G", name=name, creator_id=self.user_id)
            channel.display_name = ", ".join(sorted(state.users[one].username for one in ids))
            channel.members = dict.fromkeys(ids, "channel_user")
        self.answer(channel.as_json(), 201)


class OneChannel(RestHandler):
    def get(self, channel_id: str) -> None:
        self.answer(self.simulator.state.require_read_channel(self.user_id, channel_id).as_json())

    def delete(self, channel_id: str) -> None:
        """Archives it."""
        channel = self._changeable(channel_id)
        if channel.type in "DG" or channel.name == "town-square":
            raise ApiError(400, "api.channel.delete_channel.cannot.app_error", "This channel cannot be archived.")
        channel.delete_at = channel.update_at = self.simulator.state.now()
        self.simulator.events.publish("channel_deleted", {"channel_id": channel_id}, channel=channel_id)
        self.answer_ok()

    def _changeable(self, channel_id: str) -> Channel:
        state = self.simulator.state
        channel = state.channel(channel_id)
        if not state.is_member(self.user_id, channel_id) and not state.is_system_admin(self.user_id):
            raise forbidden("You do not have the permission to change this channel.")
        return channel


class PatchChannel(OneChannel):
    def put(self, channel_id: str) -> None:
        channel, body = self._changeable(channel_id), self.json_object()
        if channel.delete_at:
            raise ApiError(400, "api.channel.update_channel.deleted.app_error", "The channel is archived.")
        channel.display_name = _changed(body, "display_name", channel.display_name)
        channel.purpose = _changed(body, "purpose", channel.purpose)
        header = _changed(body, "header", channel.header)
        if len(header) > 1024:
            raise ApiError(400, "model.channel.is_valid.header.app_error", "Invalid header.")
        if header != channel.header:
            channel.header = header
            text = f"updated the channel header to: {header}"
            self.simulator.posting.publish(self.user_id, channel, {"message": text, "type": "system_header_change"})
        channel.update_at = self.simulator.state.now()
        self.answer(channel.as_json())


class TeamChannels(RestHandler):
    """The public channels of a team."""

    def get(self, team_id: str) -> None:
        self.simulator.state.require_team_member(self.user_id, team_id)
        per_page = min(self.number("per_page", 60), 200)
        start = self.number("page", 0) * per_page
        found = _public(self, team_id)
        self.answer([one.as_json() for one in found[start : start + per_page]])


class SearchChannels(RestHandler):
    def post(self, team_id: str) -> None:
        self.simulator.state.require_team_member(self.user_id, team_id)
        term = str(self.json_object().get("term") or "").lower()
        found = _public(self, team_id)
        self.answer([one.as_json() for one in found if term in one.name or term in one.display_name.lower()])


class ChannelByName(RestHandler):
    """Private channels one is not in look as if they did not exist."""

    def get(self, team_id: str, name: str) -> None:
        state = self.simulator.state
        channel = state.channel_names.get((team_id, name))
        hidden = channel is not None and channel.type != "O" and not state.can_read_channel(self.user_id, channel.id)
        if channel is None or hidden or channel.delete_at:
            raise missing("app.channel.get_by_name.missing.app_error", "Channel does not exist.")
        self.answer(state.require_read_channel(self.user_id, channel.id).as_json())


class ChannelMembers(RestHandler):
    def get(self, channel_id: str) -> None:
        channel = self.simulator.state.require_read_channel(self.user_id, channel_id)
        per_page = min(self.number("per_page", 60), 200)
        start = self.number("page", 0) * per_page
        self.answer([channel_member(channel, one) for one in list(channel.members)[start : start + per_page]])

    def post(self, channel_id: str) -> None:
        """Oneself into a public channel of one's team; others by members of the channel."""
        state = self.simulator.state
        channel = state.channel(channel_id)
        if channel.type in "DG":
            raise ApiError(400, "api.channel.add_members.user_denied", "Nobody can be added to direct channels.")
        user = state.user(str(self.json_object().get("user_id") or ""))
        if not self._may_add(channel, user.id):
            raise forbidden("You do not have the permission to add members here.")
        if not state.is_team_member(user.id, channel.team_id):
            raise missing("app.team.get_member.missing.app_error", "The user is not in the team.")
        if channel.delete_at:
            raise ApiError(400, "api.channel.add_user.to.channel.failed.deleted.app_error", "The channel is archived.")
        if user.id not in channel.members:
            state.join_channel(channel, user.id)
            self.simulator.events.publish(
                "user_added", {"user_id": user.id, "team_id": channel.team_id}, channel=channel_id
            )
        self.answer(channel_member(channel, user.id), 201)

    def _may_add(self, channel: Channel, user_id: str) -> bool:
        state = self.simulator.state
        if self.user_id in channel.members or state.is_team_admin(self.user_id, channel.team_id):
            return True
        return user_id == self.user_id and channel.type == "O" and state.is_team_member(user_id, channel.team_id)


class OneChannelMember(RestHandler):
    def get(self, channel_id: str, user_id: str) -> None:
        channel = self.simulator.state.require_read_channel(self.user_id, channel_id)
        wanted = self.own_id(user_id)
        if wanted not in channel.members:
            raise missing("app.channel.get_member.missing.app_error", "No channel member found.")
        self.answer(channel_member(channel, wanted))

    def delete(self, channel_id: str, user_id: str) -> None:
        state, wanted = self.simulator.state, self.own_id(user_id)
        channel = state.channel(channel_id)
        if channel.type in "DG" or channel.name == "town-square":
            raise ApiError(400, "api.channel.remove.default.app_error", "Nobody can leave this channel.")
        if wanted != self.user_id and not self._may_remove(channel):
            raise forbidden("You do not have the permission to remove members here.")
        state.leave_channel(channel, wanted)
        self.simulator.events.publish("user_removed", {"user_id": wanted}, channel=channel_id)
        self.answer_ok()

    def _may_remove(self, channel: Channel) -> bool:
        state = self.simulator.state
        return self.user_id in channel.members or state.is_team_admin(self.user_id, channel.team_id)


def channel_member(channel: Channel, user_id: str) -> Json:
    roles = channel.members[user_id]
    return {
        "channel_id": channel.id,
        "user_id": user_id,
        "roles": roles,
        "last_viewed_at": 0,
        "msg_count": 0,
        "mention_count": 0,
        "notify_props": {},
        "last_update_at": channel.create_at,
        "scheme_user": True,
        "scheme_admin": "channel_admin" in roles,
        "scheme_guest": False,
    }


def _public(handler: RestHandler, team_id: str) -> list[Channel]:
    found = handler.simulator.state.channels.values()
    return [one for one in found if one.team_id == team_id and one.type == "O" and not one.delete_at]


def _changed(body: Json, key: str, old: str) -> str:
    value = body.get(key)
    return old if value is None else str(value)
