"""What an alert group looks like as a post: one drawing, for every surface. Pure.

A card says the state in words and colour, what the trouble is, and what happens next.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from bot.core import muted
from bot.core.alert_group import Alert, AlertGroup, Line, Link, Status, counted_in_words
from bot.core.many import Outline
from bot.core.neutral import TEXT_LENGTH, neutral, plain
from bot.core.replacing import replace
from bot.core.text import NOTHING, Text, say

COLOURS = {
    Status.FIRING: "#D24B4E",
    Status.ACKNOWLEDGED: "#E8A317",
    Status.SILENCED: "#7A8CA3",
    Status.RESOLVED: "#3DB887",
}
MARKS = {
    Status.FIRING: "🔴",
    Status.ACKNOWLEDGED: "🟡",
    Status.SILENCED: "🔕",
    Status.RESOLVED: "🟢",
}
TITLE_IN_LIST = 120
LABELS_SHOWN = 10
VALUE_LENGTH = 300
# What a card offers beside its state's own buttons, in this order; servers may choose fewer.
EXTRAS = ("responders", "note", "show")
# What a page must not look like any other message for.
GRAVE = frozenset({"critical", "page", "fatal", "emergency", "disaster", "high", "p1"})
SAMPLES_SHOWN = 5
# Labels that the card shows in a place of their own.
NAMED = ("alertname", "severity")


class Button(Struct, frozen=True, kw_only=True):
    """Something to press. `ask` opens the command's form first."""

    command: str
    label: Text
    args: dict[str, str] = field(default_factory=dict)
    ask: bool = False
    style: str = "default"


class Select(Struct, frozen=True, kw_only=True):
    """Something to choose. The value, written as people type it, goes into the field that it `fills`.

    Choosing `other` opens the command's form instead.
    """

    command: str
    label: Text
    fills: str
    options: tuple[tuple[str, Text], ...]
    other: Text
    args: dict[str, str] = field(default_factory=dict)


class Field(Struct, frozen=True, kw_only=True):
    """A named value."""

    name: Text | str
    value: Text | str
    short: bool = True


class Card(Struct, frozen=True, kw_only=True):
    """A post about an alert group. Strings come from outside and must be neutralised; Texts are ours."""

    name: str
    title: Text | str
    colour: str
    mark: str
    state: Text
    summary: str = ""
    samples: tuple[str, ...] = ()
    next: Text = NOTHING
    fields: tuple[Field, ...] = ()
    links: tuple[Link, ...] = ()
    more: Text = NOTHING
    buttons: tuple[Button | Select, ...] = ()
    addressed_to: str = ""


def draw(group: AlertGroup, *, names: Mapping[str, str], extras: tuple[str, ...] = EXTRAS) -> Card:
    """The card of a group; `names` gives the mention of every person in its chain."""
    return Card(
        name=group.name,
        title=group.title,
        colour=COLOURS[group.status],
        mark=MARKS[group.status],
        state=state_in_words(group),
        summary=group.summary,
        samples=_samples(group),
        next=_next(group, names),
        fields=_fields(group),
        links=group.links,
        more=say("Not all fits here: `/oncall show {number} --all`", number=group.number) if is_cut(group) else NOTHING,
        buttons=(*_buttons(group), *_extras(group, extras)),
    )


def draw_page(group: AlertGroup, *, names: Mapping[str, str], person_id: str, extras: tuple[str, ...] = EXTRAS) -> Card:
    """The same card as a direct message to somebody who is paged."""
    return replace(draw(group, names=names, extras=extras), addressed_to=names.get(person_id, ""))


def is_cut(group: AlertGroup) -> bool:
    """Whether the card leaves something out, or the text that answers `show`."""
    labels = list(_labels(group).values())
    return (
        len(group.summary) > TEXT_LENGTH
        or len(group.samples) > SAMPLES_SHOWN
        or len(labels) > LABELS_SHOWN
        or any(len(text) > VALUE_LENGTH for text in (*labels, *(sample.summary for sample in group.samples)))
    )


def is_grave(group: AlertGroup) -> bool:
    return group.severity.lower() in GRAVE


