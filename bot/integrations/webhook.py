"""Any JSON: what most senders call things is found without configuration.

The shallowest member of a name counts. A payload may be one alert, a list of them, or an object with such a list; what
stands beside the list holds for each of them. What cannot be told is taken as firing: better once too often.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import orjson

from bot.core.alert_group import Alert, Link
from bot.integrations.kind import Kind
from bot.integrations.payload import (
    SEVERITY_LENGTH,
    SUMMARY_LENGTH,
    TITLE_LENGTH,
    VALUE_LENGTH,
    Act,
    Bundle,
    Invalid,
    Payload,
    Verb,
    clean,
    clean_key,
    clean_labels,
)
from bot.integrations.pieces import (
    LOOKED_AT,
    bundled,
    elements,
    fingerprint,
    links,
    mapping,
    members,
    moment,
    note,
    tags,
)
from bot.integrations.reading import Pace, read_document

UNTITLED = "Alert"

LISTS = ("alerts", "events", "incidents", "problems", "notifications", "messages", "items", "results", "records")
TITLES = (
    "title",
    "alertname",
    "alerttitle",
    "eventtitle",
    "eventname",
    "rulename",
    "checkname",
    "monitorname",
    "name",
    "subject",
    "headline",
    "summary",
    "shortdescription",
    "message",
    "msg",
    "text",
    "description",
    "reason",
    "event",
    "alert",
    "check",
)
SUMMARIES = (
    "message",
    "description",
    "body",
    "details",
    "longmessage",
    "text",
    "msg",
    "summary",
    "reason",
    "output",
    "content",
    "info",
)
STATES = (
    "status",
    "state",
    "alertstatus",
    "alertstate",
    "eventstatus",
    "currentstate",
    "newstate",
    "transition",
    "alerttransition",
    "eventaction",
    "action",
    "eventtype",
    "type",
)
SEVERITIES = ("severity", "priority", "level", "urgency", "alertlevel", "criticality", "importance")
IDENTITIES = (
    "dedupkey",
    "deduplicationkey",
    "dedupid",
    "groupkey",
    "incidentkey",
    "alertkey",
    "alias",
    "fingerprint",
    "key",
    "problemid",
    "incidentid",
    "alertid",
    "alertuid",
    "monitorid",
    "checkid",
    "ruleid",
    "uuid",
    "uid",
    "id",
    "eventid",
)
SOURCES = ("host", "hostname", "source", "service", "instance", "entity", "device", "node", "server", "resource", "app")
STARTS = ("startsat", "startedat", "starttime", "triggeredat", "timestamp", "createdat", "time", "date")
LABELS = ("labels", "tags", "dimensions", "attributes")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FIRES = _words(
    """
    firing fire alerting alert problem open opened opening reopened triggered trigger active new created down
    critical crit warning warn error err failed failure failing fail bad red yellow orange unhealthy alarm
    inalarm breached unknown nodata major minor severe emergency degraded
    """
)
ENDS = _words(
    """
    ok okay resolved resolve recovered recovery recover closed close closing up normal inactive cleared clear
    green success successful succeeded passed pass healthy fixed ended end ending backtonormal good restored
    completed done cancelled canceled
    """
)
TAKEN = _words("acknowledged acknowledge acked ack acknowledgement acknowledgment")
YES = {"firing": True, "alerting": True, "active": True, "resolved": False, "recovered": False, "closed": False}
NOT_WORD = re.compile(r"[^a-z0-9]+")
STATE_IN_TITLE = re.compile(r"^\s*[\[(]\s*([A-Za-z ]{2,20})(?::\s*\d+)?\s*[\])]\s*[:-]?\s*")

Found = dict[str, Any]


async def read(body: bytes, group_by: Sequence[str]) -> Payload:
    """Raises Invalid for what is no JSON object and no list of objects."""
    pace = Pace()
    document = await read_document(body, pace)
    problems: dict[str, str] = {}
    bundles: list[Bundle] = []
    acts: list[Act] = []
    around, given = _alerts(document)
    beside = _index(around)
    for place, raw in given:
        if not isinstance(raw, dict) or not raw:
            note(problems, place, "An alert has to be a JSON object with something in it; this was left out.")
            continue
        bundle, state = read_one(raw, beside)
        if state in TAKEN:
            acts.append(Act(key=bundle.key, verb=Verb.ACKNOWLEDGE))
        else:
            bundles.append(bundle)
        await pace.breathe()
    if not bundles and not acts:
        raise Invalid(problems or {"": "There is no alert in it: send a JSON object."})
    return Payload(bundles=tuple(_together(bundles)), notes=problems, acts=tuple(acts))


def _alerts(document: object) -> tuple[Mapping[str, Any], Iterator[tuple[str, object]]]:
    """What stands around the alerts, and each of them with its place."""
    if isinstance(document, list):
        return {}, ((str(number), raw) for number, raw in enumerate(document))
    beside = dict(islice(mapping(document).items(), LOOKED_AT))
    for name, value in beside.items():
        if name.lower() in LISTS and any(isinstance(one, dict) for one in elements(value)):
            around = {other: one for other, one in beside.items() if not isinstance(one, dict)}
            return around, ((f"{name}.{number}", raw) for number, raw in enumerate(value))
    return {}, iter([("", document)])


def read_one(raw: Mapping[str, Any], beside: Mapping[str, Any] = {}) -> tuple[Bundle, str]:
    """One alert as a bundle of its own, and its state in the sender's word. `beside` is what holds for it as well."""
    found = {**beside, **_index(raw)}
    title = _text(found, TITLES, TITLE_LENGTH)
    state = _state(found, title)
    title = _without_state(title)
    summary = next((text for text in _texts(found, SUMMARIES) if text != title), "")
    severity = clean(_scalar(found, SEVERITIES), SEVERITY_LENGTH).strip().lower()
    labels = clean_labels(_labels(raw, found))
    source = _text(found, SOURCES, VALUE_LENGTH)
    key = clean_key(_identity(found) or fingerprint(title, source))
    firing = state not in ENDS and (state in FIRES | TAKEN or _word(severity) not in ENDS)
    alert = Alert(
        fingerprint=clean(key, VALUE_LENGTH),
        firing=firing,
        title=title or UNTITLED,
        summary=summary,
        severity=severity,
        labels=labels,
        links=_links(raw),
        begun_at=moment(_scalar(found, STARTS)) if firing else None,
    )
    return bundled(key, [alert]), state


