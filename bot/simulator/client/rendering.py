"""Posts as a person sees them: one neutral shape for attachments and for Apps in-post bindings."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bot.simulator.client.bindings import as_form

Json = dict[str, Any]
COLORS = {"good": "#00c100", "warning": "#dede01", "danger": "#e40303"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of a select; `press` is what the client sends, opaque to a person."""

    label: str
    value: str
    press: Json | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    label: str
    press: Json
    style: str = "default"
    disabled: bool = False
    tooltip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    label: str
    press: Json
    options: tuple[Option, ...] = ()
    source: str = ""
    """`users` or `channels` when the options are the server's people or channels."""
    default: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardField:
    title: str
    value: str
    short: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An attachment, or an element of `app_bindings`."""

    title: str = ""
    title_link: str = ""
    pretext: str = ""
    text: str = ""
    color: str = ""
    author: str = ""
    fields: tuple[CardField, ...] = ()
    footer: str = ""
    image_url: str = ""
    buttons: tuple[Button, ...] = ()
    selects: tuple[Select, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPost:
    id: str
    channel_id: str
    root_id: str
    author_id: str
    author: str
    text: str
    at: int
    """Unix milliseconds."""
    is_bot: bool = False
    is_private: bool = False
    is_edited: bool = False
    is_pinned: bool = False
    is_system: bool = False
    priority: str = ""
    cards: tuple[Card, ...] = ()
    reactions: tuple[tuple[str, int], ...] = ()
    replies: "tuple[RenderedPost, ...]" = ()

    @property
    def title(self) -> str:
        return self.cards[0].title if self.cards else ""

    @property
    def color(self) -> str:
        return self.cards[0].color if self.cards else ""

    @property
    def fields(self) -> dict[str, str]:
        return {field.title: field.value for card in self.cards for field in card.fields}

    @property
    def buttons(self) -> list[str]:
        """The labels of all buttons, in the order drawn."""
        return [button.label for card in self.cards for button in card.buttons]

    @property
    def selects(self) -> dict[str, list[str]]:
        return {one.label: [option.label for option in one.options] for card in self.cards for one in card.selects}

    @property
    def words(self) -> str:
        """Everything legible, for people who look for a phrase."""
        parts = [self.text]
        for card in self.cards:
            parts += [card.pretext, card.title, card.text, *(f"{f.title} {f.value}" for f in card.fields), card.footer]
        return "\n".join(part for part in parts if part)


def render(post: Json, *, author: Callable[[str], Json], apps: bool, private: bool = False) -> RenderedPost:
    """Draw a post as the server sends it to clients; `author` looks up a user's JSON by id."""
    props = post.get("props") or {}
    user = author(post["user_id"])
    name = props.get("override_username") if props.get("from_webhook") == "true" else ""
    metadata = post.get("metadata") or {}
    return RenderedPost(
        id=post["id"],
        channel_id=post["channel_id"],
        root_id=post.get("root_id", ""),
        author_id=post["user_id"],
        author=name or user.get("username", ""),
        text=post.get("message", ""),
        at=post.get("create_at", 0),
        is_bot=bool(user.get("is_bot")) or props.get("from_bot") == "true" or props.get("from_webhook") == "true",
        is_private=private or post.get("type") == "system_ephemeral",
        is_edited=bool(post.get("edit_at")),
        is_pinned=bool(post.get("is_pinned")),
        is_system=str(post.get("type", "")).startswith("system_") and post.get("type") != "system_ephemeral",
        priority=(metadata.get("priority") or {}).get("priority", ""),
        cards=cards(props, apps=apps),
        reactions=_reactions(metadata.get("reactions") or []),
    )


def with_replies(root: RenderedPost, replies: list[RenderedPost]) -> RenderedPost:
    return replace(root, replies=tuple(replies))


def cards(props: Json, *, apps: bool) -> tuple[Card, ...]:
    attached = tuple(_attachment(one) for one in props.get("attachments") or [] if isinstance(one, dict))
    return attached + (in_post(props.get("app_bindings")) if apps else ())


def in_post(bindings: Any) -> tuple[Card, ...]:
    """In-post bindings as cards; newer clients refuse the whole prop when a node lacks a string app_id or label."""
    if not isinstance(bindings, list) or not all(_well_typed(one) for one in bindings):
        return ()
    return tuple(_bound_card(one) for one in bindings)


