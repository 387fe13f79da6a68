"""Sentry's webhooks: issue alerts, metric alerts, issues, and the older WebHooks plugin.

Alert rules decide what becomes an alert; of the life of issues, only being resolved, archived or assigned counts. An
issue is one alert group, known by its id, whichever webhook tells of it.
The signature is looked at where an admin gave the client secret; the key in the URL is proof enough for most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from bot.core.alert_group import Alert
from bot.integrations.kind import Kind
from bot.integrations.payload import (
    SEVERITY_LENGTH,
    SUMMARY_LENGTH,
    TITLE_LENGTH,
    VALUE_LENGTH,
    Act,
    Invalid,
    Payload,
    Verb,
    clean,
    clean_key,
    clean_labels,
)
from bot.integrations.pieces import first_text, links, mapping, moment, only, tags
from bot.integrations.reading import Pace, read_json
from bot.integrations.signing import Signature

ENDED = ("resolved", "archived", "ignored", "deleted")
IGNORED = ("installation", "comment", "seer")
NO_ALERT = "Nothing to do for this: alert rules decide what is an alert."
WHAT = "Send issue alerts or metric alerts of a Sentry integration, or its issue webhooks."
LEVELS = {"fatal": "critical", "sample": "info", "debug": "info"}


async def read(body: bytes, group_by: Sequence[str]) -> Payload:
    """Raises Invalid."""
    document = await read_json(body, Pace())
    data = mapping(document.get("data"))
    action = clean(document.get("action"), VALUE_LENGTH).strip().lower()
    if isinstance(data.get("metric_alert"), dict):
        return _metric(action, data)
    if isinstance(data.get("event"), dict):
        return _event(data["event"], rule=first_text(data, ("triggered_rule",), VALUE_LENGTH))
    if isinstance(data.get("error"), dict):
        return _event(data["error"], rule="")
    if isinstance(data.get("issue"), dict):
        return _issue(action, data["issue"], mapping(document.get("actor")))
    if isinstance(document.get("event"), dict):
        return _event({**document["event"], **{k: v for k, v in document.items() if k != "event"}}, rule="")
    if any(name in data or name in document for name in IGNORED):
        return _nothing(action)
    raise Invalid({"data": WHAT})


def _nothing(action: str) -> Payload:
    return Payload(bundles=(), remarks={"action": f"{action or 'This'}: {NO_ALERT}"})


def _metric(action: str, data: Mapping[str, Any]) -> Payload:
    alert = mapping(data["metric_alert"])
    rule = mapping(alert.get("alert_rule"))
    key = f"metric {first_text(alert, ('identifier', 'id'), VALUE_LENGTH) or first_text(rule, ('id', 'name'))}"
    title = first_text(data, ("description_title",), TITLE_LENGTH) or first_text(rule, ("name",), TITLE_LENGTH)
    _, colon, bare = title.partition(": ")  # "Critical: Too many errors", later "Resolved: Too many errors"
    projects = alert.get("projects")
    said = Alert(
        fingerprint=clean(key, VALUE_LENGTH),
        firing=action not in ("resolved", "closed"),
        title=(bare if colon and title.lower().startswith(f"{action}:") else title) or "Metric alert",
        summary=first_text(data, ("description_text",), SUMMARY_LENGTH),
        severity=clean(action, SEVERITY_LENGTH) if action in ("critical", "warning") else "",
        labels=clean_labels(
            {
                "project": projects[0] if isinstance(projects, list) and projects else "",
                "rule": rule.get("name"),
                "aggregate": rule.get("aggregate"),
                "query": rule.get("query"),
                "environment": rule.get("environment"),
            }
        ),
        links=links([("Sentry", data.get("web_url"))]),
        begun_at=moment(alert.get("date_started")),
    )
    return only(clean_key(key), said)


def _event(event: Mapping[str, Any], *, rule: str) -> Payload:
    """An issue alert went off for this event."""
    issue = first_text(event, ("issue_id", "groupID", "group_id", "id", "event_id"), VALUE_LENGTH)
    title = first_text(event, ("title", "message", "culprit"), TITLE_LENGTH)
    if not issue or not title:
        raise Invalid({"data.event": "The event has no issue_id or no title."})
    level = clean(event.get("level"), SEVERITY_LENGTH).lower()
    key = f"issue {issue}"
    alert = Alert(
        fingerprint=clean(key, VALUE_LENGTH),
        firing=True,
        title=title,
        summary=_first_but(title, event, ("message", "culprit", "location")),
        severity=LEVELS.get(level, level),
        labels=clean_labels(
            {"rule": rule, "environment": event.get("environment"), "project": event.get("project_slug")}
            | {"platform": event.get("platform"), "culprit": event.get("culprit"), "release": event.get("release")}
            | tags(event.get("tags"))
        ),
        links=links([("Sentry", event.get("web_url") or event.get("url")), ("Issue", event.get("issue_url"))]),
        begun_at=moment(event.get("datetime")),
    )
    return only(clean_key(key), alert)


def _issue(action: str, issue: Mapping[str, Any], actor: Mapping[str, Any]) -> Payload:
    """The life of an issue. To be assigned is to be taken on; archived issues need nobody."""
    number = first_text(issue, ("id", "shortId"), VALUE_LENGTH)
    if not number:
        raise Invalid({"data.issue.id": "The issue has no id."})
    key = f"issue {number}"
    if action == "assigned":
        return Payload(bundles=(), acts=(Act(key=key, verb=Verb.ACKNOWLEDGE, by=first_text(actor, ("name",), 60)),))
    if action not in ENDED:
        return _nothing(action)
    title = first_text(issue, ("title", "culprit"), TITLE_LENGTH) or "Issue"
    return only(clean_key(key), Alert(fingerprint=clean(key, VALUE_LENGTH), firing=False, title=title))


def _first_but(title: str, given: Mapping[str, Any], names: Sequence[str]) -> str:
    return next((text for name in names if (text := first_text(given, (name,))) and text != title), "")


CONFIGURATION = """In Sentry: Settings → Custom Integrations → *Create New Integration* → *Internal Integration*, \
Webhook URL:
```
<url>
```
Switch *Alert Action* on (*Alert Rule Action* before), give it *Issue & Event: Read*, and tick the *issue* webhook, so \
that resolving in Sentry resolves here. Then choose the integration as an action in your alert rules. Sentry shows its \
*Client Secret* for a short while: who gives it to `/oncall integration sign` has every signature checked."""


def sample(now: datetime) -> bytes:
    return orjson.dumps(
        {
            "action": "triggered",
            "installation": {"uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"},
            "data": {
                "event": {
                    "event_id": "e4874d664c3540c1a32eab185f12c5ab",
                    "issue_id": "1170820242",
                    "title": "OnCall test: ReferenceError",
                    "message": "A sample alert, to see that everything is connected.",
                    "level": "info",
                    "platform": "javascript",
                    "culprit": "sample()",
                    "datetime": now.isoformat(),
                    "environment": "production",
                    "tags": [["browser", "Firefox"], ["release", "1.0"]],
                    "web_url": "https://sentry.io/organizations/example/issues/1170820242/",
                    "issue_url": "https://sentry.io/api/0/issues/1170820242/",
                },
                "triggered_rule": "Sample rule",
            },
            "actor": {"type": "application", "id": "sentry", "name": "Sentry"},
        }
    )


KIND = Kind(
    name="sentry",
    label="Sentry",
    read=read,
    configuration=CONFIGURATION,
    sample=sample,
    signature=Signature(header="Sentry-Hook-Signature"),
)
