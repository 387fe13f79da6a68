"""PagerDuty's older Events API, and its change events, put into the words of the newer one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.integrations import pagerduty
from bot.integrations.pagerduty import MISSING, Event
from bot.integrations.payload import SUMMARY_LENGTH, Invalid, clean
from bot.integrations.pieces import LOOKED_AT, elements, mapping

TYPES = pagerduty.ACTIONS
NO_TYPE = "'event_type' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"


def event(document: Mapping[str, Any]) -> Event:
    """Raises Invalid with sentences about the members of this version."""
    errors = dict(_errors(document))
    if errors:
        raise Invalid(errors)
    return pagerduty.understood(_newer(document))


def check_change(document: Mapping[str, Any]) -> None:
    """A change event tells what was deployed or set: it opens nothing. Raises Invalid."""
    if not clean(mapping(document.get("payload")).get("summary"), SUMMARY_LENGTH).strip():
        raise Invalid({"payload.summary": MISSING.format(field="payload.summary")})


def _errors(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    kind = document.get("event_type")
    if not isinstance(kind, str) or not kind:
        yield "event_type", MISSING.format(field="event_type")
    elif kind not in TYPES:
        yield "event_type", NO_TYPE
    needed = {"trigger": "description", "acknowledge": "incident_key", "resolve": "incident_key"}.get(str(kind))
    if needed and not clean(document.get(needed), SUMMARY_LENGTH).strip():
        yield needed, MISSING.format(field=needed)


def _newer(document: Mapping[str, Any]) -> dict[str, Any]:
    """It has neither source nor severity."""
    contexts = [one for one in elements(document.get("contexts"))[:LOOKED_AT] if isinstance(one, dict)]
    return {
        "event_action": document["event_type"],
        "dedup_key": document.get("incident_key"),
        "client": document.get("client"),
        "client_url": document.get("client_url"),
        "payload": {"summary": document.get("description"), "custom_details": document.get("details")},
        "links": [one for one in contexts if one.get("type") == "link"],
        "images": [one for one in contexts if one.get("type") == "image"],
    }
