"""Zabbix, by a webhook media type of ours: JSON that its script makes from Zabbix's macros.

One problem is one alert group, known by its event id; a recovery carries the same id. Update operations of Zabbix that
acknowledge the problem acknowledge the group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import orjson

from bot.core.alert_group import Alert
from bot.integrations.kind import Kind
from bot.integrations.payload import (
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
from bot.integrations.pieces import LOOKED_AT, first_text, links, only, tags
from bot.integrations.reading import Pace, read_json

SEVERITIES = {
    "not classified": "none",
    "information": "info",
    "warning": "warning",
    "average": "medium",
    "high": "high",
    "disaster": "critical",
}
NUMBERED = tuple(SEVERITIES)
RECOVERED = ("0", "ok", "resolved", "recovery", "recovered")
LONGEST_TAGS = 20_000
YES = ("1", "yes", "true")
# Zabbix leaves a macro as it is where it has no value.
UNFILLED = ("{", "*UNKNOWN*")


async def read(body: bytes, group_by: Sequence[str]) -> Payload:
    """Raises Invalid."""
    document = await read_json(body, Pace())
    given = {name: _filled(value) for name, value in islice(document.items(), LOOKED_AT)}
    key = clean_key(first_text(given, ("event_id", "eventid", "trigger_id", "alert_uid"))).strip()
    title = first_text(given, ("title", "event_name", "subject"), TITLE_LENGTH)
    if not key or not title:
        raise Invalid({"event_id": "The event_id and the title are needed. Use the script of `integration show`."})
    firing = clean(given.get("event_value"), VALUE_LENGTH).strip().lower() not in RECOVERED
    update = clean(given.get("event_update_status"), VALUE_LENGTH).strip() in YES
    if firing and update:
        return _updated(key, given)
    severity = clean(given.get("severity"), VALUE_LENGTH).strip().lower()
    if severity in ("0", "1", "2", "3", "4", "5"):
        severity = NUMBERED[int(severity)]
    alert = Alert(
        fingerprint=clean(key, VALUE_LENGTH),
        firing=firing,
        title=title,
        summary=first_text(given, ("message", "opdata"), SUMMARY_LENGTH),
        severity=SEVERITIES.get(severity, clean(severity, 50)),
        labels=clean_labels(
            {name: given.get(name) for name in ("host", "hostgroup", "ip", "trigger_id", "item_value")}
            | tags(_tags(given.get("tags")))
        ),
        links=links([("Zabbix", given.get("url")), ("Trigger", given.get("trigger_url"))]),
    )
    return only(key, alert)


def _updated(key: str, given: Mapping[str, Any]) -> Payload:
    """Somebody worked on the problem in Zabbix."""
    by = clean(given.get("user"), VALUE_LENGTH)
    text = clean(given.get("update_message"), SUMMARY_LENGTH).strip()
    acts = [Act(key=key, verb=Verb.NOTE, by=by, text=text)] if text else []
    if clean(given.get("event_ack"), VALUE_LENGTH).strip().lower() in YES:
        acts.append(Act(key=key, verb=Verb.ACKNOWLEDGE, by=by))
    remarks = {} if acts else {"event_update_status": "This update neither acknowledges nor says anything."}
    return Payload(bundles=(), acts=tuple(acts), remarks=remarks)


def _filled(value: object) -> object:
    return "" if isinstance(value, str) and value.strip().startswith(UNFILLED) else value


def _tags(given: object) -> object:
    """`{EVENT.TAGSJSON}` comes as text, within the text that the whole is."""
    if isinstance(given, str) and given.startswith("["):
        try:
            return orjson.loads(given[:LONGEST_TAGS])
        except orjson.JSONDecodeError:
            return ""
    return given


CONFIGURATION = """In Zabbix: Alerts → Media types → *Create media type*, type *Webhook*, with these parameters:
```text
url                  <url>
title                {EVENT.NAME}
message              {ALERT.MESSAGE}
event_id             {EVENT.ID}
event_value          {EVENT.VALUE}
event_update_status  {EVENT.UPDATE.STATUS}
event_ack            {EVENT.ACK.STATUS}
update_message       {EVENT.UPDATE.MESSAGE}
user                 {USER.USERNAME}
severity             {EVENT.NSEVERITY}
host                 {HOST.NAME}
hostgroup            {TRIGGER.HOSTGROUP.NAME}
trigger_id           {TRIGGER.ID}
trigger_url          {TRIGGER.URL}
item_value           {ITEM.LASTVALUE}
tags                 {EVENT.TAGS}
zabbix_url           {$ZABBIX.URL}
```
and this script:
```js
var given = JSON.parse(value), target = given.url, request = new HttpRequest();
delete given.url;
if (given.zabbix_url && given.zabbix_url.indexOf('http') === 0) {
  given.url = given.zabbix_url + '/tr_events.php?triggerid=' + given.trigger_id + '&eventid=' + given.event_id;
}
request.addHeader('Content-Type: application/json');
var answer = request.post(target, JSON.stringify(given));
if (request.getStatus() !== 202) { throw 'OnCall answered ' + request.getStatus() + ': ' + answer; }
return 'OK';
```
Add message templates (problem, recovery, update); give it to a user (any *Send to*); use it in an action."""


def sample(now: datetime) -> bytes:
    return orjson.dumps(
        {
            "title": "OnCall test: free disk space is low",
            "message": "A sample alert, to see that everything is connected.",
            "event_id": f"test-{int(now.timestamp())}",
            "event_value": "1",
            "event_update_status": "0",
            "event_ack": "No",
            "update_message": "{EVENT.UPDATE.MESSAGE}",
            "severity": "1",
            "host": "sample",
            "hostgroup": "Samples",
            "trigger_id": "10001",
            "tags": "scope:capacity, component:storage",
            "url": "https://zabbix.example.com/tr_events.php?triggerid=10001&eventid=1",
        }
    )


KIND = Kind(name="zabbix", label="Zabbix", read=read, configuration=CONFIGURATION, sample=sample)
