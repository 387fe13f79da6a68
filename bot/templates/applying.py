"""What templates make of a payload: the question for the rendering process, and its answer put in the place of what was
read. Pure. A part that could not be rendered, or is empty, stays as it was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from bot.core.alert_group import Alert, Link
from bot.core.replacing import replace
from bot.core.templates import Part
from bot.integrations.payload import (
    SEVERITY_LENGTH,
    SUMMARY_LENGTH,
    TITLE_LENGTH,
    URL_LENGTH,
    Act,
    Bundle,
    Payload,
    Verb,
    clean,
    clean_key,
    safe_url,
)
from bot.integrations.pieces import bundled
from bot.integrations.reading import Pace

EACH = (Part.KEY, Part.RESOLVE, Part.ACKNOWLEDGE)
ONCE = (Part.TITLE, Part.SUMMARY, Part.SEVERITY, Part.SOURCE, Part.RUNBOOK)
LINKS = {Part.SOURCE: "Source", Part.RUNBOOK: "Runbook"}
KEY_LENGTH = 16_000  # longer than what is kept, so that keys that differ late stay different
LONGEST = {
    Part.TITLE: TITLE_LENGTH + 1,
    Part.SUMMARY: SUMMARY_LENGTH + 1,
    Part.SEVERITY: SEVERITY_LENGTH + 1,
    Part.KEY: KEY_LENGTH,
    Part.SOURCE: URL_LENGTH + 1,
    Part.RUNBOOK: URL_LENGTH + 1,
}
YES = "yes"
TOLD = ("title", "summary", "severity", "links")
Rendered = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a template was not used. `kind` is one word for the table of sentences."""

    kind: str
    line: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A payload after its templates, and what went wrong by part."""

    payload: Payload
    problems: Mapping[Part, Problem] = field(default_factory=dict)


# ---- the question ----


async def question(templates: Mapping[str, str], payload: Payload) -> bytes:
    pace = Pace()
    bundles = []
    for bundle in payload.bundles:
        alerts = []
        for alert in bundle.alerts:
            alerts.append(orjson.dumps(_alert(alert)))
            await pace.breathe()
        read = orjson.dumps({"key": bundle.key, **_read(bundle)})
        bundles.append(b'%b,"alerts":[%b]}' % (read[:-1], b",".join(alerts)))
    head = orjson.dumps(
        {
            "templates": dict(templates),
            "each": [part for part in EACH if part in templates],
            "once": [part for part in ONCE if part in templates],
            "longest": {part.value: longest for part, longest in LONGEST.items()},
            "acts": [{"key": act.key} for act in payload.acts],
        }
    )
    return b'%b,"bundles":[%b]}' % (head[:-1], b",".join(bundles))


def _read(source: Bundle | Alert) -> dict[str, Any]:
    return {
        "title": source.title,
        "summary": source.summary,
        "severity": source.severity,
        "labels": source.labels,
        "links": [{"label": str(link.label), "url": link.url} for link in source.links],
    }


def _alert(alert: Alert) -> dict[str, Any]:
    more = {"fingerprint": alert.fingerprint, "firing": alert.firing, "begun_at": alert.begun_at}
    return {**_read(alert), **more}


# ---- the answer ----


@dataclass(slots=True)
class _Group:
    """What has one key now. `whole` is the bundle it was read from, None where it comes from several."""

    key: str
    whole: Bundle | None
    members: list[tuple[Alert, Rendered]] = field(default_factory=list)


async def applied(payload: Payload, answer: Mapping[str, Any]) -> Outcome:
    pace = Pace()
    problems = {Part(part): Problem(**problem) for part, problem in answer["problems"].items()}
    groups: dict[str, _Group] = {}
    for bundle, rendered in zip(payload.bundles, answer["bundles"], strict=True):
        for alert, parts in zip(bundle.alerts, rendered, strict=True):
            key = clean_key(parts.get(Part.KEY)) or bundle.key
            group = groups.setdefault(key, _Group(key, bundle))
            group.members.append((_judged(alert, parts), parts))
            group.whole = bundle if group.whole is bundle else None
            await pace.breathe()
    bundles, acts = [], list(_acts(payload.acts, answer["acts"]))
    for group in groups.values():
        bundles.append(_bundle(group, problems))
        if any(alert.firing and parts.get(Part.ACKNOWLEDGE) == YES for alert, parts in group.members):
            acts.append(Act(key=group.key, verb=Verb.ACKNOWLEDGE))
        await pace.breathe()
    return Outcome(payload=replace(payload, bundles=tuple(bundles), acts=tuple(acts)), problems=problems)


def _judged(alert: Alert, parts: Rendered) -> Alert:
    return replace(alert, firing=parts[Part.RESOLVE] != YES) if Part.RESOLVE in parts else alert


def _acts(acts: Sequence[Act], rendered: Sequence[Rendered]) -> Iterator[Act]:
    for number, act in enumerate(acts):
        parts = rendered[number] if number < len(rendered) else {}
        yield replace(act, key=clean_key(parts.get(Part.KEY)) or act.key)


def _bundle(group: _Group, problems: dict[Part, Problem]) -> Bundle:
    alerts = tuple(alert for alert, _ in group.members)
    if group.whole is not None and len(alerts) == len(group.whole.alerts):
        read = replace(group.whole, key=group.key, alerts=alerts)
    else:
        read = bundled(group.key, alerts)
    spoken = next((parts for _, parts in group.members if any(part in parts for part in ONCE)), {})
    made = replace(
        read,
        title=" ".join(clean(spoken.get(Part.TITLE), TITLE_LENGTH).split()) or read.title,
        summary=clean(spoken.get(Part.SUMMARY), SUMMARY_LENGTH) or read.summary,
        severity=clean(spoken.get(Part.SEVERITY), SEVERITY_LENGTH).lower() or read.severity,
        links=tuple(_links(read.links, spoken, problems)),
    )
    if len(alerts) > 1:
        return made
    changed = {name: getattr(made, name) for name in TOLD if getattr(made, name) != getattr(read, name)}
    return replace(made, alerts=(replace(alerts[0], **changed),))


def _links(read: Iterable[Link], spoken: Rendered, problems: dict[Part, Problem]) -> Iterator[Link]:
    """Those of templates first, in the place of read ones of the same name."""
    made = {}
    for part, label in LINKS.items():
        given = spoken.get(part, "")
        url = safe_url(given)
        if url:
            made[label] = url
        elif given:
            problems.setdefault(part, Problem(kind="link"))
    yield from (Link(label=label, url=url) for label, url in made.items())
    yield from (link for link in read if link.label not in made)