def _together(bundles: Sequence[Bundle]) -> Iterator[Bundle]:
    by_key: dict[str, list[Alert]] = {}
    for bundle in bundles:
        by_key.setdefault(bundle.key, []).extend(bundle.alerts)
    for key, alerts in by_key.items():
        yield bundled(key, alerts)


# ---- finding ----


def _index(raw: Mapping[str, Any]) -> Found:
    """The shallowest plain value of each name, however it is written."""
    found: Found = {}
    for path, value in islice(members(raw), LOOKED_AT):
        if isinstance(value, str | int | float) and value != "":
            found.setdefault(_word(path[-1]), value)
    return found


def _word(text: object) -> str:
    return NOT_WORD.sub("", str(text)[:VALUE_LENGTH].lower())


def _scalar(found: Found, names: Sequence[str]) -> object:
    return next((found[name] for name in names if name in found), None)


def _texts(found: Found, names: Sequence[str], length: int = SUMMARY_LENGTH) -> Iterator[str]:
    for name in names:
        text = clean(found[name], length).strip() if isinstance(found.get(name), str) else ""
        if text:
            yield text


def _text(found: Found, names: Sequence[str], length: int) -> str:
    return next(_texts(found, names, length), "")


def _identity(found: Found) -> str:
    return next((f"{name}={found[name]}" for name in IDENTITIES if not isinstance(found.get(name, True), bool)), "")


def _state(found: Found, title: str) -> str:
    """The first word that we understand among the members that usually tell, or in front of the title."""
    for name, firing in YES.items():
        for written in (name, f"is{name}"):
            if isinstance(found.get(written), bool):
                return "firing" if found[written] is firing else "resolved"
    for name in STATES:
        word = _word(found.get(name, ""))
        if word in FIRES or word in ENDS or word in TAKEN:
            return word
    lead = STATE_IN_TITLE.match(title)
    return _word(lead[1]) if lead else ""


def _without_state(title: str) -> str:
    """`[RESOLVED] Disk is full` is called "Disk is full"; `[staging] Disk is full` keeps its name."""
    lead = STATE_IN_TITLE.match(title)
    return title[lead.end() :] if lead and _word(lead[1]) in FIRES | ENDS | TAKEN else title


def _labels(raw: Mapping[str, Any], found: Found) -> dict[str, object]:
    """What is called labels or tags, then the plain members that are no prose, no address and no state.

    A state changes while labels stay: a card that is resolved would go on saying "firing".
    """
    labels: dict[str, object] = {}
    for path, value in islice(members(raw), LOOKED_AT):
        if _word(path[-1]) in LABELS:
            labels |= tags(value)
    for name, value in islice(raw.items(), LOOKED_AT):
        prose = _word(name) in SUMMARIES or _is_long(value)
        if isinstance(value, str | int | float) and not prose and not _is_state(name, value):
            labels.setdefault(name, value)
    return labels


def _is_state(name: str, value: object) -> bool:
    return _word(name) in STATES and _word(value) in FIRES | ENDS | TAKEN


def _is_long(value: object) -> bool:
    return isinstance(value, str) and (len(value) > VALUE_LENGTH or "://" in value or "\n" in value)


def _links(raw: Mapping[str, Any]) -> tuple[Link, ...]:
    return links(
        (_link_label(path[-1]), value)
        for path, value in islice(members(raw), LOOKED_AT)
        if isinstance(value, str) and value[:8].lower().startswith(("http://", "https://"))
    )


def _link_label(name: str) -> str:
    """`runbook_url` is "Runbook"; a mere `url` or `link` is "Source"."""
    words = re.sub(r"(?i)[\s_-]*(urls?|links?|href)$", "", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name[:VALUE_LENGTH]))
    words = words.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:] if words else "Source"


# ---- the declaration ----

CONFIGURATION = """Send any JSON object with POST, for example:
```sh
curl -X POST <url> -H 'Content-Type: application/json' -d '{
  "title": "Disk is full", "message": "/var on db-1: 97 %",
  "severity": "critical", "status": "firing",
  "id": "disk-db-1", "url": "https://wiki.example.com/disk"}'
```
Only `title` is needed. Alerts with the same `id` belong together; send it again with `"status": "resolved"` (or ok, \
closed, recovered, up …) to end it, `"acknowledged"` to acknowledge it. A list of such objects is taken as well."""


def sample(now: datetime) -> bytes:
    return orjson.dumps(
        {
            "id": "oncall-test",
            "title": "OnCall test",
            "message": "A sample alert, to see that everything is connected.",
            "severity": "info",
            "status": "firing",
            "url": "https://example.com/",
            "labels": {"host": "sample"},
            "timestamp": now.isoformat(),
        }
    )


KIND = Kind(
    name="webhook",
    label="Webhook (any JSON)",
    read=read,
    configuration=CONFIGURATION,
    sample=sample,
    also=("formatted_webhook",),
)
