"""Notes that are messages: what became of the message is looked up from time to time, and the note follows. Pure.

Why from time to time: no surface tells a bot of edits (the Apps framework has no such notification), and a websocket
per server would have to be kept, resumed and shared between processes for the few notes there are. So a group with
such notes carries an effect that is due again and again: soon after the note, when people correct what they wrote,
later each hour, and no more once the group has been resolved for a week. That is one request about all notes of a
group, never on the way of an alert or of an answer. What the bot's account may not read, or what is gone without a
trace, stays as it was noted. So does what was said where not everybody is who sees the alert: somebody chose to pass on
those words, and not those that come later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from bot.core.alert_group import AlertGroup, Entry, GroupChange, Kind, Note
from bot.core.changes import Change, Effect, FollowNotes
from bot.core.consequences import log, tell
from bot.core.neutral import cut, neutral
from bot.core.replacing import replace
from bot.core.text import Text, say

FOLLOWED = timedelta(days=7)
SOON = timedelta(minutes=1)
AT_LATEST = timedelta(hours=1)
NOTE_LENGTH = 3000  # what a form takes
SHOWN_LENGTH = 500


class SeenMessage(Struct, frozen=True, kw_only=True):
    """A noted message as it is now. `apart`: not everybody who sees the alert may read it where it was said."""

    text: str
    deleted: bool = False
    apart: bool = False


def note_in_words(note: Note) -> Text:
    text = neutral(note.text, SHOWN_LENGTH)
    if note.deleted:
        return say("Note by {by}: {text} (the message was deleted)", by=note.by, text=text)
    if note.edited:
        return say("Note by {by}: {text} (edited)", by=note.by, text=text)
    return say("Note by {by}: {text}", by=note.by, text=text)


def followed(group: AlertGroup) -> tuple[Note, ...]:
    """The notes whose messages may still change."""
    return tuple(note for note in group.notes if note.copied and not note.deleted)


def follow(group: AlertGroup, *, now: datetime) -> tuple[Effect, ...]:
    """Look again after half the time that the newest note has been there."""
    notes = followed(group)
    if not notes or (not group.live and now - group.changed_at > FOLLOWED):
        return ()
    pause = min(max((now - max(note.at for note in notes)) / 2, SOON), AT_LATEST)
    return (Effect(key="notes", do=FollowNotes(), at=now + pause),)


def seen(group: AlertGroup, *, messages: Mapping[str, SeenMessage], now: datetime) -> GroupChange:
    """What became of the noted messages, by the ids of their posts. Who is missing is as it was."""
    after = group
    for note in followed(group):
        message = messages.get(note.post_id)
        if message is not None:
            after = _with_note(after, note, _as_message(note, message), now)
    return Change(doc=after, effects=(*(tell(after) if after != group else ()), *follow(after, now=now)))


def _as_message(note: Note, message: SeenMessage) -> Note:
    if message.apart:
        return replace(note, copied=False)
    if message.deleted:
        return replace(note, deleted=True)
    text = cut(message.text.strip(), NOTE_LENGTH)
    return note if text in ("", note.text) else replace(note, text=text, edited=True)


def _with_note(group: AlertGroup, before: Note, after: Note, now: datetime) -> AlertGroup:
    """The line in the history says what is so now; the thread, which said the other, is told."""
    if after == before:
        return group
    notes = tuple(after if note is before else note for note in group.notes)
    if not after.copied:
        return replace(group, notes=notes)
    history = tuple(_with_text(entry, before, after) for entry in group.history)
    told = (
        say("The message that {by} noted was deleted. The note stays.", by=after.by)
        if after.deleted
        else say("The message that {by} noted was edited: {text}", by=after.by, text=neutral(after.text, SHOWN_LENGTH))
    )
    return log(replace(group, notes=notes, history=history), now, told, kind=Kind.NOTE)


def _with_text(entry: Entry, before: Note, after: Note) -> Entry:
    return replace(entry, text=note_in_words(after)) if entry.text == note_in_words(before) else entry
