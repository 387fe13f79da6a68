"""The native surface: slash text, dialogs, attachment buttons. Pure: JSON in, words out, and back.

Protocol: Mattermost server 9 to 12. Every answer is HTTP 200 with the problem inside it, because older clients take
another status from a dialog submission as success and close the form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.call import Actor, Ask, Call, Opened, Refuse, Reply, Value
from bot.core.cards import Button, Card
from bot.registry import Registry
from bot.surfaces.capabilities import Capabilities
from bot.surfaces.cards import attachment, headline
from bot.surfaces.drawn import Drawn
from bot.surfaces.pressed import read_pressed
from bot.surfaces.tokens import FORM_LIFE, BadToken, Sealer
from bot.surfaces.typed import read_typed
from bot.surfaces.values import object_of, read_values
from bot.words import Reader, declared, paragraph, words
from forms.base import Input, Kind, Option

JSON = dict[str, Any]
# A list this long was cut, so it is looked up while the person types, where the server can.
CUT_OPTIONS = 50
STATIC_OPTIONS = 100
TEXT_BYTES = 150
LONG_TEXT_BYTES = 3000


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
    action_url: str = ""
    user_id: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)


# ---- calls in ------------------------------------------------------------------------------------------------------


def read_command(form: Mapping[str, list[str]], *, server_id: str, registry: Registry) -> Call:
    """A slash command, as form parameters."""
    typed = read_typed(_one(form, "text"), registry)
    return Call(
        server_id=server_id,
        command=typed.command,
        actor=Actor(user_id=_one(form, "user_id"), username=_one(form, "user_name")),
        opened=Opened.TYPED,
        values=typed.values,
        leftover=typed.leftover,
        channel_id=_one(form, "channel_id"),
        team_id=_one(form, "team_id"),
        root_id=_one(form, "root_id"),
        mentions=dict(zip(form.get("user_mentions", []), form.get("user_mentions_ids", []), strict=False)),
    )


def read_ids(form: Mapping[str, list[str]]) -> dict[str, str]:
    """The users and public channels whose names were typed in a slash command."""
    kinds = (("@", "user_mentions"), ("~", "channel_mentions"))
    return {
        f"{sigil}{name}": id_
        for sigil, field in kinds
        for name, id_ in zip(form.get(field, []), form.get(f"{field}_ids", []), strict=False)
    }


def _one(form: Mapping[str, list[str]], name: str) -> str:
    values = form.get(name) or [""]
    return values[0]


def read_action(body: Mapping[str, Any], *, server_id: str, sealer: Sealer) -> Call:
    """A press of a button. Raises BadToken."""
    token = object_of(body.get("context")).get("token")
    return replace(
        read_pressed(token, server_id=server_id, actor=_actor(body), sealer=sealer),
        channel_id=str(body.get("channel_id") or ""),
        team_id=str(body.get("team_id") or ""),
        post_id=str(body.get("post_id") or ""),
    )


def read_dialog(body: Mapping[str, Any], *, server_id: str, sealer: Sealer) -> Call:
    """A submitted dialog or a lookup in one. The state tells which command; the callback id is never believed."""
    actor = _actor(body)
    memory = sealer.unseal("form", body.get("state"), user_id=actor.user_id)
    command = memory.pop("command", "")
    if not command:
        raise BadToken
    return Call(
        server_id=server_id,
        command=command,
        actor=actor,
        opened=Opened.FORM,
        values=read_values(body.get("submission")),
        memory=memory,
        channel_id=str(body.get("channel_id") or ""),
        team_id=str(body.get("team_id") or ""),
    )


def read_lookup(body: Mapping[str, Any]) -> tuple[str, str]:
    """The field that is being filled and what was typed; both may be missing."""
    submission = object_of(body.get("submission"))
    return str(submission.get("selected_field") or ""), str(submission.get("query") or "")


def _actor(body: Mapping[str, Any]) -> Actor:
    return Actor(user_id=str(body.get("user_id") or ""), username=str(body.get("user_name") or ""))


# ---- answers out ---------------------------------------------------------------------------------------------------


def say_privately(text: str) -> JSON:
    """The answer to a slash command that only the caller sees."""
    return {"response_type": "ephemeral", "text": text, "skip_slack_parsing": True} if text else {}


def post_privately(drawn: Drawn) -> JSON:
    """The same with what stands below the text."""
    return {
        "response_type": "ephemeral",
        "text": drawn.message,
        "skip_slack_parsing": True,
        "attachments": drawn.props.get("attachments", []),
    }


def say_at_button(text: str) -> JSON:
    return {"ephemeral_text": text, "skip_slack_parsing": True} if text else {}


def text_of(reply: Reply, reader: Reader) -> str:
    """The words of a reply that opens no form."""
    if isinstance(reply, Refuse):
        return words(reply.text, reader)
    return "" if isinstance(reply, Ask) else paragraph(reply.lines, reader)


def write_dialog_answer(reply: Reply, reader: Reader) -> JSON:
    """Empty closes the dialog. Errors for names that the dialog does not have move to the general error."""
    if isinstance(reply, Refuse):
        return {"error": words(reply.text, reader)}
    if not isinstance(reply, Ask):
        return {}
    shown = {name: words(text, reader) for name, text in reply.errors.items() if name in reply.form.inputs()}
    other = [words(text, reader) for name, text in reply.errors.items() if name not in shown]
    answer: JSON = {"errors": shown} if shown else {}
    if other or not shown:
        answer["error"] = " ".join(other) or words(reply.problem, reader)
    return answer


def write_options(options: Iterable[Option]) -> JSON:
    return {"items": [{"text": option.label, "value": option.value} for option in options]}


# ---- dialogs -------------------------------------------------------------------------------------------------------


def draw_dialog(ask: Ask, drawing: Drawing) -> JSON:
    """A dialog within the limits of every server version (checked for each form when the process starts)."""
    claims = {**ask.memory, "command": ask.command}
    ends_at = drawing.reader.now + FORM_LIFE
    reader = drawing.reader
    introduction = declared(ask.form.introduction, reader.locale)
    above = [text for text in (introduction, words(ask.introduction, reader), words(ask.problem, reader)) if text]
    return {
        "callback_id": ask.command,
        "title": declared(ask.form.title, reader.locale),
        "introduction_text": "\n\n".join(above),
        "submit_label": declared(ask.form.submit, reader.locale),
        "state": drawing.sealer.seal("form", claims, user_id=drawing.user_id, ends_at=ends_at),
        "elements": [
            _element(name, field, ask.values.get(name), ask.options.get(name, ()), drawing)
            for name, field in ask.form.inputs().items()
        ],
    }


def _element(name: str, field: Input, value: Value, options: tuple[Option, ...], drawing: Drawing) -> JSON:
    """What a server cannot draw becomes what it can: a long list a short one, a list of people a text."""
    locale = drawing.reader.locale
    drawn: JSON = {
        "display_name": declared(field.label, locale),
        "name": name,
        "type": "text",
        "help_text": declared(field.help, locale),
        "placeholder": declared(field.hint, locale),
        "optional": not field.required,
    }
    match field.kind:
        case Kind.LONG_TEXT:
            drawn |= {"type": "textarea", "max_length": field.max_length}
        case Kind.SECRET:
            drawn |= {"subtype": "password", "max_length": field.max_length}
        case Kind.NUMBER:
            drawn["subtype"] = "number"
        case Kind.CHOICE:
            drawn |= {"type": "select", "options": _declared_options(field, locale)}
        case Kind.LOOKUP if len(options) >= CUT_OPTIONS and not value and _looks_up(drawing):
            drawn |= {"type": "select", "data_source": "dynamic", "data_source_url": drawing.lookup_url}
        case Kind.LOOKUP if options and len(options) <= STATIC_OPTIONS:
            drawn |= {"type": "select", "options": _options(options)}
        case Kind.USER:
            drawn |= {"type": "select", "data_source": "users"}
        case Kind.USERS if drawing.capabilities.multiselect:
            drawn |= {"type": "select", "data_source": "users", "multiselect": True}
        case Kind.CHANNEL:
            drawn |= {"type": "select", "data_source": "channels"}
        case Kind.TOGGLE:
            drawn |= {"type": "bool", "placeholder": declared(field.hint or field.label, locale), "optional": True}
        case _:
            drawn["max_length"] = field.max_length
    default = _default(field, value, drawn, drawing.ids)
    return drawn | ({"default": default} if default else {})


def _looks_up(drawing: Drawing) -> bool:
    """The web client asks only over https, or its own machine."""
    local = ("https://", "http://localhost:", "http://127.0.0.1:", "http://localhost/", "http://127.0.0.1/")
    return drawing.capabilities.dynamic_select and drawing.lookup_url.startswith(local)


def _default(field: Input, value: Value, drawn: JSON, ids: Mapping[str, str]) -> str:
    """Defaults are always strings; several values are joined by commas. Users and channels are meant by their ids."""
    if value in (None, "", ()):
        declared = field.load_default
        value = str(declared).lower() if isinstance(declared, (str, int)) and declared is not False else None
    if value in (None, "", ()):
        return ""
    if field.kind is Kind.TOGGLE or isinstance(value, bool):
        return str(str(value).lower() in ("true", "yes", "1")).lower()
    if drawn.get("data_source") in ("users", "channels"):
        return ",".join(_ids(value, "@" if drawn["data_source"] == "users" else "~", ids))
    text = " ".join(value) if isinstance(value, tuple) else value
    if "options" in drawn and all(option["value"] != text for option in drawn["options"]):
        return ""
    return _cut(text, LONG_TEXT_BYTES if drawn["type"] == "textarea" else TEXT_BYTES)


def _ids(value: str | tuple[str, ...], sigil: str, ids: Mapping[str, str]) -> list[str]:
    """Those that are known; the person chooses the others again."""
    names = value if isinstance(value, tuple) else value.replace(",", " ").split()
    meant = [ids.get(f"{sigil}{name.removeprefix(sigil).lower()}", name) for name in names]
    return [one for one in meant if _ID.fullmatch(one)]


def _cut(text: str, most: int) -> str:
    """Mattermost counts bytes."""
    return text.encode()[:most].decode(errors="ignore")


def _declared_options(field: Input, locale: str) -> list[JSON]:
    return [{"text": declared(option.label, locale), "value": option.value} for option in field.options]


def _options(options: Iterable[Option]) -> list[JSON]:
    return [{"text": option.label, "value": option.value} for option in options]


# ---- the next step of a conversation ----


def write_next_dialog(ask: Ask, drawing: Drawing) -> JSON:
    """The answer to a dialog that puts the next one in its place (Mattermost 11.1 and later)."""
    return {"type": "form", "form": draw_dialog(ask, drawing)}


def draw_next_button(ask: Ask, drawing: Drawing) -> Drawn:
    """Where a dialog cannot follow a dialog: a private message whose button goes on, for this person only.

    A form without fields needs no dialog: pressing the button submits it.
    """
    locale = drawing.reader.locale
    text = words(ask.introduction, drawing.reader) or declared(ask.form.introduction, locale)
    claims = {**ask.memory, "command": ask.command, **({"ask": "1"} if ask.form.inputs() else {})}
    ends_at = drawing.reader.now + FORM_LIFE
    token = drawing.sealer.seal("button", claims, user_id=drawing.user_id, ends_at=ends_at)
    action = {
        "id": "next",
        "type": "button",
        "name": declared(ask.form.submit, locale),
        "style": "primary",
        "integration": {"url": drawing.action_url, "context": {"token": token}},
    }
    shown = {"fallback": text, "text": text, "actions": [action]}
    return Drawn(message="", props={"attachments": [shown]})


# ---- posts ---------------------------------------------------------------------------------------------------------


def draw_post(card: Card, *, sealer: Sealer, reader: Reader, action_url: str) -> Drawn:
    """The card as a message attachment with its buttons as message actions."""
    drawn = attachment(card, reader)
    drawn["actions"] = [
        _action(button, number, sealer, reader, action_url) for number, button in enumerate(card.buttons)
    ]
    return Drawn(message=headline(card, reader), props={"attachments": [drawn]})


def _action(button: Button, number: int, sealer: Sealer, reader: Reader, action_url: str) -> JSON:
    claims = {**button.args, "command": button.command, **({"ask": "1"} if button.ask else {})}
    return {
        "id": f"{''.join(c for c in button.command if c.isalnum())}{number}",
        "type": "button",
        "name": words(button.label, reader),
        "style": button.style,
        "integration": {"url": action_url, "context": {"token": sealer.seal("button", claims)}},
    }
