"""What an alert group is: the document, and what can be read off it. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct, field

from bot.core.changes import Change
from bot.core.replacing import replace
from bot.core.text import Text, count, say

HISTORY_KEPT = 100
PAGES_KEPT = 200
SAMPLES_KEPT = 8
NOTES_KEPT = 100
FIRING_KEPT = 10_000
SOURCE_LENGTH = 60
EDIT_PAUSE = timedelta(seconds=2)
CARD = "card"
COPY = "copy:"


class Status(StrEnum):
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    RESOLVED = "resolved"


class Heading(Struct, frozen=True, kw_only=True):
    """What lists to choose from show of an alert group."""

    number: int
    title: str
    status: Status


class Line(Struct, frozen=True, kw_only=True):
    """What a list shows of an alert group: enough to tell its state in words."""

    number: int
    title: str
    status: Status
    severity: str = ""
    opened_at: datetime
    changed_at: datetime
    changed_by: str = ""
    acknowledged_by: str = ""
    silenced_until: datetime | None = None
    maintenance: str = ""
    maintenance_id: str = ""
    flaps: int = 0


class Link(Struct, frozen=True, kw_only=True):
    """Labels from outside are strings, ours are Texts."""

    label: Text | str
    url: str


class Alert(Struct, frozen=True, kw_only=True):
    """One event received. `fingerprint` tells alerts of one source apart; `begun_at` tells two firings apart."""

    fingerprint: str
    firing: bool
    title: str
    summary: str = ""
    severity: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    begun_at: datetime | None = None


class Step(Struct, frozen=True, kw_only=True):
    """People to page, `wait` seconds after the step before (the first: after the group opened)."""

    wait: int
    people: tuple[str, ...]


class Kind(StrEnum):
    """What a line of the history is about: threads may tell less than all."""

    STATE = "state"
    PAGE = "page"
    NOTE = "note"
    COUNT = "count"


class Entry(Struct, frozen=True, kw_only=True):
    """One line of the history. `seq` numbers them from 1 without gaps."""

    seq: int
    at: datetime
    text: Text
    by: str = ""
    kind: Kind = Kind.STATE


class Posted(Struct, frozen=True, kw_only=True):
    """A post of ours. `edited_at` is when it last came to show the truth."""

    channel_id: str
    post_id: str
    edited_at: datetime


class Place(Struct, frozen=True, kw_only=True):
    """A channel in which a group has its card. `lost` counts the posts there that were deleted."""

    channel_id: str
    post: Posted | None = None
    lost: int = 0

    @property
    def name(self) -> str:
        """What the card there is called in effects."""
        return f"{COPY}{self.channel_id}"


class Paged(Struct, frozen=True, kw_only=True):
    """A person who was told. `post` is the direct message that told them, if it was one."""

    person_id: str
    at: datetime
    post: Posted | None = None
    failed: Text | str = ""


class Note(Struct, frozen=True, kw_only=True):
    """A resolution note: what somebody found out or did. `post_id` is the message it came from, if it was one.

    `copied`: the text is that of the message and changes with it. `edited` and `deleted` are what became of that.
    """

    at: datetime
    by: str
    text: str
    post_id: str = ""
    link: str = ""
    copied: bool = False
    edited: bool = False
    deleted: bool = False


class AlertGroup(Struct, frozen=True, kw_only=True):
    """What people work on: alerts that belong together, in one state.

    `also` are further channels with a card; the thread is under the one in `channel_id`. `route` is what decided about
    that when the group opened. `maintenance` is why it is silenced, where a maintenance did that. `storm` is the storm
    whose post shows it in place of a card in that channel, unless it is shown `apart` all the same. It is kept for
    `kept_days` after it is resolved, and closed when nothing came for `close_after` days (0 is never) since `last_at`.
    `room_asked_at` is when somebody began to open a channel for it, while that is under way.
    `flaps` is how often it fired in a row, where that was too often for a new group each time.
    """

    id: str
    server_id: str
    number: int
    integration_id: str
    integration_name: str
    key: str
    status: Status = Status.FIRING
    title: str
    summary: str = ""
    severity: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    opened_at: datetime
    alerts: int = 0
    repeats: int = 0
    firing: tuple[str, ...] = ()
    samples: tuple[Alert, ...] = ()
    channel_id: str = ""
    chain: tuple[Step, ...] = ()
    turn: int = 0
    step: int = 0
    due_at: datetime | None = None
    acknowledged_by: str = ""
    silenced_until: datetime | None = None
    changed_at: datetime
    changed_by: str = ""
    card: Posted | None = None
    cards_lost: int = 0
    pages: dict[str, Paged] = field(default_factory=dict)
    history: tuple[Entry, ...] = ()
    told: int = 0
    notes: tuple[Note, ...] = ()
    opened_by: str = ""
    about_post: str = ""
    room: str = ""
    room_asked_at: datetime | None = None
    mirrored: int = 0
    counted: int = 0
    also: tuple[Place, ...] = ()
    route: str = ""
    route_id: str = ""
    maintenance: str = ""
    maintenance_id: str = ""
    storm: str = ""
    apart: bool = False
    kept_days: int = 365
    close_after: int = 0
    last_at: datetime | None = None
    flaps: int = 0

    @property
    def live(self) -> bool:
        return self.status is not Status.RESOLVED

    @property
    def name(self) -> str:
        return f"#{self.number}"

    @property
    def gathered(self) -> bool:
        """Whether the post of a storm shows it, and no card of its own."""
        return bool(self.storm) and not self.apart


GroupChange = Change[AlertGroup]


def places(group: AlertGroup) -> dict[str, Place]:
    """Where cards of this group are or shall be, by the name of the card."""
    if not group.channel_id:
        return {}
    first = Place(channel_id=group.channel_id, post=group.card, lost=group.cards_lost)
    return {**({} if group.gathered else {CARD: first}), **{place.name: place for place in group.also}}


def with_place(group: AlertGroup, place: Place) -> AlertGroup:
    """The card of a further channel, changed."""
    return replace(group, also=tuple(place if one.channel_id == place.channel_id else one for one in group.also))


def untold(group: AlertGroup) -> tuple[Entry, ...]:
    return tuple(entry for entry in group.history if entry.seq > group.told)


def unmirrored(group: AlertGroup) -> tuple[Entry, ...]:
    """Whoever asked knows that it fired, which is the first entry: they asked for it."""
    if not group.about_post:
        return ()
    known = max(group.mirrored, 1)
    return tuple(entry for entry in group.history if entry.seq > known and entry.kind is Kind.STATE)


def alerts_in_words(group: AlertGroup) -> Text:
    return count("{count} alert", "{count} alerts", count=group.alerts)


def counted_in_words(group: AlertGroup) -> Text:
    """With the repeats, where there are any."""
    alerts = alerts_in_words(group)
    if not group.repeats:
        return alerts
    return say(
        "{alerts}, {repeats}", alerts=alerts, repeats=count("{count} repeat", "{count} repeats", count=group.repeats)
    )
