"""Apps forms as modals: what is drawn, what is checked before sending and the exact shape of the values."""

from typing import Any

from bot.simulator.client.modal import REQUIRED, Modal, ModalField, problems_of_text

Json = dict[str, Any]
KINDS = {
    "text": "text",
    "static_select": "select",
    "dynamic_select": "select",
    "bool": "bool",
    "user": "user",
    "channel": "channel",
    "markdown": "markdown",
}
MAX_TEXT, MAX_TEXTAREA = 150, 3000


def draw(modal: Modal, form: Json, *, fallback_title: str) -> None:
    """(Re)fill the modal from a form: values start from each field's own `value`, nothing is carried over."""
    modal.title = form.get("title") or fallback_title
    modal.header = form.get("header") or ""
    modal.icon = form.get("icon") or ""
    modal.button_field = form.get("submit_buttons") or ""
    fields = form.get("fields") or []
    chooser: Json = next((one for one in fields if one["name"] == modal.button_field), {})
    modal.buttons = [_option(one) for one in chooser.get("options") or []]
    modal.fields = [_field(one) for one in fields if one["name"] != modal.button_field]
    modal.error, modal.errors = "", {}
    modal.edition += 1


def _field(raw: Json) -> ModalField:
    kind = KINDS.get(raw.get("type", ""), "unknown")
    subtype = raw.get("subtype") or ""
    if kind == "text" and subtype == "textarea":
        kind = "textarea"
    value = raw.get("value")
    return ModalField(
        name=raw["name"],
        kind=kind,
        label=raw.get("modal_label") or raw.get("label") or raw["name"].replace("_", "-"),
        required=bool(raw.get("is_required")),
        help=raw.get("description") or "",
        placeholder=raw.get("hint") or "",
        options=[_option(one) for one in raw.get("options") or []],
        value=bool(value) if kind == "bool" else value or None,
        multiselect=bool(raw.get("multiselect")),
        refresh=bool(raw.get("refresh")),
        readonly=bool(raw.get("readonly")),
        subtype=subtype,
        max_length=raw.get("max_length") or (MAX_TEXTAREA if kind == "textarea" else MAX_TEXT),
        lookup=raw.get("lookup") if raw.get("type") == "dynamic_select" else None,
        raw=raw,
    )


def _option(raw: Json) -> Json:
    return {"label": raw.get("label") or raw.get("value", ""), "value": raw.get("value") or raw.get("label", "")}


def values(modal: Modal, form: Json, button: str = "") -> Json:
    """All values as the client posts them: untouched text and selects are null, bool always true or false."""
    found = {one.name: None if one.kind in ("markdown", "unknown") else one.value for one in modal.fields}
    if modal.button_field:
        chooser: Json = next((one for one in form.get("fields") or [] if one["name"] == modal.button_field), {})
        found[modal.button_field] = button or chooser.get("value")
    return found


def problems(modal: Modal) -> dict[str, str]:
    """The client's own checks; a required box must be ticked, minimum lengths are not looked at."""
    found = {}
    for one in modal.fields:
        if one.kind in ("markdown", "unknown"):
            continue
        if one.required and (one.is_empty or one.value is False):
            found[one.name] = REQUIRED
        elif text := problems_of_text(one):
            found[one.name] = text
    return found


def show_errors(modal: Modal, answer: Json) -> bool:
    """Place an error answer; False when there is nothing to show, and then the client closes the modal."""
    text = answer.get("text") or ""
    data = answer.get("data")
    errors = data.get("errors") if isinstance(data, dict) else None
    errors = {key: str(value) for key, value in (errors or {}).items()}
    if not text and not errors:
        return False
    known = {one.name for one in modal.fields} | {modal.button_field}
    modal.error, modal.errors = text, {}
    if known & errors.keys():
        modal.errors = errors
    elif errors and not text:
        modal.error = f"Received an error for an unknown field (Field Name: {next(iter(errors))}). Error: " + next(
            iter(errors.values())
        )
    return True


def items(answer: Json) -> list[Json]:
    """Looked-up choices; those without a value are thrown away."""
    data = answer.get("data")
    found = data.get("items") if isinstance(data, dict) else None
    return [_option(one) for one in found or [] if str(one.get("value") or "").strip()]
