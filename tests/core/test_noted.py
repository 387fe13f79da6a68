"""Notes that follow the messages they came from."""

from datetime import timedelta

import pytest

from bot.core import alerts, noted
from bot.core.alert_group import AlertGroup, Note
from bot.core.changes import FollowNotes
from bot.core.noted import FOLLOWED, SeenMessage
from bot.words import Reader, words
from tests.core.groups import NOW, fired

READER = Reader(now=NOW)


def with_note(**more) -> AlertGroup:
    note = Note(at=NOW, by="@ben", text="Disk full", post_id="p1", **{"copied": True, **more})
    return alerts.add_note(fired(), note=note, now=NOW).doc


def lines(doc: AlertGroup) -> list[str]:
    return [words(entry.text, READER) for entry in doc.history[-2:]]


def seen(doc: AlertGroup, message: SeenMessage, *, now=NOW + timedelta(minutes=1)):
    return noted.seen(doc, messages={"p1": message}, now=now)


def test_an_edited_message_changes_its_note_and_the_thread_is_told():
    change = seen(with_note(), SeenMessage(text=" Disk of db-3 full "))
    assert [(note.text, note.edited) for note in change.doc.notes] == [("Disk of db-3 full", True)]
    assert lines(change.doc) == [
        "Note by @ben: Disk of db-3 full (edited)",
        "The message that @ben noted was edited: Disk of db-3 full",
    ]


def test_a_deleted_message_leaves_its_note():
    change = seen(with_note(), SeenMessage(text="", deleted=True))
    assert [note.text for note in change.doc.notes] == ["Disk full"]
    assert lines(change.doc) == [
        "Note by @ben: Disk full (the message was deleted)",
        "The message that @ben noted was deleted. The note stays.",
    ]
    assert [effect.key for effect in change.effects if effect.key == "notes"] == []


def test_what_was_edited_and_then_deleted_is_found_again():
    edited = seen(with_note(), SeenMessage(text="Disk of db-3 full")).doc
    assert "Note by @ben: Disk of db-3 full (the message was deleted)" in [
        words(entry.text, READER) for entry in seen(edited, SeenMessage(text="", deleted=True)).doc.history
    ]


@pytest.mark.parametrize(
    "message", [SeenMessage(text="Disk full"), SeenMessage(text=" Disk full\n"), SeenMessage(text="")]
)
def test_what_says_the_same_or_nothing_changes_nothing(message: SeenMessage):
    doc = with_note()
    change = seen(doc, message)
    assert change.doc == doc
    assert [effect.key for effect in change.effects] == ["notes"]


def test_what_was_said_where_others_are_missing_is_never_looked_at_again():
    change = seen(with_note(), SeenMessage(text="A password", apart=True))
    assert [(note.text, note.copied) for note in change.doc.notes] == [("Disk full", False)]
    assert change.doc.history == with_note().history
    assert [effect.key for effect in change.effects if effect.key == "notes"] == []


def test_what_cannot_be_read_is_left_as_it_was_noted():
    doc = with_note()
    assert noted.seen(doc, messages={}, now=NOW).doc == doc


def test_a_note_in_other_words_is_not_the_message():
    doc = with_note(copied=False)
    assert noted.followed(doc) == ()
    assert seen(doc, SeenMessage(text="Something else")).doc == doc


def test_a_message_is_looked_at_soon_then_each_hour_and_not_for_ever():
    doc = with_note()

    def next_look(after: timedelta) -> timedelta | None:
        effects = noted.follow(doc, now=NOW + after)
        assert all(effect.do == FollowNotes() for effect in effects)
        return effects[0].at - NOW - after if effects and effects[0].at else None

    assert next_look(timedelta()) == timedelta(minutes=1)
    assert next_look(timedelta(minutes=10)) == timedelta(minutes=5)
    assert next_look(timedelta(days=30)) == timedelta(hours=1)
    doc = alerts.resolve(doc, by="@ben", now=NOW).doc
    assert next_look(FOLLOWED) == timedelta(hours=1)
    assert next_look(FOLLOWED + timedelta(seconds=1)) is None
