"""The native surface: slash text, dialogs coming back, attachment buttons. Pure: JSON in, words out, and back.

Protocol: Mattermost server 9 to 12. Every answer is HTTP 200 with the problem inside it, because older clients take
another status from a dialog submission as success and close the form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.call import Actor, Ask, Call, Opened, Refuse, Reply, Say
from bot.core.cards import Button, Card, Select
from bot.core.replacing import replace
from bot.registry import Registry
from bot.surfaces.cards import attachment, headline
from bot.surfaces.drawn import Drawn
from bot.surfaces.pressed import OTHER, read_pressed, select_claims
from bot.surfaces.tokens import BadToken, Sealer
from bot.surfaces.typed import read_typed
from bot.surfaces.values import object_of, read_values
from bot.words import Reader, paragraph, words
from forms.base import Option

JSON = dict[str, Any]


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
    """A press of a button, or a choice in a select. Raises BadToken."""
    context = object_of(body.get("context"))
    chosen = str(context.get("selected_option") or "")
    return replace(
        read_pressed(context.get("token"), server_id=server_id, actor=_actor(body), sealer=sealer, chosen=chosen),
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


def draw_said(reply: Say, *, sealer: Sealer, reader: Reader, action_url: str) -> Drawn:
    """Words with buttons below them, where there are any."""
    text = paragraph(reply.lines, reader)
    if not reply.buttons:
        return Drawn(message=text)
    actions = draw_buttons(reply.buttons, sealer=sealer, reader=reader, action_url=action_url)
    return Drawn(message=text, props={"attachments": [{"fallback": "", "actions": actions}]})


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


# ---- posts ---------------------------------------------------------------------------------------------------------


def draw_post(card: Card, buttons: list[JSON], *, reader: Reader) -> Drawn:
    """The card as a message attachment, with its buttons as `draw_buttons` draws them."""
    drawn = {**attachment(card, reader), "actions": buttons}
    return Drawn(message=headline(card, reader), props={"attachments": [drawn]})


def draw_buttons(buttons: Iterable[Button | Select], *, sealer: Sealer, reader: Reader, action_url: str) -> list[JSON]:
    """As message actions."""
    return [_action(button, number, sealer, reader, action_url) for number, button in enumerate(buttons)]


def _action(button: Button | Select, number: int, sealer: Sealer, reader: Reader, action_url: str) -> JSON:
    # Before 11.10 the id of an action may hold nothing but letters and digits.
    drawn: JSON = {
        "id": f"{''.join(c for c in button.command if c.isalnum())}{number}",
        "name": words(button.label, reader),
    }
    if isinstance(button, Select):
        claims = select_claims(button)
        options = [{"text": words(label, reader), "value": value} for value, label in button.options]
        drawn |= {"type": "select", "options": [*options, {"text": words(button.other, reader), "value": OTHER}]}
    else:
        claims = {**button.args, "command": button.command, **({"ask": "1"} if button.ask else {})}
        drawn |= {"type": "button", "style": button.style}
    return drawn | {"integration": {"url": action_url, "context": {"token": sealer.seal("button", claims)}}}
