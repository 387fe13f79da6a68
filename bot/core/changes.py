"""What a decision is: the next document, what must then happen outside, and the sentence for the person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from bot.core.text import NOTHING, Text

Document = TypeVar("Document")
# As many posts as anybody looks at; the others follow with their next change.
REDRAWN = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Make a post show the document as it is when delivered. `post` is "card" or the key of a page."""

    post: str = "card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Tell a person to look, now. `page` names this page for ever: turn, step and person.

    With `asked_by` a colleague wants them, so it is sent as long as the group is live; else only while it fires.
    """

    page: str
    person_id: str
    asked_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Write the history entries that the thread does not show yet into the thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """Write the changes of state into the thread of the message that the document is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowNotes:
    """Look what became of the messages that are notes of the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellAdmin:
    """Send the admin with this Mattermost user id a direct message; without one, whoever installed the bot."""

    text: Text
    user_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellChannel:
    """Tell in the channel of an integration what those who live with it should know. `about` names the matter."""

    about: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewPushToken:
    """Ask Mattermost, through our own webhook there, to call us with a fresh bot token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrawGroups:
    """Draw the posts of the live alert groups of this server anew; with `channel_id` only of those posted there.

    In slices, the newest first: those numbered from `before` on are done, and `left` more are still to be.
    """

    channel_id: str = ""
    before: int = 0
    left: int = REDRAWN


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteServer:
    """Delete this server with everything that belongs to it: it was removed long ago, or never installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseStale:
    """Close the alert group if nothing came for it for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActOnAll:
    """Do the same to all live alert groups of a storm, in slices: those numbered up to `after` are done."""

    verb: str
    by: str
    at: datetime
    until: datetime | None = None
    reason: str = ""
    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowApart:
    """Give the live alert groups of a storm posts of their own, in slices: those numbered up to `after` have theirs."""

    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportHeartbeat:
    """Let the intake know that a heartbeat is missing, or back."""

    missing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewGroups:
    """Look anew how long maintenance keeps alert groups silent: one began, or was ended early."""


Do = (
    Draw
    | Page
    | Tell
    | Mirror
    | FollowNotes
    | TellAdmin
    | TellChannel
    | RenewPushToken
    | RedrawGroups
    | DeleteServer
    | ReportHeartbeat
    | ReviewGroups
    | CloseStale
    | ActOnAll
    | ShowApart
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Something to do outside. A second effect with the same key replaces the waiting one.

    `at` is the earliest instant to do it; None is at once.
    """

    key: str
    do: Do
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[Document]):
    """The result of a verb. Nothing to do is a Change with the same document and a note, not an exception.

    `dropped` are keys of waiting effects that have lost their reason. So have the `withdrawn`; but one that may have
    been carried out, with an answer that was lost, stays until that is known.
    """

    doc: Document
    effects: tuple[Effect, ...] = ()
    note: Text = NOTHING
    dropped: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
