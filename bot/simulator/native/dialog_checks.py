"""Dialog definitions: what a server of a version keeps of them, and what it only logs as wrong."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from bot.simulator.native.attachments import is_web_url
from bot.simulator.profiles import Profile
from bot.simulator.records import Json

_DIALOG: Json = {
    "callback_id": "",
    "title": "",
    "introduction_text": "",
    "icon_url": "",
    "elements": [],
    "submit_label": "",
    "notify_on_cancel": False,
    "state": "",
}
_ELEMENT: Json = {
    "display_name": "",
    "name": "",
    "type": "",
    "subtype": "",
    "default": "",
    "placeholder": "",
    "help_text": "",
    "optional": False,
    "min_length": 0,
    "max_length": 0,
    "data_source": "",
    "options": [],
}
_SUBTYPES = ("", "text", "email", "number", "password", "tel", "url")
_LONGEST = {"text": 150, "textarea": 3000, "select": 3000, "file": 300}
_LEGACY_DATE_KEYS = ("min_date", "max_date", "time_interval")
_RELATIVE = re.compile(r"today|tomorrow|yesterday|[+-]\d{1,4}[dwM]")


def kept(dialog: Json, profile: Profile) -> Json:
    """The dialog after the server's decoding: unknown keys are gone, missing ones have their zero value."""
    keys = {**_DIALOG, "source_url": ""} if profile.refresh else _DIALOG
    found = {key: _given(dialog, key, zero) for key, zero in keys.items()}
    elements = [one for one in found["elements"] if isinstance(one, dict)]
    return {**found, "elements": [_kept_element(one, profile) for one in elements]}


def _kept_element(element: Json, profile: Profile) -> Json:
    found = {key: _given(element, key, zero) for key, zero in _ELEMENT.items()}
    return found | {key: element[key] for key in _newer_keys(profile) if element.get(key) is not None}


def _newer_keys(profile: Profile) -> Iterator[str]:
    if profile.multiselect:
        yield "multiselect"
    if profile.dynamic_select:
        yield "data_source_url"
    if profile.refresh:
        yield "refresh"
    if profile.legacy_date_keys:
        yield from _LEGACY_DATE_KEYS
    if profile.datetime_config:
        yield "datetime_config"
    if "action_button" in profile.element_types:
        yield from ("action_button", "allow_multiple")


def _given(source: Json, key: str, zero: Any) -> Any:
    value = source.get(key)
    return zero if value is None else value


def problems(dialog: Json, profile: Profile) -> list[str]:
    """Everything a strict server would complain about."""
    return list(_dialog_problems(dialog, profile))


def _dialog_problems(dialog: Json, profile: Profile) -> Iterator[str]:
    title = str(dialog.get("title") or "")
    if not title or _bytes(title) > 24:
        yield f"title {title!r} must have 1 to 24 bytes"
    if dialog.get("icon_url") and not is_web_url(dialog["icon_url"]):
        yield f"icon_url {dialog['icon_url']!r} is no http(s) URL"
    if dialog.get("source_url") and not profile.refresh:
        yield f"source_url is unknown in {profile.version}"
    elements = dialog.get("elements") or []
    names: set[str] = set()
    for element in elements:
        if not isinstance(element, dict):
            yield f"element is no object: {element!r}"
            continue
        name = str(element.get("name") or "")
        if name in names:
            yield f"element name {name!r} twice"
        names.add(name)
        yield from (f"element {name!r}: {problem}" for problem in _element_problems(element, profile))


