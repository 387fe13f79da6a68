"""What a sender says anew of an alert group."""

from bot.core.alert_group import Note
from bot.core.replacing import replace
from bot.core.restating import LABELS_KEPT, TAGS_LENGTH, Restatement, restate, restated, tags_of
from tests.core.groups import NOW, fired

GROUP = replace(fired(), title="Disk", summary="full", labels={"tags": "prod, db", "host": "db-1"})


def test_only_what_is_said_changes():
    assert restated(GROUP, Restatement()) == GROUP
    renamed = restated(GROUP, Restatement(title="Disk is full"))
    assert renamed == replace(GROUP, title="Disk is full")
    assert restated(GROUP, Restatement(summary="97 %")) == replace(GROUP, summary="97 %")


def test_tags_come_once_and_go():
    after = restated(GROUP, Restatement(tags=("db", "disk"))).labels
    assert tags_of(after) == ["prod", "db", "disk"]
    assert tags_of(restated(GROUP, Restatement(untagged=("db", "unheard of"))).labels) == ["prod"]
    assert restated(GROUP, Restatement(untagged=("prod", "db"))).labels == {"host": "db-1"}


def test_as_many_whole_tags_are_kept_as_a_label_holds():
    tags = tuple(f"tag-{number}" for number in range(100))
    kept = restated(GROUP, Restatement(tags=tags)).labels["tags"]
    assert len(kept) <= TAGS_LENGTH and kept.split(", ")[-1] in tags


def test_labels_come_change_and_go_and_are_not_too_many():
    after = restated(GROUP, Restatement(labels={"host": "db-2", "disk": "sda"}))
    assert after.labels == {"tags": "prod, db", "host": "db-2", "disk": "sda"}
    assert "host" not in restated(GROUP, Restatement(without=("host",))).labels
    many = {f"label{number}": "x" for number in range(100)}
    assert len(restated(GROUP, Restatement(labels=many)).labels) == LABELS_KEPT


def test_it_is_noted_and_drawn():
    note = Note(at=NOW, by="Pager", text="Tags added: disk")
    change = restate(GROUP, said=Restatement(tags=("disk",)), note=note, now=NOW)
    assert change.doc.notes[-1] == note and "disk" in change.doc.labels["tags"]
    assert "draw:card" in {effect.key for effect in change.effects}
