"""What people may write templates for, and how an integration keeps them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from bot.core.changes import Change
from bot.core.integrations import Integration
from bot.core.neutral import neutral
from bot.core.replacing import replace
from bot.core.text import NOTHING, Text, say


class Part(StrEnum):
    """What of an alert a template decides; the value is what people type and what is stored."""

    TITLE = "title"
    SUMMARY = "summary"
    SEVERITY = "severity"
    KEY = "key"
    RESOLVE = "resolve"
    ACKNOWLEDGE = "acknowledge"
    SOURCE = "source"
    RUNBOOK = "runbook"


PARTS = frozenset(part.value for part in Part)
NAMES: Mapping[Part, Text] = MappingProxyType(
    {
        Part.TITLE: say("Title"),
        Part.SUMMARY: say("Text"),
        Part.SEVERITY: say("Severity"),
        Part.KEY: say("Group key"),
        Part.RESOLVE: say("Resolve when"),
        Part.ACKNOWLEDGE: say("Acknowledge when"),
        Part.SOURCE: say("Source link"),
        Part.RUNBOOK: say("Runbook link"),
    }
)


def names_of(integration: Integration) -> Text:
    """Which templates it has; nothing where it has none."""
    names = [name for part, name in NAMES.items() if part.value in integration.templates]
    together = names[0] if names else NOTHING
    for name in names[1:]:
        together = say("{first}, {second}", first=together, second=name)
    return together


def with_template(integration: Integration, *, part: Part, text: str) -> Change[Integration]:
    """An empty text is the default again: what was read counts."""
    others = {name: kept for name, kept in integration.templates.items() if name != part.value}
    changed = replace(integration, templates={**others, part.value: text} if text else others)
    values = {"part": NAMES[part], "name": neutral(integration.name, 60)}
    if text:
        note = say("The template **{part}** of {name} is saved. It counts for alerts that come from now on.", **values)
    else:
        note = say("**{part}** of {name} has no template any more: what is read from the alert counts.", **values)
    return Change(doc=changed, note=note)
