"""What the plugin drops from forms before a client sees them (Apps plugin v1.2.2)."""

from collections.abc import Callable
from typing import Any

from bot.simulator.apps.errors import PluginError

Json = dict[str, Any]
IconUrl = Callable[[str], str]
"""Turns an icon of the App into the URL clients load; raises `PluginError` for a bad path."""


def has_blank(text: str) -> bool:
    return " " in text or "\t" in text


def clean_form(form: Json, *, icon_url: IconUrl) -> tuple[Json, list[str]]:
    """The form without its faulty parts, and a reason for each part dropped."""
    problems: list[str] = []
    cleaned = {key: value for key, value in form.items() if key not in {"icon", "fields"}}
    if icon := clean_icon(form, "form", icon_url=icon_url, problems=problems):
        cleaned["icon"] = icon
    if "submit" not in form and "source" not in form:
        problems.append("the form has neither submit nor source")
    if fields := _clean_fields(form.get("fields", []), problems):
        cleaned["fields"] = fields
    return cleaned, problems


def clean_icon(owner: Json, where: str, *, icon_url: IconUrl, problems: list[str]) -> str:
    icon: str = owner.get("icon", "")
    if not icon:
        return ""
    try:
        return icon_url(icon)
    except PluginError as error:
        problems.append(f'{where}: icon "{icon}" is blanked: {error.text}')
        return ""


def _clean_fields(fields: list[Json], problems: list[str]) -> list[Json]:
    kept: list[Json] = []
    labels: set[str] = set()
    for field in fields:
        cleaned = _labelled(field)
        reason = _field_fault(cleaned, labels) or _clean_select(cleaned, problems)
        if reason:
            problems.append(reason)
            continue
        kept.append(cleaned)
        labels.add(cleaned["label"])
    return kept


def _labelled(field: Json) -> Json:
    label = field.get("label") or field.get("name", "").replace("_", "-")
    return {**field, "label": label}


def _field_fault(field: Json, labels: set[str]) -> str:
    name, label = field.get("name", ""), field["label"]
    if not name:
        return f"a field has no name (label {label})"
    if has_blank(name):
        return f'field name "{name}" has a blank in it'
    if has_blank(label):
        return f'label "{label}" of field {name} has a blank in it'
    return f'label "{label}" of field {name} is taken by an earlier field' if label in labels else ""


def _clean_select(field: Json, problems: list[str]) -> str:
    """Clean the options of a select in place; the reason if the whole field must go."""
    name, type_ = field["name"], field.get("type")
    if type_ == "dynamic_select" and "lookup" not in field:
        return f"dynamic select {name} has no lookup"
    if type_ != "static_select":
        return ""
    field["options"] = _clean_options(name, field.get("options", []), problems)
    return "" if field["options"] else f"static select {name} has no options left"


def _clean_options(name: str, options: list[Json], problems: list[str]) -> list[Json]:
    kept: list[Json] = []
    labels: set[str] = set()
    values: set[str] = set()
    for option in options:
        value = option.get("value", "")
        label = option.get("label") or value
        if reason := _option_fault(label, value, labels, values):
            problems.append(f"{reason} (field {name})")
            continue
        labels.add(label)
        values.add(value)
        kept.append(option)
    return kept


def _option_fault(label: str, value: str, labels: set[str], values: set[str]) -> str:
    if not label:
        return "an option has no label and no value"
    if label in labels:
        return f'option label "{label}" is taken'
    return f'option value "{value}" is taken' if value in values else ""