def _well_typed(binding: Any) -> bool:
    if not isinstance(binding, dict):
        return False
    if not isinstance(binding.get("app_id"), str) or not isinstance(binding.get("label"), str):
        return False
    return all(_well_typed(child) for child in binding.get("bindings") or [])


def _bound_card(element: Json) -> Card:
    parent = f"/in_post/{element.get('location', 'undefined')}"
    buttons: list[Button] = []
    selects: list[Select] = []
    for child in element.get("bindings") or []:
        label = child.get("label") or child.get("location") or ""
        location = f"{parent}/{child.get('location') or label}"
        if not label.strip() or not _has_one_purpose(child):
            continue
        press = {"binding": {**child, "location": location}}
        if not child.get("bindings"):
            buttons.append(Button(label=label, press=press))
        elif options := _bound_options(child["bindings"], location):
            selects.append(Select(label=label, press=press, options=options))
    return Card(
        title=element["label"],
        text=element.get("description", ""),
        buttons=tuple(buttons),
        selects=tuple(selects),
    )


def _bound_options(bindings: list[Json], parent: str) -> tuple[Option, ...]:
    kept: list[Option] = []
    for one in bindings:
        value, label = one.get("location", ""), one.get("label", "")
        taken = any(label == other.label or value == other.value for other in kept)
        if not value or not label or taken or one.get("bindings") or not _has_one_purpose(one):
            continue
        kept.append(Option(label=label, value=value, press={"binding": {**one, "location": f"{parent}/{value}"}}))
    return tuple(kept)


def _has_one_purpose(binding: Json) -> bool:
    if sum(bool(binding.get(key)) for key in ("bindings", "form", "submit")) != 1:
        return False
    form = as_form(binding["form"]) if binding.get("form") else None
    return form is None or bool(form.get("submit") or form.get("source"))


def _attachment(one: Json) -> Card:
    actions = [action for action in one.get("actions") or [] if isinstance(action, dict) and action.get("name")]
    return Card(
        title=str(one.get("title") or ""),
        title_link=str(one.get("title_link") or ""),
        pretext=str(one.get("pretext") or ""),
        text=str(one.get("text") or ""),
        color=_color(str(one.get("color") or "")),
        author=str(one.get("author_name") or ""),
        fields=tuple(_field(field) for field in one.get("fields") or []),
        footer=str(one.get("footer") or ""),
        image_url=str(one.get("image_url") or ""),
        buttons=tuple(_button(action) for action in actions if action.get("type") != "select"),
        selects=tuple(_select(action) for action in actions if action.get("type") == "select"),
    )


def _color(color: str) -> str:
    found = COLORS.get(color, color)
    return found if re.fullmatch(r"#[0-9A-Fa-f]{3,8}", found) else ""


def _field(field: Json) -> CardField:
    short = field.get("short") in (True, "true")
    return CardField(title=str(field.get("title") or ""), value=str(field.get("value") or ""), short=short)


def _button(action: Json) -> Button:
    return Button(
        label=action["name"],
        press={"action_id": action.get("id", ""), "cookie": action.get("cookie", "")},
        style=str(action.get("style") or "default"),
        disabled=bool(action.get("disabled")),
        tooltip=str(action.get("tooltip") or ""),
    )


def _select(action: Json) -> Select:
    options = (Option(label=str(one.get("text", "")), value=str(one.get("value", ""))) for one in _options(action))
    return Select(
        label=action["name"],
        press={"action_id": action.get("id", ""), "cookie": action.get("cookie", "")},
        options=tuple(options),
        source=str(action.get("data_source") or ""),
        default=str(action.get("default_option") or ""),
        disabled=bool(action.get("disabled")),
    )


def _options(action: Json) -> list[Json]:
    return [one for one in action.get("options") or [] if isinstance(one, dict)]


def _reactions(reactions: list[Json]) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for reaction in reactions:
        counts[reaction["emoji_name"]] = counts.get(reaction["emoji_name"], 0) + 1
    return tuple(counts.items())


def read_post(data: Json) -> Json:
    """The post in an event: `data.post` is a JSON string."""
    found: Json = json.loads(data["post"])
    return found
