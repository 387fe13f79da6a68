"""Forms as dialogs of a Mattermost without the Apps framework: what each version draws, and what becomes of the rest.

Pure: forms in, JSON out. The limits are those of every version; each form is checked for them when the process starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.call import SEEN, Ask, Value
from bot.surfaces.capabilities import Capabilities
from bot.surfaces.drawn import Drawn
from bot.surfaces.pressed import GIVEN, carried
from bot.surfaces.tokens import FORM_LIFE, Sealer
from bot.words import Reader, declared, words
from forms.base import HELP_BYTES, Choice, Input, Kind, Option, is_empty, meant
from forms.moments import Picked
from forms.several import Lookups

JSON = dict[str, Any]
# A list this long was cut, so it is looked up while the person types, where the server can.
CUT_OPTIONS = 50
STATIC_OPTIONS = 100
TEXT_BYTES = 150
LONG_TEXT_BYTES = 3000
INTERVAL_MINUTES = 15
SEVERAL = frozenset({Kind.CHOICES, Kind.LOOKUPS, Kind.USERS})
SUBTYPES = {Kind.SECRET: "password", Kind.EMAIL: "email", Kind.PHONE: "tel", Kind.LINK: "url"}

_ID = re.compile(r"[a-z0-9]{26}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What drawing needs beside the thing to draw. URLs are where Mattermost sends what people do with it.

    `ids` are those of users and channels by the names that were typed: a dialog's selects know ids only.
    """

    sealer: Sealer
    reader: Reader
    capabilities: Capabilities
    dialog_url: str
    lookup_url: str = ""
    refresh_url: str = ""
    action_url: str = ""
    user_id: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)


def draw_dialog(ask: Ask, drawing: Drawing) -> JSON:
    """A dialog within the limits of every server version (checked for each form when the process starts)."""
    reader, deciding = drawing.reader, ask.form.deciding()
    shown = ask.form.shown(ask.values)
    refreshes = bool(deciding) and drawing.capabilities.refresh and bool(drawing.refresh_url)
    claims = {**ask.memory, "command": ask.command}
    if deciding and not refreshes:
        # What the person does not see yet is asked in a next step.
        claims[SEEN] = ",".join(shown)
    ends_at = reader.now + FORM_LIFE
    introduction = declared(ask.form.introduction, reader.locale)
    above = [text for text in (introduction, words(ask.introduction, reader), words(ask.problem, reader)) if text]
    elements = [
        _element(name, field, ask.values.get(name), ask.options.get(name, ()), drawing) for name, field in shown.items()
    ]
    dialog = {
        "callback_id": ask.command,
        "title": declared(ask.form.title, reader.locale),
        "introduction_text": "\n\n".join(above),
        "submit_label": declared(ask.form.submit, reader.locale),
        "state": drawing.sealer.seal("form", claims, user_id=drawing.user_id, ends_at=ends_at),
        "elements": [
            element | {"refresh": True} if refreshes and element["name"] in deciding else element
            for element in elements
        ],
    }
    return dialog | ({"source_url": drawing.refresh_url} if refreshes else {})


def _element(name: str, field: Input, value: Value, options: tuple[Option, ...], drawing: Drawing) -> JSON:
    locale = drawing.reader.locale
    drawn: JSON = {
        "display_name": declared(field.label, locale),
        "name": name,
        "type": "text",
        "help_text": declared(field.help, locale),
        "placeholder": declared(field.hint, locale),
        "optional": not field.required,
    }
    drawn |= _drawn_as(field, value, options, drawing)
    default = _default(field, _named(field, value, options, drawn), drawn, drawing)
    return drawn | ({"default": default} if default else {})


def _named(field: Input, value: Value, options: tuple[Option, ...], drawn: JSON) -> Value:
    """Where people have to be typed, by the names that are known for their ids."""
    if field.kind is not Kind.USERS or drawn["type"] != "text":
        return value
    names = {option.value: option.label for option in options}
    return tuple(names.get(one, one) for one in field.items(value))


def _drawn_as(field: Input, value: Value, options: tuple[Option, ...], drawing: Drawing) -> JSON:
    """What a server cannot draw becomes what it can: a long list a short one, several of a list a text."""
    can, locale = drawing.capabilities, drawing.reader.locale
    one = not can.multiselect and _one_will_do(field, value)
    several: JSON = {"multiselect": True} if field.kind in SEVERAL and not one else {}
    match field.kind:
        case Kind.LONG_TEXT:
            return {"type": "textarea", "max_length": field.max_length}
        case Kind.NUMBER:
            return {"subtype": "number"}
        case Kind.CHOICE:
            return {"type": "radio" if _is_radio(field) else "select", "options": _declared_options(field, locale)}
        case Kind.USER:
            return {"type": "select", "data_source": "users"}
        case Kind.CHANNEL:
            return {"type": "select", "data_source": "channels"}
        case Kind.TOGGLE:
            return {"type": "bool", "optional": True}
        case Kind.DATE if can.date:
            return {"type": "date", **_limited(field, can)}
        case Kind.DATETIME if can.datetime:
            return {"type": "datetime", **_limited(field, can)}
        case Kind.USERS if can.multiselect:
            return {"type": "select", "data_source": "users", **several}
        case Kind.CHOICES if can.multiselect:
            return {"type": "select", "options": _declared_options(field, locale), **several}
        case Kind.LOOKUP | Kind.LOOKUPS if several and not can.multiselect:
            return _typed_list(field, options, locale)
        case Kind.LOOKUP | Kind.LOOKUPS if len(options) >= CUT_OPTIONS and not value and _looks_up(drawing):
            source = {"data_source": "dynamic", "data_source_url": drawing.lookup_url}
            return {"type": "select", **source, "placeholder": "", **several}
        case Kind.LOOKUP | Kind.LOOKUPS if options and len(options) <= STATIC_OPTIONS:
            return {"type": "select", "options": _options(options), "placeholder": "", **several}
        case Kind.CHOICES | Kind.LOOKUPS:
            return _typed_list(field, field.options, locale)
        case _:
            return {"max_length": field.max_length, **_subtype(field)}


