"""What Opsgenie's Alert API can do to an alert that exists, by the end of the path; removing comes as DELETE.

Responders, teams, owners and escalations have no counterpart: who is paged is decided here. They become notes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bot.core.restating import Restatement
from bot.integrations.opsgenie import BAD_PRIORITY, EMPTY, SEVERITIES
from bot.integrations.payload import (
    LABELS_KEPT,
    NAME_LENGTH,
    SUMMARY_LENGTH,
    TITLE_LENGTH,
    VALUE_LENGTH,
    Act,
    Invalid,
    Verb,
    clean,
    clean_labels,
)
from bot.integrations.pieces import flat, in_one, mapping, moment

BAD_TIME = "EndTime must be an instant in the future, like 2027-04-05T22:00:00Z."
REMOVE = "remove-"
DELETE = "delete"

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request says, and when it came. `member` is the one that its action cannot do without."""

    document: Json
    member: str
    now: datetime

    @property
    def by(self) -> str:
        return clean(self.document.get("user"), VALUE_LENGTH).strip()

    @property
    def value(self) -> Any:
        return self.document.get(self.member)

    def act(self, verb: Verb, **more: Any) -> Act:
        return Act(key="", verb=verb, by=self.by, **more)

    def missing(self) -> Invalid:
        return Invalid({self.member: f"{self.member[:1].upper()}{self.member[1:]} can not be empty."})


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """`name` and `done` are how the status of its request speaks of it."""

    name: str
    done: str
    does: Callable[[Asked], Act]
    member: str = ""


def acts(action: Action, document: Json, *, now: datetime) -> tuple[Act, ...]:
    """In their order: what is noted comes before what is done. Raises Invalid with Opsgenie's field names."""
    asked = Asked(document=document, member=action.member, now=now)
    text = clean(document.get("note"), SUMMARY_LENGTH).strip()
    noted = (asked.act(Verb.NOTE, text=text),) if text and action.member != "note" else ()
    return (*noted, action.does(asked))


def _close(asked: Asked) -> Act:
    return asked.act(Verb.RESOLVE)


def _acknowledge(asked: Asked) -> Act:
    return asked.act(Verb.ACKNOWLEDGE)


def _unacknowledge(asked: Asked) -> Act:
    return asked.act(Verb.UNACKNOWLEDGE)


def _snooze(asked: Asked) -> Act:
    until = moment(asked.value)
    if until is None or until <= asked.now:
        raise Invalid({asked.member: BAD_TIME})
    return asked.act(Verb.SILENCE, until=until)


def _note(asked: Asked) -> Act:
    return asked.act(Verb.NOTE, text=_text(asked, SUMMARY_LENGTH))


def _prioritize(asked: Asked) -> Act:
    if not isinstance(asked.value, str) or asked.value not in SEVERITIES:
        raise Invalid({asked.member: BAD_PRIORITY})
    return asked.act(Verb.RATE, text=SEVERITIES[asked.value])


def _rename(asked: Asked) -> Act:
    title = clean(asked.value, TITLE_LENGTH).strip()
    if not title:
        raise Invalid({asked.member: EMPTY})
    return _restated(asked, "Now called", title, Restatement(title=title))


def _describe(asked: Asked) -> Act:
    text = _text(asked, SUMMARY_LENGTH)
    return _restated(asked, "Described as", text, Restatement(summary=text))


def _tag(asked: Asked) -> Act:
    tags = _listed(asked)
    return _restated(asked, "Tags added:", ", ".join(tags), Restatement(tags=tags))


def _untag(asked: Asked) -> Act:
    tags = _listed(asked)
    return _restated(asked, "Tags removed:", ", ".join(tags), Restatement(untagged=tags))


def _detail(asked: Asked) -> Act:
    details = clean_labels(flat(mapping(asked.value)))
    if not details:
        raise asked.missing()
    said = ", ".join(f"{name} {text}" for name, text in details.items())
    return _restated(asked, "Details added:", said, Restatement(labels=details))


def _undetail(asked: Asked) -> Act:
    names = _listed(asked)
    return _restated(asked, "Details removed:", ", ".join(names), Restatement(without=names))


def _only_noted(words: str) -> Callable[[Asked], Act]:
    def does(asked: Asked) -> Act:
        return asked.act(Verb.NOTE, text=clean(f"{words} {_named(asked)}", SUMMARY_LENGTH))

    return does


def _restated(asked: Asked, words: str, what: str, said: Restatement) -> Act:
    return asked.act(Verb.RESTATE, text=clean(f"{words} {what}", SUMMARY_LENGTH), said=said)


def _text(asked: Asked, length: int) -> str:
    text = clean(asked.value, length).strip()
    if not text:
        raise asked.missing()
    return text


def _listed(asked: Asked) -> tuple[str, ...]:
    """A list, or a text with commas as in the query of a DELETE."""
    given = asked.value.split(",") if isinstance(asked.value, str) else asked.value
    listed: Sequence[object] = given if isinstance(given, list) else ()
    found = (clean(one, NAME_LENGTH).replace(",", " ").strip() for one in listed[:LABELS_KEPT])
    kept = tuple(dict.fromkeys(filter(None, found)))
    if not kept:
        raise asked.missing()
    return kept


def _named(asked: Asked) -> str:
    """Somebody: `{"username": …}`, `{"name": …}`, `{"id": …}`, or a text."""
    given = asked.value
    if isinstance(given, dict):
        said = clean(next((given[name] for name in ("username", "name", "id") if given.get(name)), ""), VALUE_LENGTH)
    else:
        said = in_one(given) if isinstance(given, list) else clean(given, VALUE_LENGTH)
    if not said.strip():
        raise asked.missing()
    return said.strip()


# To delete is to close: what happened is not forgotten. Ids of requests tell an action by its place: append only.
ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        "close": Action(name="Close", done="Closed alert", does=_close),
        DELETE: Action(name="Delete", done="Deleted alert", does=_close),
        "acknowledge": Action(name="Acknowledge", done="Acknowledged alert", does=_acknowledge),
        "unacknowledge": Action(name="UnAcknowledge", done="Unacknowledged alert", does=_unacknowledge),
        "snooze": Action(name="Snooze", done="Snoozed alert", member="endTime", does=_snooze),
        "notes": Action(name="AddNote", done="Added note to alert", member="note", does=_note),
        "tags": Action(name="AddTags", done="Added tags to alert", member="tags", does=_tag),
        "remove-tags": Action(name="RemoveTags", done="Removed tags from alert", member="tags", does=_untag),
        "details": Action(name="AddDetails", done="Added details to alert", member="details", does=_detail),
        "remove-details": Action(
            name="RemoveDetails", done="Removed details from alert", member="keys", does=_undetail
        ),
        "message": Action(name="UpdateMessage", done="Updated message", member="message", does=_rename),
        "description": Action(
            name="UpdateDescription", done="Updated description", member="description", does=_describe
        ),
        "priority": Action(name="UpdatePriority", done="Updated priority", member="priority", does=_prioritize),
        "assign": Action(name="AssignOwnership", done="Noted owner", member="owner", does=_only_noted("Assigned to")),
        "responders": Action(
            name="AddResponder", done="Noted responder", member="responder", does=_only_noted("Responder added:")
        ),
        "teams": Action(name="AddTeam", done="Noted team", member="team", does=_only_noted("Team added:")),
        "escalate": Action(
            name="EscalateNext", done="Noted escalation", member="escalation", does=_only_noted("Escalated to")
        ),
    }
)
