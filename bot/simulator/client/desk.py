"""What one open client has on its screen: the open channel, private messages, modals and links it followed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from bot.simulator.client.modal import Modal
from bot.simulator.client.pickers import zone_named
from bot.simulator.client.rendering import RenderedPost, render
from bot.simulator.records import Channel, Team, User, new_id
from bot.simulator.server import Simulator

Json = dict[str, Any]
Where = Literal["message", "composer", "modal", "action"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something only this person sees: a private message or an error next to where they acted."""

    text: str
    where: Where
    channel_id: str = ""
    post_id: str = ""


class Names:
    """Looks people and channels up the way a client does; the directory of the slash parser."""

    def __init__(self, simulator: Simulator, team: Callable[[], Team | None]) -> None:
        self._state = simulator.state
        self._team = team

    def user(self, name: str) -> Json | None:
        found = self._state.usernames.get(name.lower())
        return {"label": found.username, "value": found.id} if found else None

    def user_by_id(self, user_id: str) -> Json | None:
        found = self._state.users.get(user_id)
        return {"label": found.username, "value": found.id} if found else None

    def channel(self, name: str) -> Json | None:
        team = self._team()
        found = self._state.channel_names.get((team.id if team else "", name.lower()))
        return {"label": found.display_name, "value": found.id} if found else None

    def channel_by_id(self, channel_id: str) -> Json | None:
        found = self._state.channels.get(channel_id)
        return {"label": found.display_name, "value": found.id} if found else None

    def people(self, query: str = "") -> list[Json]:
        """People of the team, no bots, whose name begins so."""
        team = self._team()
        members = (self._state.users[user_id] for user_id in (team.members if team else self._state.users))
        return [
            {"label": user.username, "value": user.id}
            for user in members
            if not user.is_bot and not user.delete_at and user.username.startswith(query.lower().lstrip("@"))
        ]

    def channels(self, query: str = "") -> list[Json]:
        """Public channels of the team whose name begins so."""
        return [{"label": one.display_name, "value": one.id} for one in self._public(query)]

    def channel_names(self, query: str = "") -> list[str]:
        return [one.name for one in self._public(query)]

    def _public(self, query: str) -> list[Channel]:
        team = self._team()
        wanted = query.lower().lstrip("~")
        found = (one for one in self._state.channels.values() if team and one.team_id == team.id and one.type == "O")
        return [one for one in found if one.name.startswith(wanted)]


class Desk:
    """Shared by the Apps side and the native side of one client."""

    def __init__(self, simulator: Simulator, user: User) -> None:
        self.simulator = simulator
        self.user = user
        self.names = Names(simulator, self.team)
        self.notices: list[Notice] = []
        self.private: list[RenderedPost] = []
        self.modals: list[Modal] = []
        self.opened: list[str] = []
        self.channel_id = ""

    def team(self) -> Team | None:
        """The team the person looks at: that of the open channel, else their first."""
        state = self.simulator.state
        channel = state.channels.get(self.channel_id)
        if channel and channel.team_id:
            return state.teams[channel.team_id]
        return next((team for team in state.teams.values() if self.user.id in team.members), None)

    def today(self) -> date:
        """Where the person lives."""
        now = datetime.fromtimestamp(self.simulator.state.now() / 1000, zone_named(self.user.timezone))
        return now.date()

    @property
    def modal(self) -> Modal | None:
        return self.modals[-1] if self.modals else None

    def open_modal(self, modal: Modal, *, stack: int = 1) -> None:
        """Up to `stack` modals lie on each other; with one, a new modal takes the place of the old."""
        if stack == 1:
            self.modals = [modal]
        elif len(self.modals) < stack:
            self.modals.append(modal)

    def close_modal(self, modal: Modal) -> None:
        self.modals = [one for one in self.modals if one is not modal]

    def whisper(self, text: str, *, channel_id: str, root_id: str, author: Json | None = None) -> None:
        """A message only this client knows of: `author` is the bot of an App's answer."""
        post = {
            "id": f"local-{new_id()}",
            "user_id": (author or {}).get("bot_user_id", ""),
            "channel_id": channel_id,
            "root_id": root_id,
            "message": text,
            "type": "system_ephemeral",
            "create_at": self.simulator.state.now(),
        }
        self.receive_private(post)

    def receive_private(self, post: Json) -> None:
        """An ephemeral post; one that is already shown is replaced."""
        drawn = render(post, author=self.author, apps=self.simulator.apps is not None, private=True)
        self.private = [one for one in self.private if one.id != drawn.id] + [drawn]
        self.notices.append(
            Notice(text=drawn.text or drawn.words, where="message", channel_id=drawn.channel_id, post_id=drawn.id)
        )

    def complain(self, text: str, where: Where, *, post_id: str = "") -> None:
        self.notices.append(Notice(text=text, where=where, channel_id=self.channel_id, post_id=post_id))

    def author(self, user_id: str) -> Json:
        found = self.simulator.state.users.get(user_id)
        return found.as_json() if found else {"username": "system", "is_bot": True}

    def channel(self, name: str) -> Channel:
        """By id, by name in the person's team, or `@name` for the direct channel with somebody."""
        state = self.simulator.state
        if name.startswith("@"):
            return state.direct_channel(self.user.id, state.usernames[name[1:]].id)
        if name in state.channels:
            return state.channels[name]
        teams = [team.id for team in state.teams.values() if self.user.id in team.members]
        found = next((state.channel_names[(team, name)] for team in teams if (team, name) in state.channel_names), None)
        if found is None:
            raise LookupError(f"@{self.user.username} sees no channel called {name!r}.")
        return found
