"""What a command may use: everything is bound to the server of the call, so no command can reach another tenant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.call import Call, Opened, digest_of
from bot.core.alert_group import AlertGroup, Heading, Line, Link, Status, Step
from bot.core.changes import Change
from bot.core.heartbeats import Heartbeat
from bot.core.integrations import Integration
from bot.core.maintenance import Maintenance
from bot.core.many import Outline
from bot.core.people import Person
from bot.core.servers import Server, Who
from bot.core.storms import Storm
from bot.core.templates import Part
from bot.core.text import Text
from bot.integrations.payload import Payload
from bot.registry import Registry
from bot.secret import Secret
from bot.words import Reader

DecideGroup = Callable[[AlertGroup], Change[AlertGroup]]
DecideServer = Callable[[Server], Change[Server]]
DecideMaintenance = Callable[[Maintenance], Change[Maintenance]]
DecideIntegration = Callable[[Integration], Change[Integration]]
DecideHeartbeat = Callable[[Heartbeat], Change[Heartbeat]]
DecideStorm = Callable[[Storm], Change[Storm]]
DecidePerson = Callable[[Person], Change[Person]]


class Groups(Protocol):
    """The alert groups of this server."""

    async def numbered(self, number: int) -> AlertGroup | None: ...
    async def with_numbers(self, numbers: Sequence[int]) -> list[AlertGroup]:
        """In this order; those that are not there are left out."""
        ...

    async def silenced(self, *, skip: int, limit: int) -> list[AlertGroup]:
        """Those first that end first."""
        ...

    async def of_post(self, post_id: str) -> AlertGroup | None: ...
    async def headings(self, statuses: tuple[Status, ...], *, limit: int) -> list[Heading]:
        """In the order of the states; within a state the newest first."""
        ...

    async def severities(self, statuses: tuple[Status, ...], *, most: int) -> dict[Status, dict[str, int]]:
        """How many in each state have which severity; so many of each state are counted."""
        ...

    async def lines(self, status: Status, severities: Sequence[str], *, skip: int, limit: int) -> list[Line]:
        """Those in the state with one of the severities, newest first."""
        ...

    async def outlined(
        self, statuses: tuple[Status, ...], *, fits: Callable[[Outline], bool], most: int
    ) -> list[Outline]:
        """Those that fit, in the order of the states, within a state the newest first."""
        ...

    async def change(self, group: AlertGroup, decide: DecideGroup) -> Change[AlertGroup]: ...
    async def change_each(self, numbers: Sequence[int], decide: DecideGroup) -> dict[int, Text]:
        """What is to be said of each, by number; one that fails keeps none of the others from being changed."""
        ...

    async def open(self, draft: Draft) -> tuple[AlertGroup, bool]:
        """A new group, or the live one with the same key, counted once more; says whether it is new."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An alert group that a person opens. `key` tells repeats; empty means there are none."""

    title: str
    summary: str = ""
    severity: str = ""
    key: str = ""
    by: str
    chain: tuple[Step, ...] = ()
    channel_id: str = ""
    links: tuple[Link, ...] = ()
    about_post: str = ""


class People(Protocol):
    """The people of this server."""

    async def with_ids(self, ids: tuple[str, ...]) -> dict[str, Person]: ...
    async def named(self, name: str) -> Person:
        """By id, @name, e-mail address or full name; somebody Mattermost knows gets a person. Raises NotFound."""
        ...

    async def listed(self, limit: int) -> list[Person]:
        """By name."""
        ...

    async def refreshed(self, people: list[Person]) -> list[Person]:
        """As Mattermost knows them now: renamed, deactivated. As they are where it cannot be asked."""
        ...

    async def warnings(self, people: list[Person]) -> list[Text]:
        """Who of them will hardly notice a page, in a sentence each. Empty where Mattermost does not say so soon."""
        ...

    async def add(self, person: Person) -> None:
        """Somebody who is not in Mattermost yet. Raises UserError if the address is somebody's already."""
        ...

    async def change(self, person: Person, decide: DecidePerson) -> Change[Person]: ...
    def new_id(self) -> str: ...


class Invitation(Protocol):
    """A link code, shown once."""

    @property
    def code(self) -> Secret: ...
    @property
    def ends_at(self) -> datetime: ...


class Linking(Protocol):
    """Proving that the acting Mattermost user is somebody whom an admin added."""

    async def invite(self, person: Person) -> Invitation:
        """A one-time code that links whoever enters it to this person."""
        ...

    async def recognise(self, code: str) -> Person:
        """The profile this code is for; nothing is used up. Raises Denied."""
        ...

    async def link(self, profile_id: str, digest: str) -> Change[Person]:
        """Use the code up and become this profile. Raises Denied."""
        ...

    async def unlink(self) -> Change[Person]: ...
    async def verifies_addresses(self) -> bool:
        """Whether this Mattermost makes people prove their e-mail addresses."""
        ...


