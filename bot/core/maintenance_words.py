"""How maintenance is told: in one line, as a card in the channel, and when it is over. Pure."""

from __future__ import annotations

from bot.core.cards import Button, Card, Field
from bot.core.maintenance import Maintenance, Repeats, Window
from bot.core.neutral import neutral, one_line
from bot.core.routing import written
from bot.core.text import NOTHING, Text, say

MARK = "🔧"
RUNS, OVER = "#7A8CA3", "#3DB887"
NAME_LENGTH = 60
LABELS_LENGTH = 300

RHYTHMS = {
    Repeats.NEVER: say("once"),
    Repeats.DAILY: say("daily"),
    Repeats.WEEKDAYS: say("Monday to Friday"),
    Repeats.WEEKLY: say("weekly"),
    Repeats.MONTHLY: say("monthly"),
}


def concern(maintenance: Maintenance) -> Text:
    """For which alerts it is."""
    source = say("{name}", name=neutral(maintenance.integration_name, NAME_LENGTH))
    if not maintenance.integration_id:
        source = say("all integrations")
    if not maintenance.matchers:
        return source
    labels = one_line(written(maintenance.matchers)).replace("`", "'")[:LABELS_LENGTH]
    return say("{source} with `{labels}`", source=source, labels=labels)


def named(maintenance: Maintenance) -> Text:
    """What it is called in a sentence."""
    if maintenance.reason:
        return say("“{reason}”", reason=neutral(maintenance.reason, 200))
    return say("of {concern}", concern=concern(maintenance))


def card(maintenance: Maintenance, *, name: str, title: str) -> Card:
    """Its announcement. `name` and `title` are its headline: the word for maintenance, and what it is called."""
    window = maintenance.running
    rhythm = RHYTHMS[maintenance.repeats]
    fields = [
        Field(name=say("For"), value=concern(maintenance)),
        Field(name=say("Planned by"), value=maintenance.by),
    ]
    if maintenance.repeats is not Repeats.NEVER:
        fields.append(Field(name=say("Repeats"), value=rhythm))
    return Card(
        name=name,
        title=title,
        colour=RUNS if window else OVER,
        mark=MARK,
        state=_state(maintenance, window),
        next=say("New alerts are posted and page nobody; what still fires then pages people.") if window else NOTHING,
        fields=tuple(fields),
        buttons=(end_button(maintenance, say("End now")),) if window else (),
    )


def end_button(maintenance: Maintenance, label: Text) -> Button:
    return Button(command="maintenance end", label=label, args={"maintenance": maintenance.id})


def _state(maintenance: Maintenance, window: Window | None) -> Text:
    if window is not None:
        return say("Until {until}", until=window.ends_at)
    if maintenance.ended_by:
        return say("Ended by {by}", by=maintenance.ended_by)
    return say("Over")


def over(maintenance: Maintenance) -> Text:
    """What the channel is told in the end."""
    if maintenance.ended_by:
        return say(
            "{mark} {by} ended the maintenance {name}. What still fires pages people now.",
            mark=MARK,
            by=maintenance.ended_by,
            name=named(maintenance),
        )
    return say(
        "{mark} The maintenance {name} is over. What still fires pages people now.", mark=MARK, name=named(maintenance)
    )
