"""Native interactive dialogs as modals, in both generations of the web client.

`legacy` is the renderer of v9 and v10, `appsform` the one of v11 and later. They differ in what they send for untouched
fields and in what they do when the answer is bad; an integration has to live with both.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from bot.simulator.client.modal import REQUIRED, Modal, ModalField, is_number, problems_of_text
from bot.simulator.client.parser import Directory
from bot.simulator.client.pickers import default_time

Json = dict[str, Any]
Model = Literal["legacy", "appsform"]
MAX_TEXT, MAX_TEXTAREA = 150, 3000


@dataclass(slots=True, kw_only=True)
class DialogStep:
    """Which dialog is open. Later steps keep address, callback id and cancel habit of the first one."""

    url: str
    callback_id: str
    source_url: str
    notify_on_cancel: bool
    state: str
    earlier: Json = field(default_factory=dict)
    """Values of the steps before, sent along again."""


def first_step(request: Json) -> DialogStep:
    dialog = request["dialog"]
    return DialogStep(
        url=request.get("url", ""),
        callback_id=dialog.get("callback_id") or "",
        source_url=dialog.get("source_url") or "",
        notify_on_cancel=bool(dialog.get("notify_on_cancel")),
        state=dialog.get("state") or "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawer:
    """What the client draws with: the element types it knows, names, and the person's zone and day."""

    known: frozenset[str]
    directory: Directory
    zone: str
    today: date


def draw(modal: Modal, dialog: Json, drawer: Drawer) -> None:
    """(Re)fill the modal; element types the server version does not know are drawn as nothing."""
    modal.title = dialog.get("title") or ""
    modal.header = dialog.get("introduction_text") or ""
    modal.icon = dialog.get("icon_url") or ""
    modal.submit_label = dialog.get("submit_label") or "Submit"
    modal.fields = [_field(one, drawer) for one in dialog.get("elements") or []]
    modal.error, modal.errors = "", {}
    modal.edition += 1


def _field(raw: Json, drawer: Drawer) -> ModalField:
    kind = _kind(raw, drawer.known)
    limits = {**raw, **(raw.get("datetime_config") or {})}
    found = ModalField(
        name=raw.get("name") or "",
        kind=kind,
        label=raw.get("display_name") or "",
        required=not raw.get("optional"),
        help=raw.get("help_text") or "",
        placeholder=raw.get("placeholder") or "",
        options=[{"label": one.get("text", ""), "value": one.get("value", "")} for one in raw.get("options") or []],
        multiselect=bool(raw.get("multiselect")),
        refresh=bool(raw.get("refresh")),
        subtype=raw.get("subtype") or "",
        min_length=raw.get("min_length") or 0,
        max_length=_max_length(kind, raw),
        lookup=raw.get("data_source_url") if raw.get("data_source") == "dynamic" else None,
        zone=drawer.zone,
        interval=limits.get("time_interval") or 60,
        earliest=drawer.today.isoformat() if limits.get("min_date") == "today" else limits.get("min_date") or "",
        raw=raw,
    )
    found.value = _default(found, str(raw.get("default") or ""), drawer)
    return found


def _kind(raw: Json, known: frozenset[str]) -> str:
    kind = str(raw.get("type") or "")
    if kind not in known:
        return "unknown"
    if kind == "select" and raw.get("data_source") in ("users", "channels"):
        return str(raw["data_source"])[:-1]
    return kind


def _max_length(kind: str, raw: Json) -> int:
    return int(raw.get("max_length") or {"text": MAX_TEXT, "textarea": MAX_TEXTAREA}.get(kind, 0))


def _default(target: ModalField, default: str, drawer: Drawer) -> Any:
    if target.kind == "bool":
        return default == "true"
    if target.kind in ("date", "datetime"):
        return default_time(target, default, drawer.today)
    if target.kind not in ("select", "radio", "user", "channel"):
        return default or None
    wanted = default.split(",") if target.multiselect else [default]
    found = [option for option in (_option(target, one, drawer.directory) for one in wanted) if option]
    if target.multiselect:
        return found or None
    return found[0] if found else None


def _option(target: ModalField, value: str, directory: Directory) -> Json | None:
    if target.kind == "user":
        return directory.user_by_id(value)
    if target.kind == "channel":
        return directory.channel_by_id(value)
    return next((one for one in target.options if value and one["value"] == value), None)


def values(modal: Modal, model: Model) -> Json:
    """The `submission` map of this step."""
    found: Json = {}
    for one in modal.fields:
        if one.kind in ("unknown", "file", "action_button"):
            continue
        value = _plain(one, model)
        if model == "legacy" or not (value is None or value == "" or value == []):
            found[one.name] = value
    return found


def _plain(one: ModalField, model: Model) -> Any:
    if one.kind == "bool":
        return bool(one.value)
    if isinstance(one.value, list):
        return [str(choice["value"]) for choice in one.value]
    if isinstance(one.value, dict):
        return str(one.value["value"])
    if one.value and one.subtype == "number" and model == "legacy" and is_number(one.value):
        number = float(one.value)
        return int(number) if number.is_integer() else number
    return one.value or ""


def problems(modal: Modal, model: Model) -> dict[str, str]:
    """The client's own checks before sending; only the legacy renderer looks at minimum lengths."""
    found = {}
    for one in modal.fields:
        if one.kind in ("unknown", "file", "action_button", "bool"):
            continue
        if one.required and one.is_empty:
            found[one.name] = REQUIRED
        elif model == "legacy" and one.value and isinstance(one.value, str) and len(one.value) < one.min_length:
            found[one.name] = f"Minimum input length is {one.min_length}."
        elif text := problems_of_text(one):
            found[one.name] = text
    return found


def show_errors(modal: Modal, answer: Json, model: Model) -> bool:
    """Place `error` and `errors`; False when the client would close as if all were well."""
    errors = {key: str(value) for key, value in (answer.get("errors") or {}).items()}
    modal.error, modal.errors = str(answer.get("error") or ""), {}
    if errors.keys() & {one.name for one in modal.fields}:
        modal.errors = errors
        return True
    if errors and model == "appsform" and not modal.error:
        name, text = next(iter(errors.items()))
        modal.error = f"Received an error for an unknown field (Field Name: {name}). Error: {text}"
    return bool(modal.error)


def keep_values(modal: Modal, before: dict[str, Any]) -> None:
    """After a refresh, fields of the same name keep what was in them."""
    for one in modal.fields:
        if before.get(one.name) is not None:
            one.value = before[one.name]


def may_look_up(url: str) -> bool:
    """The web client asks only https, plugin paths and the own machine."""
    local = ("http://localhost", "http://127.0.0.1")
    return url.startswith(("https://", "/plugins/", *local))
