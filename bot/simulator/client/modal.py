"""A modal as a person sees it, whether an Apps form or a native dialog is behind it.

Values are kept in one shape: text as str (None when never touched), bool, `{"label", "value"}` for a choice and a list
of those for several. `apps_form` and `dialog` turn them into what each protocol sends.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.simulator.client.parser import Directory
from bot.simulator.client.pickers import pick_time

Json = dict[str, Any]
TEXT_KINDS = {"text", "textarea"}
CHOICE_KINDS = {"select", "radio", "user", "channel"}
REQUIRED = "This field is required."


@dataclass(slots=True, kw_only=True)
class ModalField:
    """One line of the modal; kind is text, textarea, date, datetime, select, radio, user, channel, bool or markdown."""

    name: str
    kind: str
    label: str
    required: bool = False
    help: str = ""
    placeholder: str = ""
    options: list[Json] = field(default_factory=list)
    value: Any = None
    multiselect: bool = False
    refresh: bool = False
    readonly: bool = False
    subtype: str = ""
    min_length: int = 0
    max_length: int = 0
    zone: str = ""
    """Where the person picks days and times."""
    interval: int = 60
    """Minutes between the times a picker offers."""
    earliest: str = ""
    """The first day a picker offers, as YYYY-MM-DD."""
    lookup: Any = None
    """Where the choices come from while the person types; None when they are all in `options`."""
    raw: Json = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return self.value is None or self.value == "" or self.value == []

    @property
    def choices(self) -> list[str]:
        """The labels on offer."""
        return [str(option["label"]) for option in self.options]


class Origin(Protocol):
    """What is behind a modal and how it is driven: an Apps form or a native dialog."""

    async def submit(self, modal: "Modal", button: str) -> None: ...
    async def cancel(self, modal: "Modal") -> None: ...
    async def refresh(self, modal: "Modal", changed: ModalField) -> None: ...
    async def lookup(self, modal: "Modal", field: ModalField, query: str) -> None: ...


@dataclass(slots=True, kw_only=True)
class Modal:
    title: str
    origin: Origin
    header: str = ""
    icon: str = ""
    fields: list[ModalField] = field(default_factory=list)
    submit_label: str = "Submit"
    button_field: str = ""
    """Name of the field whose options are the submit buttons."""
    buttons: list[Json] = field(default_factory=list)
    error: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    edition: int = 0
    """Counts the forms drawn into this modal: each starts from its own values."""

    def field(self, name: str) -> ModalField:
        found = next((one for one in self.fields if one.name == name), None)
        if found is None:
            raise LookupError(f"The modal {self.title!r} has no field {name!r} but {list(self.values)}.")
        return found

    @property
    def values(self) -> dict[str, Any]:
        """What the person sees filled in, choices by their value."""
        return {one.name: plain(one.value) for one in self.fields}


def plain(value: Any) -> Any:
    """A choice by its value, several as a list of values, everything else as it is."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value.get("value") if isinstance(value, dict) else value


def fill(target: ModalField, given: Any, directory: Directory) -> None:
    """Put into a field what a person types or picks; raises LookupError for a choice that is not on offer."""
    if target.readonly:
        raise LookupError(f"The field {target.name!r} is read-only.")
    if target.kind in CHOICE_KINDS:
        target.value = _choice(target, given, directory)
    elif target.kind == "bool":
        target.value = bool(given)
    elif target.kind in ("date", "datetime"):
        target.value = pick_time(target, str(given)) if given else None
    elif target.kind in TEXT_KINDS:
        text = str(given)
        target.value = text[: target.max_length] if target.max_length else text
    else:
        raise LookupError(f"Nothing can be entered into {target.name!r}, a field of kind {target.kind!r}.")


def _choice(target: ModalField, given: Any, directory: Directory) -> Any:
    if given is None or given == "":
        return None
    if target.multiselect:
        many = given if isinstance(given, list | tuple) else [given]
        return [_pick(target, one, directory) for one in many]
    return _pick(target, given, directory)


def _pick(target: ModalField, given: Any, directory: Directory) -> Json:
    if target.lookup and isinstance(given, dict):
        return {"label": given["label"], "value": given["value"]}  # picked from an earlier search
    wanted = str(given["value"] if isinstance(given, dict) else given)
    by_label = (one for one in target.options if one["label"] == wanted)
    found = next((one for one in target.options if one["value"] == wanted), None) or next(by_label, None)
    found = found or _named(target.kind, wanted, directory)
    if found is None:
        raise LookupError(f"{wanted!r} is not on offer in {target.name!r}; there is {target.choices}.")
    return {"label": found["label"], "value": found["value"]}


def _named(kind: str, wanted: str, directory: Directory) -> Json | None:
    look: dict[str, tuple[Callable[[str], Json | None], Callable[[str], Json | None]]] = {
        "user": (directory.user, directory.user_by_id),
        "channel": (directory.channel, directory.channel_by_id),
    }
    if kind not in look:
        return None
    by_name, by_id = look[kind]
    return by_name(wanted.lstrip("@~")) or by_id(wanted)


def problems_of_text(target: ModalField) -> str:
    """What the client says about a text before sending it: e-mail, number and link."""
    text = target.value
    if not isinstance(text, str) or not text:
        return ""
    if target.subtype == "email" and "@" not in text:
        return "Must be a valid email address."
    if target.subtype == "number" and not is_number(text):
        return "Must be a number."
    if target.subtype == "url" and not ("http://" in text or "https://" in text):
        return "URL must include http:// or https://."
    return ""


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