class Integrations(Protocol):
    """The integrations of this server."""

    async def listed(self) -> list[Integration]: ...
    async def create(self, integration: Integration) -> None: ...
    async def change(self, integration: Integration, decide: DecideIntegration) -> Change[Integration]: ...
    async def sign(self, integration: Integration, secret: str) -> None:
        """Keep, sealed, what its sender signs with; an empty secret is none."""
        ...

    async def remove(self, integration: Integration) -> Change[Integration]:
        """With the last payload that it sent."""
        ...

    def new_key(self) -> NewKey: ...
    def new_id(self) -> str:
        """For a route."""
        ...

    async def heartbeat(self, integration: Integration) -> Heartbeat | None: ...
    async def heartbeats(self) -> list[tuple[Integration, Heartbeat]]:
        """Those of integrations that were not removed, by name."""
        ...

    async def change_heartbeat(self, integration: Integration, decide: DecideHeartbeat) -> Change[Heartbeat]: ...
    async def forget_heartbeat(self, integration: Integration) -> None: ...
    async def expect(self, integration: Integration, *, every_seconds: int, grace_seconds: int) -> None:
        """Watch for reports of this integration, at least so often."""
        ...

    async def take_sample(self, integration: Integration) -> tuple[int, ...]:
        """Take a sample in as if the sender had delivered it; the numbers of its alert groups. Raises Unavailable."""
        ...

    async def preview(self, integration: Integration, templates: Mapping[str, str]) -> Preview:
        """What these templates, by part, make of the last payload, or of a sample. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """`payload` is what the templates made of `body`, `problems` what is wrong with them by part.

    `real` is whether the sender sent that; else it is a sample.
    """

    payload: Payload
    problems: Mapping[Part, Text]
    body: str
    real: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A fresh key: `url_key` goes to the sender and is never kept, `digests` are what we know it by."""

    id: str
    url_key: str
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A channel of Mattermost."""

    id: str
    name: str
    team_id: str = ""


class Maintenances(Protocol):
    """The maintenances of this server."""

    async def current(self) -> list[Maintenance]:
        """Those that run or will, the next to begin first."""
        ...

    async def find(self, id_: str) -> Maintenance | None: ...
    async def add(self, change: Change[Maintenance]) -> None:
        """Raises UserError where there are too many."""
        ...

    async def change(self, maintenance: Maintenance, decide: DecideMaintenance) -> Change[Maintenance]: ...
    def new_id(self) -> str: ...


class Storms(Protocol):
    """The storms of this server."""

    async def found(self, id_: str) -> Storm | None: ...
    async def listed(self) -> list[Storm]:
        """Those with live groups, the newest first."""
        ...

    async def change(self, storm: Storm, decide: DecideStorm) -> Change[Storm]: ...


class Chat(Protocol):
    """What commands need of the Mattermost they were called from."""

    async def room(self, named: str, *, team_id: str) -> Room:
        """A channel by id or name. Raises NotFound."""
        ...

    async def message(self, post_id: str) -> str:
        """What a message says, if the acting person is in its channel. Empty if not, or where it cannot be read."""
        ...

    async def open_room(self, name: str, title: str, *, private: bool) -> Room:
        """Make a channel; where the name is taken it gets a number. Raises Denied where the bot may not."""
        ...

    async def invite(self, room: Room, user_ids: Sequence[str]) -> tuple[str, ...]:
        """Make people members; the ids of those whom Mattermost does not let in."""
        ...

    async def post(self, room: Room, message: str) -> None: ...

    async def join(self, room: Room) -> None:
        """Make the bot a member, with the acting person's rights where the surface lends them. Raises Denied."""
        ...


class Reinstalling(Protocol):
    """A fresh install secret, shown once, and the command that asks for it."""

    @property
    def secret(self) -> Secret: ...
    @property
    def install_command(self) -> str: ...


class Installation(Protocol):
    """This server's own document, and what finishes its installation."""

    async def change(self, decide: DecideServer) -> Change[Server]: ...
    async def finish(self, code: str) -> Text:
        """Use the single-use install code. Raises Denied."""
        ...

    async def new_secret(self) -> Reinstalling:
        """Beside the one in use, which its first use retires."""
        ...

    async def keep_token(self, token: str) -> Text:
        """A lasting token of the bot's own account. Raises UserError where Mattermost says it is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Handed to every command. `now` is the database's time; `reader` is the acting person.

    `news` is what happened to the person by this call and will be said with the answer.
    """

    call: Call
    server: Server
    person: Person
    now: datetime
    reader: Reader
    news: Text
    registry: Registry
    public_url: str
    groups: Groups
    people: People
    linking: Linking
    integrations: Integrations
    maintenances: Maintenances
    storms: Storms
    chat: Chat
    installation: Installation

    @property
    def must_link(self) -> bool:
        """Whether this person may not act on alerts before they are linked."""
        return self.server.who_may_act is Who.LINKED and not self.person.linked

    @property
    def link_to_post(self) -> str:
        """The address of the message that this call is about; Mattermost finds its channel and team."""
        if not self.about_post or not self.server.site_url:
            return ""
        return f"{self.server.site_url}/_redirect/pl/{self.about_post}"

    def quotes(self, text: str) -> bool:
        """Whether this is what that message says, word for word, also after a form in between."""
        known = self.call.memory.get("quoted", "") or digest_of(self.call.quoted)
        return bool(self.about_post) and digest_of(text) == known

    @property
    def about_post(self) -> str:
        """The message that the person acts on from its menu, also after a form in between."""
        return self.call.memory.get("post", "") or (self.call.post_id if self.call.opened is Opened.MENU else "")


class Contexts(Protocol):
    """Makes contexts; lives outside, where the database and Mattermost are known."""

    async def server(self, server_id: str) -> Server | None: ...
    async def make(self, call: Call, server: Server) -> Context:
        """Provisions the person on their first action."""
        ...

    async def confirm_role(self, context: Context, *, lately: bool = False) -> Context:
        """Ask Mattermost again who this person is. `lately`: an answer of the last minute will do."""
        ...