def _subtype(field: Input) -> JSON:
    return {"subtype": SUBTYPES[field.kind]} if field.kind in SUBTYPES else {}


def _one_will_do(field: Input, value: Value) -> bool:
    return isinstance(field, Lookups) and field.one_will_do and len(field.items(value)) < 2


def _is_radio(field: Input) -> bool:
    return isinstance(field, Choice) and field.radio


def _typed_list(field: Input, options: tuple[Option, ...], locale: str) -> JSON:
    """The help says what can be typed, as far as there is room."""
    offered = ", ".join(option.value for option in options)
    told = " ".join(text for text in (declared(field.help, locale), offered) if text)
    return {"max_length": field.max_length, "help_text": _cut(told, HELP_BYTES)}


def _limited(field: Input, can: Capabilities) -> JSON:
    """Newer servers read limits in an object of their own, older ones beside it; between them both have to be there."""
    found: JSON = {"time_interval": INTERVAL_MINUTES} if field.kind is Kind.DATETIME else {}
    if isinstance(field, Picked) and field.ahead:
        found["min_date"] = "today"
    drawn = dict(found) if can.legacy_date_keys else {}
    return drawn | ({"datetime_config": found} if can.datetime_config and found else {})


def _looks_up(drawing: Drawing) -> bool:
    """The web client asks only over https, or its own machine."""
    local = ("https://", "http://localhost:", "http://127.0.0.1:", "http://localhost/", "http://127.0.0.1/")
    return drawing.capabilities.dynamic_select and drawing.lookup_url.startswith(local)


def _default(field: Input, value: Value, drawn: JSON, drawing: Drawing) -> str:
    """Defaults are always strings; several values are joined by commas. Users and channels are meant by their ids."""
    if is_empty(value):
        value = _declared_default(field)
    if value is None:
        return ""
    if field.kind is Kind.TOGGLE or isinstance(value, bool):
        return str(str(value).lower() in ("true", "yes", "1")).lower()
    if drawn.get("data_source") in ("users", "channels"):
        return ",".join(_ids(field.items(value), "@" if drawn["data_source"] == "users" else "~", drawing.ids))
    if "options" in drawn:
        return _chosen(field.items(value), drawn)
    text = ", ".join(value) if isinstance(value, tuple) else value
    if isinstance(field, Picked):
        spelled = field.written if drawn["type"] == "text" else field.picked
        return _cut(spelled(text, drawing.reader.now, drawing.reader.zone), TEXT_BYTES)
    return _cut(text, LONG_TEXT_BYTES if drawn["type"] == "textarea" else TEXT_BYTES)


def _declared_default(field: Input) -> Value:
    default = field.load_default
    if isinstance(default, bool):
        return default or None
    if isinstance(default, tuple):
        return default or None
    return str(default) if isinstance(default, (str, int)) and default else None


def _chosen(items: tuple[str, ...], drawn: JSON) -> str:
    """Only what is on offer; a value with a comma in it cannot be said beside others."""
    offered = [Option(value=option["value"], label=option["text"]) for option in drawn["options"]]
    found = [one for one in (meant(item, offered) for item in items) if one is not None]
    if drawn.get("multiselect"):
        return ",".join(one for one in found if "," not in one)
    return found[0] if found else ""


def _ids(names: tuple[str, ...], sigil: str, ids: Mapping[str, str]) -> list[str]:
    """Those that are known; the person chooses the others again."""
    found = [ids.get(f"{sigil}{name.removeprefix(sigil).lower()}", name) for name in names]
    return [one for one in found if _ID.fullmatch(one)]


def _cut(text: str, most: int) -> str:
    """Mattermost counts bytes."""
    return text.encode()[:most].decode(errors="ignore")


def _declared_options(field: Input, locale: str) -> list[JSON]:
    return [{"text": declared(option.label, locale), "value": option.value} for option in field.options]


def _options(options: Iterable[Option]) -> list[JSON]:
    return [{"text": option.label, "value": option.value} for option in options]


def write_next_dialog(ask: Ask, drawing: Drawing) -> JSON:
    """The answer to a dialog that puts the next one in its place (Mattermost 11.1 and later)."""
    return {"type": "form", "form": draw_dialog(ask, drawing)}


def draw_next_button(ask: Ask, drawing: Drawing) -> Drawn:
    """Where a dialog cannot follow a dialog: a private message whose button goes on, for this person only.

    A form without fields needs no dialog: pressing the button submits it. What was filled in already travels in the
    button, where people do not see it, and stands in the next dialog.
    """
    locale = drawing.reader.locale
    text = words(ask.introduction, drawing.reader) or declared(ask.form.introduction, locale)
    asks = bool(ask.form.inputs())
    given = {f"{GIVEN}{name}": carried(value) for name, value in ask.values.items() if not is_empty(value)}
    claims = {**ask.memory, **given, "command": ask.command, **({"ask": "1"} if asks else {})}
    ends_at = drawing.reader.now + FORM_LIFE
    token = drawing.sealer.seal("button", claims, user_id=drawing.user_id, ends_at=ends_at)
    action = {
        "id": "next",
        "type": "button",
        "name": f"{declared(ask.form.submit, locale)}{'…' if asks else ''}",
        "style": "primary",
        "integration": {"url": drawing.action_url, "context": {"token": token}},
    }
    shown = {"fallback": text, "text": text, "actions": [action]}
    return Drawn(message="", props={"attachments": [shown]})
