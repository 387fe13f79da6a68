"""A sender says anew what its alert group is called, says, or is labelled with. Pure."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

from bot.core.alert_group import AlertGroup, GroupChange, Note
from bot.core.alerts import add_note
from bot.core.consequences import draw_all
from bot.core.replacing import replace

TAGS = "tags"
SEPARATOR = ", "
LABELS_KEPT = 40
TAGS_LENGTH = 200


class Restatement(Struct, frozen=True, kw_only=True):
    """What is empty stays as it is. `labels` come, `without` go; so do `tags` and `untagged`, which are one label."""

    title: str = ""
    summary: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    untagged: tuple[str, ...] = ()


def restate(group: AlertGroup, *, said: Restatement, note: Note, now: datetime) -> GroupChange:
    """With a note, so that people see what it was before."""
    change = add_note(group, note=note, now=now)
    after = restated(change.doc, said)
    return replace(change, doc=after, effects=(*change.effects, *draw_all(after, now)))


def restated(group: AlertGroup, said: Restatement) -> AlertGroup:
    return replace(
        group,
        title=said.title or group.title,
        summary=said.summary or group.summary,
        labels=_labels(group.labels, said),
    )


def tags_of(labels: dict[str, str]) -> list[str]:
    return labels[TAGS].split(SEPARATOR) if labels.get(TAGS) else []


def _labels(before: dict[str, str], said: Restatement) -> dict[str, str]:
    kept = {name: value for name, value in (before | said.labels).items() if name not in said.without}
    if said.tags or said.untagged:
        tags = dict.fromkeys((*tags_of(before), *said.tags))
        kept[TAGS] = _joined([tag for tag in tags if tag not in said.untagged])
    return dict([(name, value) for name, value in kept.items() if value][:LABELS_KEPT])


def _joined(tags: list[str]) -> str:
    """As many whole ones as a label holds."""
    while tags and len(SEPARATOR.join(tags)) > TAGS_LENGTH:
        tags = tags[:-1]
    return SEPARATOR.join(tags)