def state_in_words(group: AlertGroup | Line) -> Text:
    match group.status:
        case Status.ACKNOWLEDGED:
            return say("Acknowledged by {by} at {at}", by=group.acknowledged_by, at=group.changed_at)
        case Status.SILENCED if group.maintenance_id:
            return muted.in_words(group)
        case Status.SILENCED:
            return say("Silenced by {by} until {until}", by=group.changed_by, until=group.silenced_until)
        case Status.RESOLVED:
            return say("Resolved by {by} at {at}", by=group.changed_by, at=group.changed_at)
        case _ if group.flaps:
            return say("Flapping: fired {count} times in a row", count=group.flaps)
        case _:
            return say("Firing since {at}", at=group.opened_at)


def in_list(group: AlertGroup | Line | Outline, told: Text = NOTHING) -> Text:
    """Its line in a list, with what is told of it."""
    title = neutral(group.title, TITLE_IN_LIST)
    line = say("- {mark} **#{number}** {title}", mark=MARKS[group.status], number=group.number, title=title)
    return say("{line}: {told}", line=line, told=told) if told else line


def _next(group: AlertGroup, names: Mapping[str, str]) -> Text:
    if group.status is not Status.FIRING:
        return NOTHING
    if group.due_at is not None and group.step < len(group.chain):
        # Who is next is not called yet: the card must not ping them.
        people = ", ".join(plain(names.get(person_id, "?")) for person_id in group.chain[group.step].people)
        return say("Pages {people} at {at} unless somebody acknowledges", people=people, at=group.due_at)
    if group.chain:
        return say("Everyone in line has been paged")
    if group.route:
        return say("Nobody is paged: the route “{route}” names no people", route=plain(group.route, 60))
    return say("Nobody is paged: this integration names no people")


def _fields(group: AlertGroup) -> tuple[Field, ...]:
    heading = [
        Field(name=say("Count"), value=counted_in_words(group)),
        Field(name=say("Source"), value=group.integration_name),
    ]
    if group.severity:
        heading.append(Field(name=say("Severity"), value=group.severity))
    labels = [Field(name=name, value=value) for name, value in _labels(group).items()]
    return tuple(heading + labels[:LABELS_SHOWN])


def _labels(group: AlertGroup) -> dict[str, str]:
    """Those that say what the card does not say elsewhere."""
    said = {group.title, group.summary}
    return {name: value for name, value in group.labels.items() if name not in NAMED and value not in said}


def _samples(group: AlertGroup) -> tuple[str, ...]:
    if len(group.samples) < 2:
        return tuple(alert.summary for alert in group.samples if alert.summary not in ("", group.summary))
    return tuple(sample_in_words(alert) for alert in group.samples[-SAMPLES_SHOWN:])


def sample_in_words(alert: Alert) -> str:
    place = alert.labels.get("instance") or alert.labels.get("pod") or alert.labels.get("host") or alert.title
    return f"{place}: {alert.summary}" if alert.summary else place


def _buttons(group: AlertGroup) -> tuple[Button | Select, ...]:
    args = {"group": str(group.number)}
    resolve = Button(command="resolve", label=say("Resolve"), args=args, style="success")
    silence = Select(
        command="silence",
        label=say("Silence for…"),
        fills="duration",
        options=(
            ("30m", say("30 minutes")),
            ("2h", say("2 hours")),
            ("8h", say("8 hours")),
            ("until tomorrow 9:00", say("Until tomorrow, 9:00")),
        ),
        other=say("Another time…"),
        args=args,
    )
    match group.status:
        case Status.FIRING:
            acknowledge = Button(command="ack", label=say("Acknowledge"), args=args, style="primary")
            return (acknowledge, resolve, silence)
        case Status.ACKNOWLEDGED:
            return (resolve, Button(command="unack", label=say("Unacknowledge"), args=args), silence)
        case Status.SILENCED:
            acknowledge = Button(command="ack", label=say("Acknowledge"), args=args, style="primary")
            return (acknowledge, resolve, Button(command="unsilence", label=say("Unsilence"), args=args))
        case _:
            return (Button(command="reopen", label=say("Reopen"), args=args),)


def _extras(group: AlertGroup, wanted: tuple[str, ...]) -> tuple[Button, ...]:
    args = {"group": str(group.number)}
    offered = {
        "responders": Button(command="responders", label=say("More people…"), args=args, ask=True),
        "note": Button(command="note", label=say("Note…"), args=args, ask=True),
        "show": Button(command="show", label=say("Timeline"), args=args),
    }
    if not group.live:
        offered.pop("responders")
    return tuple(button for name, button in offered.items() if name in wanted)
