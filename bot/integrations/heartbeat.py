"""What a heartbeat that is missing, or back, means as an alert. The bot is the sender of these payloads itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from bot.core.alert_group import Alert
from bot.integrations.kind import Kind
from bot.integrations.payload import TITLE_LENGTH, VALUE_LENGTH, Invalid, Payload, clean
from bot.integrations.pieces import first_text, moment, only
from bot.integrations.reading import Pace, read_json

KEY = "heartbeat"
UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def reported(*, name: str, missing: bool, last_at: datetime | None, every_seconds: int) -> Payload:
    """`name` is the integration's; `last_at` the last report before it went missing."""
    since = f" since {last_at:%Y-%m-%d %H:%M} UTC" if last_at else ""
    alert = Alert(
        fingerprint=KEY,
        firing=missing,
        title=clean(f"{clean(name, TITLE_LENGTH - 60)} has not reported{since}", TITLE_LENGTH),
        summary=f"It should report every {lasting(every_seconds)}.",
        severity="critical",
        labels={"heartbeat": clean(name, VALUE_LENGTH)},
        begun_at=last_at,
    )
    return only(KEY, alert)


def lasting(seconds: int) -> str:
    """`90` is "90 seconds", `3600` is "hour" and `7200` is "2 hours"."""
    size, unit = next((size, unit) for size, unit in UNITS if seconds % size == 0)
    count = seconds // size
    return unit if count == 1 else f"{count} {unit}s"


async def read(body: bytes, group_by: Sequence[str]) -> Payload:
    """Raises Invalid. Only samples come this way: what reports here sends nothing that has to be read."""
    document: dict[str, Any] = await read_json(body, Pace())
    every = document.get("every_seconds")
    if document.get("missing") is not True or not isinstance(every, int) or not 0 < every < 10**8:
        raise Invalid({"": "This is no report about a heartbeat."})
    return reported(
        name=first_text(document, ("name",), VALUE_LENGTH) or "It",
        missing=True,
        last_at=moment(document.get("last_at")),
        every_seconds=every,
    )


CONFIGURATION = """Call it from whatever must not stop silently, at least as often as you said:
```sh
# in a crontab, after the job itself
0 3 * * *  /usr/local/bin/backup && curl -fsS -m 10 --retry 5 <host>/heartbeat/<key>/
```
GET and POST do the same. The first report starts the watch. An alert group opens when one is missing, and resolves \
with the next one. For Prometheus, let the always firing `Watchdog` alert of Alertmanager call it as a webhook."""


def sample(now: datetime) -> bytes:
    return orjson.dumps({"name": "A sample alert: OnCall test", "missing": True, "every_seconds": 600})


KIND = Kind(
    name="heartbeat",
    label="Heartbeat (something that must report)",
    read=read,
    address="<host>/heartbeat/<key>/",
    configuration=CONFIGURATION,
    sample=sample,
)
