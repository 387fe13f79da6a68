"""The pickers of days and times: what can be picked in them, and what they bring back."""

from datetime import date, datetime, timedelta, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_AHEAD = {"yesterday": -1, "today": 0, "tomorrow": 1}


class Picker(Protocol):
    """What a field of kind date or datetime knows."""

    name: str
    kind: str
    zone: str
    interval: int
    earliest: str


def pick_time(picker: Picker, given: str) -> str:
    """`2026-12-01`, or `2026-12-01 18:00` on the clock of the person, which becomes an instant; else LookupError."""
    try:
        picked = datetime.fromisoformat(given)
        day = date.fromisoformat(given[:10])
    except ValueError:
        raise LookupError(f"{given!r} cannot be picked in {picker.name!r}.") from None
    if day.isoformat() < picker.earliest:
        raise LookupError(f"{picker.name!r} offers no day before {picker.earliest}.")
    if picker.kind == "date":
        return day.isoformat()
    local = (
        picked.astimezone(zone_named(picker.zone)) if picked.tzinfo else picked.replace(tzinfo=zone_named(picker.zone))
    )
    if (local.hour * 60 + local.minute) % picker.interval:
        raise LookupError(f"{picker.name!r} offers a time every {picker.interval} minutes, not {local:%H:%M}.")
    return local.isoformat(timespec="seconds")


def default_time(picker: Picker, default: str, today: date) -> str | None:
    """A day may be relative, an instant is shown on the person's clock; what is neither is not shown."""
    if picker.kind == "date" and default in _AHEAD:
        return (today + timedelta(days=_AHEAD[default])).isoformat()
    try:
        at = datetime.fromisoformat(default)
    except ValueError:
        return None
    if picker.kind == "date":
        return at.date().isoformat()
    return at.astimezone(zone_named(picker.zone)).isoformat(timespec="seconds")


def zone_named(name: str) -> tzinfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
