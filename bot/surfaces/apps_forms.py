"""Forms as the Apps framework has them: in a modal, and as the arguments of a slash command.

Protocol: Apps plugin v1.2.2. Pure: forms in, JSON out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.call import Ask, Value
from bot.registry import Command
from bot.surfaces.tokens import FORM_LIFE, Sealer
from bot.words import Reader, declared, inline, words
from forms.base import Input, Kind, Option, flag_of

ICON = "oncall.png"
WHO = {"acting_user": "+summary"}

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What drawing needs beside the thing to draw."""

    sealer: Sealer
    reader: Reader
    user_id: str = ""


def app_call(room: str, command: Command, *, more: Mapping[str, str] = {}) -> JSON:
    expand: dict[str, str] = {**WHO, **more}
    if command.user_token:
        expand["acting_user_access_token"] = "all"
    if command.in_channel:
        # Asking for the channel itself breaks the call in group messages (Apps plugin v1.2.2).
        expand["channel_member"] = "id"
    if command.before_install and command.user_token:
        # What finishes an installation needs the webhook secret, which the plugin shows to admins only.
        expand["app"] = "all"
    return {"path": f"/{room}/{command.path}", "expand": expand}


def draw_typed_form(command: Command, locale: str) -> JSON:
    """The form in a command binding: everything optional, because we open the modal for what is missing."""
    places = {name: place for place, (name, _) in enumerate(command.form.positional(), start=1)}
    fields = []
    for name, field in command.form.inputs().items():
        if field.kind is Kind.SECRET:
            continue
        drawn = _typed_field(command, name, field, locale)
        if name in places:
            drawn["position"] = -1 if field.rest else places[name]
        fields.append(drawn)
    return {"title": declared(command.form.title, locale), "submit": app_call("command", command), "fields": fields}


def _typed_field(command: Command, name: str, field: Input, locale: str) -> JSON:
    drawn = _field(name, field, locale)
    drawn["hint"] = drawn["hint"] or inline(field.label, locale)
    match field.kind:
        case Kind.CHOICE:
            drawn |= {"type": "static_select", "options": _declared_options(field, locale)}
        case Kind.LOOKUP if not field.rest:
            drawn |= {"type": "dynamic_select", "lookup": app_call("lookup", command)}
        case Kind.USER:
            drawn["type"] = "user"
        case Kind.CHANNEL:
            drawn["type"] = "channel"
        case Kind.TOGGLE:
            drawn["type"] = "bool"
        case _:
            pass
    return drawn


def _field(name: str, field: Input, locale: str) -> JSON:
    return {
        "name": name,
        "label": flag_of(name),
        "modal_label": declared(field.label, locale),
        "description": declared(field.help, locale),
        "hint": declared(field.hint, locale),
        "type": "text",
    }


def draw_form(ask: Ask, command: Command, drawing: Drawing) -> JSON:
    """The modal: filled with what is known, signed for the person who opened it."""
    reader = drawing.reader
    ends_at = reader.now + FORM_LIFE
    claims = {**ask.memory, "command": command.name}
    state = drawing.sealer.seal("form", claims, user_id=drawing.user_id, ends_at=ends_at)
    fields = [
        _modal_field(command, name, field, ask.values.get(name), ask.options.get(name, ()), reader.locale)
        for name, field in ask.form.inputs().items()
    ]
    form: JSON = {
        "title": declared(ask.form.title, reader.locale),
        "icon": ICON,
        "submit": app_call("form", command) | {"state": state},
        "fields": fields,
    }
    introduction = declared(ask.form.introduction, reader.locale)
    header = [text for text in (introduction, words(ask.introduction, reader), words(ask.problem, reader)) if text]
    return form | ({"header": "\n\n".join(header)} if header else {})


def _modal_field(
    command: Command, name: str, field: Input, value: Value, options: tuple[Option, ...], locale: str
) -> JSON:
    drawn = _field(name, field, locale) | {"is_required": field.required and field.kind is not Kind.TOGGLE}
    offered = _declared_options(field, locale)
    known = {option["value"]: option["label"] for option in (*offered, *drawn_options(options))}
    match field.kind:
        case Kind.LONG_TEXT:
            drawn |= {"subtype": "textarea", "max_length": field.max_length}
        case Kind.SECRET:
            drawn |= {"subtype": "password", "max_length": field.max_length}
        case Kind.NUMBER:
            drawn["subtype"] = "number"
        case Kind.CHOICE:
            drawn |= {"type": "static_select", "options": offered}
        case Kind.LOOKUP:
            drawn |= {"type": "dynamic_select", "lookup": app_call("lookup", command)}
        case Kind.USER | Kind.USERS:
            drawn |= {"type": "user", "multiselect": field.kind is Kind.USERS}
        case Kind.CHANNEL:
            drawn["type"] = "channel"
        case Kind.TOGGLE:
            drawn["type"] = "bool"
        case _:
            drawn |= {"subtype": "input", "max_length": field.max_length}
    return drawn | _default(field, value, known)


def _default(field: Input, value: Value, known: Mapping[str, str]) -> JSON:
    value = value if value not in (None, "", ()) else _declared_default(field)
    if value in (None, "", ()):
        return {}
    if field.kind is Kind.TOGGLE:
        return {"value": str(value).lower() in ("true", "yes", "1")}
    if field.kind is Kind.USERS:
        several = value if isinstance(value, tuple) else tuple(str(value).replace(",", " ").split())
        return {"value": [{"label": known.get(one, one), "value": one} for one in several]}
    if field.kind in (Kind.CHOICE, Kind.LOOKUP, Kind.USER, Kind.CHANNEL):
        return {"value": {"label": known.get(str(value), str(value)), "value": str(value)}}
    return {"value": str(value)}


def _declared_default(field: Input) -> Value:
    default = field.load_default
    return str(default) if isinstance(default, (str, int)) and default else None


def _declared_options(field: Input, locale: str) -> list[JSON]:
    return [{"label": declared(option.label, locale), "value": option.value} for option in field.options]


def drawn_options(options: Iterable[Option]) -> list[JSON]:
    return [{"label": option.label, "value": option.value} for option in options]
