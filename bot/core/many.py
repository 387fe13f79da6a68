"""The same done to many alert groups at once: which ones `all` means, and what is said of them together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from msgspec import Struct, field

from bot.core.alert_group import AlertGroup, GroupChange, Status
from bot.core.replacing import replace
from bot.core.text import Text, count, say

Act = Callable[[AlertGroup], GroupChange]

MISSING = count("There is no alert group {numbers}.", "There are no alert groups {numbers}.")
FAILED = say("{numbers} could not be changed just now. Please try again.")
FIRES_AGAIN = count(
    "{numbers} fires again; the people in line are paged.", "{numbers} fire again; the people in line are paged."
)
RESOLVED = count("{numbers} is already resolved.", "{numbers} are already resolved.")


class Outline(Struct, frozen=True, kw_only=True):
    """What has to be known of many alert groups to choose among them."""

    number: int
    title: str
    status: Status
    severity: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    silenced_until: datetime | None = None


class Verb(Struct, frozen=True, kw_only=True):
    """What people do to many: `states` are those that `all` means, `done` is said of those that it was done to.

    `button` does it after a look at which ones.
    """

    command: str
    states: tuple[Status, ...]
    done: Text
    button: Text


ACKNOWLEDGE = Verb(
    command="ack",
    states=(Status.FIRING,),
    done=count(
        "{numbers} is yours: nobody else is paged for it.", "{numbers} are yours: nobody else is paged for them."
    ),
    button=count("Acknowledge it", "Acknowledge all {count}"),
)
UNACKNOWLEDGE = Verb(
    command="unack",
    states=(Status.ACKNOWLEDGED,),
    done=FIRES_AGAIN,
    button=count("Unacknowledge it", "Unacknowledge all {count}"),
)
RESOLVE = Verb(
    command="resolve",
    states=(Status.FIRING, Status.ACKNOWLEDGED, Status.SILENCED),
    done=count("{numbers} is resolved.", "{numbers} are resolved."),
    button=count("Resolve it", "Resolve all {count}"),
)
SILENCE = Verb(
    command="silence",
    states=(Status.FIRING, Status.ACKNOWLEDGED),
    done=count("{numbers} is silenced until {until}.", "{numbers} are silenced until {until}."),
    button=count("Silence it", "Silence all {count}"),
)
UNSILENCE = Verb(
    command="unsilence",
    states=(Status.SILENCED,),
    done=FIRES_AGAIN,
    button=count("Unsilence it", "Unsilence all {count}"),
)


# ---- what is said of them together ---------------------------------------------------------------------------------


def together(group: AlertGroup, *, act: Act, verb: Verb, by: str) -> GroupChange:
    """The decision about one of many. Its note is the same for all that the same became of, without their numbers."""
    change = act(group)
    return replace(change, note=_unchanged(group, verb, by) if change.doc is group else _done(change.doc, verb))


def _done(group: AlertGroup, verb: Verb) -> Text:
    return replace(verb.done, values={"until": group.silenced_until}) if verb is SILENCE else verb.done


def _unchanged(group: AlertGroup, verb: Verb, by: str) -> Text:
    if verb is UNACKNOWLEDGE:
        return count("{numbers} is not acknowledged.", "{numbers} are not acknowledged.")
    if verb is UNSILENCE:
        return count("{numbers} is not silenced.", "{numbers} are not silenced.")
    if not group.live:
        return RESOLVED
    if group.acknowledged_by == by:
        return say("You already have {numbers}.")
    return say("{by} already acknowledged {numbers}.", by=group.acknowledged_by)


def summary(notes: Mapping[int, Text]) -> list[Text]:
    """What became of many, by number: a sentence for all of which the same is to be said."""
    alike: dict[tuple[str, str], tuple[Text, list[int]]] = {}
    for number, note in notes.items():
        alike.setdefault((note.english, repr(note.values)), (note, []))[1].append(number)
    return [
        replace(note, values={**note.values, "count": len(numbers), "numbers": numbers_in_words(numbers)})
        for note, numbers in alike.values()
    ]


def numbers_in_words(numbers: Iterable[int]) -> Text | str:
    *first, last = [f"#{one}" if one == other else f"#{one}–#{other}" for one, other in _runs(numbers)]
    return say("{first} and {last}", first=", ".join(first), last=last) if first else last


def written(numbers: Iterable[int]) -> str:
    """As people type them: `12-20,25`."""
    return ",".join(str(one) if one == other else f"{one}-{other}" for one, other in _runs(numbers))


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of those that follow each other; two are no run yet."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return [
        one
        for first, last in runs
        for one in (((first, last),) if last - first != 1 else ((first, first), (last, last)))
    ]
