"""The Apps framework surface: manifest, bindings, forms, calls and their answers. Pure: JSON in, words out, and back.

Protocol: Apps plugin v1.2.2. The plugin sends no location, channel, team or post to the app, so every binding has a
path of its own and asks for what it needs with `expand`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from bot.call import Actor, Ask, Call, Opened, Refuse, Reply, Say, Value
from bot.core.cards import Button, Card, Select
from bot.core.people import Role
from bot.core.text import Text, say
from bot.registry import Command, Registry
from bot.secret import Secret
from bot.surfaces.apps_forms import ICON, JSON, WHO, Drawing, app_call, draw_form, draw_typed_form, drawn_options
from bot.surfaces.cards import attachment, body, details, headline
from bot.surfaces.drawn import Drawn
from bot.surfaces.pressed import read_pressed
from bot.surfaces.tokens import BadToken, Sealer
from bot.surfaces.typed import read_typed
from bot.surfaces.values import object_of, read_values
from bot.words import ENGLISH, Reader, declared, inline, paragraph, words
from forms.base import Kind, Option

VERSION = "v1.0.0"
TRIGGER = "oncall"
BOT_TOKEN_LIFE = timedelta(minutes=5)


# ---- manifest and bindings -----------------------------------------------------------------------------------------


def manifest(*, app_id: str, root_url: str, homepage_url: str) -> JSON:
    """Holds nothing secret; `use_jwt` makes the consent modal ask for the install secret."""
    return {
        "app_id": app_id,
        "version": VERSION,
        "display_name": "OnCall",
        "description": "Alerts, on-call and escalation, in chat",
        "homepage_url": homepage_url,
        "icon": ICON,
        "requested_permissions": ["act_as_bot", "act_as_user", "remote_webhooks", "remote_oauth2"],
        "requested_locations": ["/command", "/post_menu", "/channel_header"],
        "bindings": {"path": "/bindings", "expand": {"acting_user": "summary", "locale": "all"}},
        "on_install": {
            "path": "/installed",
            "expand": {"acting_user": "+summary", "acting_user_access_token": "all", "app": "all"},
        },
        "on_uninstall": {"path": "/uninstalled", "expand": {"acting_user": "+summary"}},
        "on_enable": {"path": "/enabled", "expand": {"acting_user": "+summary"}},
        "on_disable": {"path": "/disabled", "expand": {"acting_user": "+summary"}},
        "on_remote_webhook": {"path": "/webhook"},
        "http": {"root_url": root_url, "use_jwt": True},
    }


def bindings(registry: Registry, *, role: Role, installed: bool, locale: str = ENGLISH) -> JSON:
    """The slash command, the post menu and the channel header for somebody with this role.

    What is typed is English everywhere; what explains it is in the person's language.
    """
    usable = [
        one for one in registry if role.includes(one.needs) and (installed or one.before_install) and not one.hidden
    ]
    top = [
        {"location": "/command", "bindings": [_slash(usable, locale)]},
        _menu("/post_menu", [(one, declared(one.menu, locale), _menu_call(one)) for one in usable if one.menu]),
        _menu(
            "/channel_header",
            [(one, declared(one.header, locale), app_call("command", one)) for one in usable if one.header],
        ),
    ]
    return {"type": "ok", "data": [node for node in top if node["bindings"]]}


def _slash(usable: list[Command], locale: str) -> JSON:
    names = sorted({one.name.split()[0] for one in usable})
    # A node has either a form or nodes below it (Apps plugin v1.2.2).
    aliases = [
        _leaf(alias, one, locale) for one in usable for alias in one.aliases if " " not in alias and alias not in names
    ]
    return {
        "location": TRIGGER,
        "label": TRIGGER,
        "icon": ICON,
        "hint": f"[{' | '.join(names[:6])} …]",
        "description": declared("Alerts and on-call", locale),
        "bindings": [_branch(name, [one for one in usable if one.name.split()[0] == name], 1, locale) for name in names]
        + aliases,
    }


def _branch(label: str, commands: list[Command], depth: int, locale: str) -> JSON:
    if len(commands) == 1 and len(commands[0].name.split()) == depth:
        return _leaf(label, commands[0], locale)
    children = sorted({one.name.split()[depth] for one in commands if len(one.name.split()) > depth})
    nodes = [
        _branch(name, [one for one in commands if one.name.split()[depth:][:1] == [name]], depth + 1, locale)
        for name in children
    ]
    return {"location": label, "label": label, "hint": f"[{' | '.join(children)}]", "bindings": nodes}


def _leaf(label: str, command: Command, locale: str) -> JSON:
    about = {"description": declared(command.summary, locale), "hint": _hint(command, locale)}
    leaf: JSON = {"location": label, "label": label, **about}
    if not command.has_input:
        return leaf | {"submit": app_call("command", command)}
    return leaf | {"form": draw_typed_form(command, locale)}


def _hint(command: Command, locale: str) -> str:
    return " ".join(f"[{inline(field.label, locale)}]" for _, field in command.form.positional())


def _menu(location: str, entries: Iterable[tuple[Command, str, JSON]]) -> JSON:
    return {
        "location": location,
        "bindings": [
            {"location": command.path.replace(".", "-"), "label": label, "icon": ICON, "submit": call}
            for command, label, call in entries
        ],
    }


def _menu_call(command: Command) -> JSON:
    return app_call("menu", command, more={"post": "+summary"})


# ---- calls in ------------------------------------------------------------------------------------------------------


def read_actor(context: Mapping[str, Any]) -> Actor | None:
    """The acting user, or None where the call names nobody. Empty strings mean not provided."""
    user = object_of(context.get("acting_user"))
    if not user.get("id"):
        return None
    roles = str(user.get("roles") or "")
    zone = object_of(user.get("timezone"))
    automatic = str(zone.get("useAutomaticTimezone", "true")).lower() == "true"
    return Actor(
        user_id=str(user["id"]),
        username=str(user.get("username") or ""),
        admin="system_admin" in roles.split() if roles else None,
        locale=str(user.get("locale") or context.get("locale") or ""),
        zone=str(zone.get("automaticTimezone" if automatic else "manualTimezone") or ""),
    )


def read_call(
    body: Mapping[str, Any],
    *,
    server_id: str,
    room: str,
    name: str,
    actor: Actor,
    sealer: Sealer,
    registry: Registry | None = None,
) -> Call:
    """A command, an open form, a post menu item or a lookup. Raises BadToken for a form that is not this person's.

    With a registry, a typed line is read again: the web client gives flags behind the rest of a line to that rest.
    """
    context = object_of(body.get("context"))
    in_form = room in ("form", "source")
    memory = sealer.unseal("form", body.get("state"), user_id=actor.user_id) if in_form else {}
    if in_form and memory.pop("command", "") != name.replace(".", " "):
        raise BadToken
    values, leftover = read_values(body.get("values")), ""
    if room == "command" and registry is not None:
        values, leftover = _read_again(body.get("raw_command"), name, values, registry)
    post = object_of(context.get("post"))
    member = object_of(context.get("channel_member"))
    token = str(context.get("acting_user_access_token") or "")
    return Call(
        server_id=server_id,
        command=name,
        actor=actor,
        opened=Opened.FORM if in_form else Opened.MENU if room == "menu" else Opened.TYPED,
        values=values,
        leftover=leftover,
        memory=memory,
        channel_id=str(member.get("channel_id") or ""),
        post_id=str(post.get("id") or ""),
        root_id=str(post.get("root_id") or ""),
        quoted=str(post.get("message") or ""),
        user_token=Secret(token) if token else None,
    )


def _read_again(line: object, name: str, values: dict[str, Value], registry: Registry) -> tuple[dict[str, Value], str]:
    """The values as our own rules see them; people and channels stay as the client resolved them."""
    typed = read_typed(line.partition(" ")[2], registry) if isinstance(line, str) else None
    command = registry.find(typed.command) if typed else None
    if typed is None or command is None or command.path != name:
        return values, ""
    resolved = {
        field: values[field]
        for field, input_ in command.form.inputs().items()
        if input_.kind in (Kind.USER, Kind.CHANNEL) and field in typed.values and values.get(field)
    }
    return {**typed.values, **resolved}, typed.leftover


def read_button(body: Mapping[str, Any], *, server_id: str, actor: Actor, sealer: Sealer) -> Call:
    """A press of a button on a post of ours. Raises BadToken."""
    return read_pressed(body.get("state"), server_id=server_id, actor=actor, sealer=sealer)


# ---- answers out ---------------------------------------------------------------------------------------------------


def write_reply(reply: Reply, call: Call, registry: Registry, drawing: Drawing) -> JSON:
    if isinstance(reply, Refuse):
        return error(words(reply.text, drawing.reader))
    if not isinstance(reply, Ask):
        return {"type": "ok", "text": paragraph(reply.lines, drawing.reader)}
    if call.opened is Opened.FORM and reply.errors:
        texts = {name: words(text, drawing.reader) for name, text in reply.errors.items()}
        return error(words(reply.problem, drawing.reader)) | {"data": {"errors": texts}}
    command = registry.find(reply.command)
    if command is None:
        raise RuntimeError(f"A reply asks for the form of {reply.command!r}, which is no command.")
    return {"type": "form", "form": draw_form(reply, command, drawing)}


def write_options(options: Iterable[Option]) -> JSON:
    return {"type": "ok", "data": {"items": drawn_options(option for option in options if option.value.strip())}}


def error(text: str) -> JSON:
    return {"type": "error", "text": text}


# ---- posts ---------------------------------------------------------------------------------------------------------


def draw_post(card: Card, buttons: list[JSON], *, reader: Reader, app_id: str) -> Drawn:
    """The card with its buttons as embedded bindings.

    The web client shows either embedded bindings or attachments, and bindings have no colour bar and no fields: so the
    whole body goes into the binding, with the colour as a mark; without buttons an attachment shows it as it is.
    """
    message = headline(card, reader)
    if not card.buttons:
        return Drawn(message=message, props={"attachments": [attachment(card, reader)]})
    binding: JSON = {
        "app_id": app_id,
        "location": "alert",
        "label": f"{card.mark} {words(card.state, reader)}",
        "description": "\n".join([*body(card, reader), details(card, reader)]),
        "bindings": buttons,
    }
    return Drawn(message=message, props={"app_bindings": [binding]})


def draw_said(reply: Say, *, sealer: Sealer, reader: Reader, app_id: str) -> Drawn:
    """Words with buttons below them: only a post can have those."""
    binding: JSON = {
        "app_id": app_id,
        "location": "said",
        "label": words(say("What you can do"), reader),
        "bindings": draw_buttons(reply.buttons, sealer=sealer, reader=reader, app_id=app_id),
    }
    return Drawn(message=paragraph(reply.lines, reader), props={"app_bindings": [binding]})


def draw_buttons(buttons: Iterable[Button | Select], *, sealer: Sealer, reader: Reader, app_id: str) -> list[JSON]:
    """As bindings within that of a post."""
    return [_button(button, number, sealer, reader, app_id) for number, button in enumerate(buttons)]


def _button(button: Button | Select, number: int, sealer: Sealer, reader: Reader, app_id: str) -> JSON:
    location = f"{button.command.replace(' ', '-')}-{number}"
    if isinstance(button, Button):
        claims = {**button.args, "command": button.command, **({"ask": "1"} if button.ask else {})}
        return _pressable(location, button.label, claims, sealer, reader, app_id)
    # Every option acts for itself: a select of the Apps framework has no action of its own.
    chosen = [
        (label, {**button.args, "command": button.command, button.fills: value}) for value, label in button.options
    ]
    chosen.append((button.other, {**button.args, "command": button.command, "ask": "1"}))
    return {
        "app_id": app_id,
        "location": location,
        "label": words(button.label, reader),
        "bindings": [
            _pressable(f"option-{place}", label, claims, sealer, reader, app_id)
            for place, (label, claims) in enumerate(chosen)
        ],
    }


def _pressable(
    location: str, label: Text, claims: Mapping[str, str], sealer: Sealer, reader: Reader, app_id: str
) -> JSON:
    return {
        "app_id": app_id,
        "location": location,
        "label": words(label, reader),
        "submit": {"path": "/button", "state": sealer.seal("button", claims), "expand": dict(WHO)},
    }
