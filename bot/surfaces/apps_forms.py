"""Forms as the Apps framework has them: in a modal, and as the arguments of a slash command.

Protocol: Apps plugin v1.2.2. Pure: forms in, JSON out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.call import Ask, Value
from bot.registry import Command
from bot.surfaces.tokens import FORM_LIFE, Sealer
from bot.words import Reader, declared, inline, words
from forms.base import Input, Kind, Option, flag_of, is_empty, meant
from forms.moments import Picked
from forms.several import Lookups

ICON = "oncall.png"
WHO = {"acting_user": "+summary"}

JSON = dict[str, Any]
BUTTON = "pressed_button"
SUBTYPES = {
    Kind.LONG_TEXT: "textarea",
    Kind.SECRET: "password",
    Kind.EMAIL: "email",
    Kind.PHONE: "tel",
    Kind.LINK: "url",
}
SEVERAL = frozenset({Kind.CHOICES, Kind.LOOKUPS, Kind.USERS})
CHOSEN = SEVERAL | {Kind.CHOICE, Kind.LOOKUP, Kind.USER, Kind.CHANNEL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What drawing needs beside the thing to draw.

    `labels` are those of the values that came with the call: a chosen person must not become an id when drawn anew.
    """

    sealer: Sealer
    reader: Reader
    user_id: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


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
    places = {name: -1 if field.rest else place for place, (name, field) in enumerate(command.form.positional(), 1)}
    fields = [
        _typed_field(command, name, field, locale) | ({"position": places[name]} if name in places else {})
        for name, field in command.form.inputs().items()
        if field.kind is not Kind.SECRET
    ]
    return {"title": declared(command.form.title, locale), "submit": app_call("command", command), "fields": fields}


def _typed_field(command: Command, name: str, field: Input, locale: str) -> JSON:
    drawn = _field(name, field, locale)
    match field.kind:
        case Kind.CHOICE:
            drawn |= {"type": "static_select", "options": _declared_options(field, locale)}
        case Kind.CHOICES:
            # The web client loses typed lists of some selects, so lists are typed as text and read by us.
            drawn["hint"] = drawn["hint"] or ", ".join(option.value for option in field.options)
        case Kind.LOOKUP | Kind.LOOKUPS if not field.rest and _offered_while_typed(field):
            drawn |= {"type": "dynamic_select", "lookup": app_call("lookup", command)}
        case Kind.USER:
            drawn["type"] = "user"
        case Kind.CHANNEL:
            drawn["type"] = "channel"
        case Kind.TOGGLE:
            drawn["type"] = "bool"
        case _:
            pass
    return drawn | {"hint": drawn["hint"] or inline(field.label, locale)}


def _offered_while_typed(field: Input) -> bool:
    """The first of several can be, where the line is read again by us for the others."""
    return field.kind is Kind.LOOKUP or (isinstance(field, Lookups) and field.one_will_do)


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
    fields = [_modal_field(command, name, field, ask, drawing) for name, field in ask.form.shown(ask.values).items()]
    form: JSON = {
        "title": declared(ask.form.title, reader.locale),
        "icon": ICON,
        "submit": app_call("form", command) | {"state": state},
        "fields": [*fields, _button(declared(ask.form.submit, reader.locale))],
        "submit_buttons": BUTTON,
    }
    if ask.form.deciding():
        form["source"] = app_call("source", command) | {"state": state}
    introduction = declared(ask.form.introduction, reader.locale)
    header = [text for text in (introduction, words(ask.introduction, reader), words(ask.problem, reader)) if text]
    return form | ({"header": "\n\n".join(header)} if header else {})


def _button(label: str) -> JSON:
    """The framework has no name for the button that submits: a select that is drawn as buttons gives it one."""
    option = {"label": label, "value": "submit"}
    return {"name": BUTTON, "modal_label": label, "type": "static_select", "options": [option]}


def _modal_field(command: Command, name: str, field: Input, ask: Ask, drawing: Drawing) -> JSON:
    locale = drawing.reader.locale
    drawn = _field(name, field, locale) | {"is_required": field.required and field.kind is not Kind.TOGGLE}
    offered = _declared_options(field, locale)
    match field.kind:
        case Kind.NUMBER:
            drawn["subtype"] = "number"
        case Kind.CHOICE | Kind.CHOICES:
            drawn |= {"type": "static_select", "options": offered}
        case Kind.LOOKUP | Kind.LOOKUPS:
            drawn |= {"type": "dynamic_select", "lookup": app_call("lookup", command)}
        case Kind.USER | Kind.USERS:
            drawn["type"] = "user"
        case Kind.CHANNEL:
            drawn["type"] = "channel"
        case Kind.TOGGLE:
            drawn["type"] = "bool"
        case _:
            drawn |= {"subtype": SUBTYPES.get(field.kind, "input"), "max_length": field.max_length}
    if field.kind in SEVERAL:
        drawn["multiselect"] = True
    if name in ask.form.deciding():
        drawn["refresh"] = True
    labels = {one["value"]: one["label"] for one in (*drawn_options(ask.options.get(name, ())), *offered)}
    return drawn | _default(field, ask.values.get(name), {**drawing.labels, **labels}, drawing.reader)


def _default(field: Input, value: Value, labels: Mapping[str, str], reader: Reader) -> JSON:
    if is_empty(value):
        value = _declared_default(field)
    if value is None:
        return {}
    if field.kind is Kind.TOGGLE:
        return {"value": str(value).lower() in ("true", "yes", "1")}
    if field.kind in CHOSEN:
        chosen = [meant(one, field.options) or one for one in field.items(value)]
        found = [{"label": labels.get(one, one), "value": one} for one in chosen]
        return {"value": found if field.kind in SEVERAL else found[0]} if found else {}
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    return {"value": field.written(text, reader.now, reader.zone) if isinstance(field, Picked) else text}


def _declared_default(field: Input) -> Value:
    default = field.load_default
    if isinstance(default, tuple):
        return default or None
    return str(default) if isinstance(default, (str, int)) and default else None


def _declared_options(field: Input, locale: str) -> list[JSON]:
    return [{"label": declared(option.label, locale), "value": option.value} for option in field.options]


def drawn_options(options: Iterable[Option]) -> list[JSON]:
    return [{"label": option.label, "value": option.value} for option in options]
