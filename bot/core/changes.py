"""What a decision is: the next document, what must then happen outside, and the sentence for the person."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

from msgspec import Struct

from bot.core.text import NOTHING, Text

Document = TypeVar("Document")
# As many posts as anybody looks at; the others follow with their next change.
REDRAWN = 2_000


class Draw(Struct, frozen=True, kw_only=True):
    """Make a post show the document as it is when delivered. `post` is "card" or the key of a page."""

    post: str = "card"


class Page(Struct, frozen=True, kw_only=True):
    """Tell a person to look, now. `page` names this page for ever: turn, step and person.

    With `asked_by` a colleague wants them, so it is sent as long as the group is live; else only while it fires.
    """

    page: str
    person_id: str
    asked_by: str = ""


class Tell(Struct, frozen=True, kw_only=True):
    """Write the history entries that the thread does not show yet into the thread."""


class Mirror(Struct, frozen=True, kw_only=True):
    """Write the changes of state into the thread of the message that the document is about."""


class FollowNotes(Struct, frozen=True, kw_only=True):
    """Look what became of the messages that are notes of the document."""


class TellAdmin(Struct, frozen=True, kw_only=True):
    """Send the admin with this Mattermost user id a direct message; without one, whoever installed the bot."""

    text: Text
    user_id: str = ""


class TellChannel(Struct, frozen=True, kw_only=True):
    """Tell in the channel of an integration what those who live with it should know. `about` names the matter."""

    about: str
    text: Text


class RenewPushToken(Struct, frozen=True, kw_only=True):
    """Ask Mattermost, through our own webhook there, to call us with a fresh bot token."""


class RedrawGroups(Struct, frozen=True, kw_only=True):
    """Draw the posts of the live alert groups of this server anew; with `channel_id` only of those posted there.

    In slices, the newest first: those numbered from `before` on are done, and `left` more are still to be.
    """

    channel_id: str = ""
    before: int = 0
    left: int = REDRAWN


class DeleteServer(Struct, frozen=True, kw_only=True):
    """Delete this server with everything that belongs to it: it was removed long ago, or never installed."""


class CloseStale(Struct, frozen=True, kw_only=True):
    """Close the alert group if nothing came for it for long."""


class ActOnAll(Struct, frozen=True, kw_only=True):
    """Do the same to all live alert groups of a storm, in slices: those numbered up to `after` are done."""

    verb: str
    by: str
    at: datetime
    until: datetime | None = None
    reason: str = ""
    after: int = 0


class ShowApart(Struct, frozen=True, kw_only=True):
    """Give the live alert groups of a storm posts of their own, in slices: those numbered up to `after` have theirs."""

    after: int = 0


class ReportHeartbeat(Struct, frozen=True, kw_only=True):
    """Let the intake know that a heartbeat is missing, or back."""

    missing: bool


class ReviewGroups(Struct, frozen=True, kw_only=True):
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


class Effect(Struct, frozen=True, kw_only=True):
    """Something to do outside. A second effect with the same key replaces the waiting one.

    `at` is the earliest instant to do it; None is at once.
    """

    key: str
    do: Do
    at: datetime | None = None


class Change(Struct, Generic[Document], frozen=True, kw_only=True):
    """The result of a verb. Nothing to do is a Change with the same document and a note, not an exception.

    `dropped` are keys of waiting effects that have lost their reason. So have the `withdrawn`; but one that may have
    been carried out, with an answer that was lost, stays until that is known.
    """

    doc: Document
    effects: tuple[Effect, ...] = ()
    note: Text = NOTHING
    dropped: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