def _element_problems(element: Json, profile: Profile) -> Iterator[str]:
    name, display_name = str(element.get("name") or ""), str(element.get("display_name") or "")
    if not name or _bytes(name) > 300:
        yield "name must have 1 to 300 bytes"
    if not display_name or _bytes(display_name) > 24:
        yield f"display_name {display_name!r} must have 1 to 24 bytes"
    if _bytes(str(element.get("help_text") or "")) > 150:
        yield "help_text is longer than 150 bytes"
    if element.get("default") is not None and not isinstance(element["default"], str):
        yield f"default {element['default']!r} is no string"
    kind = element.get("type")
    if kind not in profile.element_types:
        yield f"type {kind!r} is unknown in {profile.version}"
        return
    longest = _LONGEST.get(kind)
    for key in ("default", "placeholder"):
        if longest and _bytes(str(element.get(key) or "")) > longest:
            yield f"{key} is longer than {longest} bytes"
    if kind in ("text", "textarea"):
        yield from _text_problems(element, _LONGEST[kind])
    elif kind in ("select", "radio"):
        yield from _choice_problems(element, kind, profile)
    elif kind == "bool":
        yield from _bool_problems(element)
    elif kind in ("date", "datetime"):
        yield from _date_problems(element, kind, profile)


def _text_problems(element: Json, longest: int) -> Iterator[str]:
    least, most = element.get("min_length") or 0, element.get("max_length") or longest
    if element.get("subtype", "") not in _SUBTYPES:
        yield f"subtype {element['subtype']!r}"
    if not 0 <= least <= most or most > longest:
        yield f"length {least} to {most} is not within 0 to {longest}"


def _choice_problems(element: Json, kind: str, profile: Profile) -> Iterator[str]:
    source, options = element.get("data_source") or "", element.get("options") or []
    if element.get("multiselect") and not profile.multiselect:
        yield f"multiselect is unknown in {profile.version}"
    if element.get("refresh") and not profile.refresh:
        yield f"refresh is unknown in {profile.version}"
    if kind == "radio" or not source:
        yield from _option_problems(element, options)
        return
    known = ("users", "channels", "dynamic") if profile.dynamic_select else ("users", "channels")
    if source not in known:
        yield f"data_source {source!r} is unknown in {profile.version}"
    if source == "dynamic":
        url = str(element.get("data_source_url") or "")
        if not (is_web_url(url) or url.startswith("/plugins/")):
            yield f"data_source_url {url!r} is no URL"
        if options:
            yield "static options beside a dynamic data_source"


def _option_problems(element: Json, options: list[Any]) -> Iterator[str]:
    values = [one.get("value") for one in options if isinstance(one, dict)]
    if not values:
        yield "no options"
    if any(not one.get("text") or not one.get("value") for one in options if isinstance(one, dict)):
        yield "an option without text or value"
    default = str(element.get("default") or "")
    chosen = default.split(",") if element.get("multiselect") else [default]
    if default and any(one.strip() not in values for one in chosen):
        yield f"default {default!r} is none of the options"


def _bool_problems(element: Json) -> Iterator[str]:
    if element.get("default") not in (None, "", "true", "false"):
        yield f"default {element['default']!r} is neither true nor false"
    if _bytes(str(element.get("placeholder") or "")) > 150:
        yield "placeholder is longer than 150 bytes"


def _date_problems(element: Json, kind: str, profile: Profile) -> Iterator[str]:
    nested = element.get("datetime_config")
    if nested is not None and not profile.datetime_config:
        yield f"datetime_config is unknown in {profile.version}"
    if any(element.get(key) for key in _LEGACY_DATE_KEYS) and not profile.legacy_date_keys:
        yield f"limits beside datetime_config are ignored in {profile.version}"
    limits = {**element, **(nested or {})}
    for key in ("min_date", "max_date"):
        if limits.get(key) and not _is_day(str(limits[key])):
            yield f"{key} {limits[key]!r} is no day"
    interval = limits.get("time_interval") or 60
    if not isinstance(interval, int) or not 1 <= interval <= 1440 or 1440 % interval:
        yield f"time_interval {interval!r} is no divisor of 1440"
    default = str(element.get("default") or "")
    if default and not (_is_day(default) if kind == "date" else _RELATIVE.fullmatch(default) or _is_moment(default)):
        yield f"default {default!r} is no {kind}"


def _is_day(text: str) -> bool:
    if _RELATIVE.fullmatch(text):
        return True
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_moment(text: str) -> bool:
    """RFC 3339: an offset, or Z, is part of it."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _bytes(text: str) -> int:
    return len(text.encode())
