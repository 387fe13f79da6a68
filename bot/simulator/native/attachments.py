"""Message attachments: ids for their actions, the form clients see, and what a strict server complains about."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from bot.simulator.records import Json, Post, new_id

_STYLES = ("", "default", "primary", "success", "good", "warning", "danger")
_COLOR = re.compile(r"(#[0-9a-fA-F]{6}|#[0-9a-fA-F]{3}|good|warning|danger)?")
_HEX = re.compile(r"#[0-9a-fA-F]{3,8}")
_SOURCES = ("users", "channels")
RETAINED_PROPS = ("from_webhook", "override_username", "override_icon_url")


def attachments_of(props: Json) -> list[Json]:
    found = props.get("attachments")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def actions_of(props: Json) -> Iterator[Json]:
    for attachment in attachments_of(props):
        actions = attachment.get("actions")
        if isinstance(actions, list):
            yield from (action for action in actions if isinstance(action, dict))


def name_actions(props: Json) -> None:
    """Actions without an id get one."""
    for action in actions_of(props):
        if not action.get("id"):
            action["id"] = new_id()


def public_props(post: Post, seal: Callable[[Json], str]) -> Json:
    """The props as clients get them: without integrations, each action with its cookie."""
    if not any(True for _ in actions_of(post.props)):
        return post.props
    shown = [_public_attachment(one, post, seal) for one in attachments_of(post.props)]
    return {**post.props, "attachments": shown}


def _public_attachment(attachment: Json, post: Post, seal: Callable[[Json], str]) -> Json:
    actions = attachment.get("actions")
    if not isinstance(actions, list):
        return attachment
    shown = [_public_action(one, post, seal) for one in actions if isinstance(one, dict)]
    return {**attachment, "actions": shown}


def _public_action(action: Json, post: Post, seal: Callable[[Json], str]) -> Json:
    shown = {key: value for key, value in action.items() if key not in ("integration", "cookie")}
    if action.get("integration"):
        shown["cookie"] = seal(_cookie_content(action, post))
    return shown


def _cookie_content(action: Json, post: Post) -> Json:
    return {
        "type": action.get("type", ""),
        "post_id": post.id,
        "root_post_id": post.root_id,
        "channel_id": post.channel_id,
        "data_source": action.get("data_source", ""),
        "integration": action["integration"],
        "retain_props": {key: post.props[key] for key in RETAINED_PROPS if key in post.props},
        "remove_props": [key for key in RETAINED_PROPS if key not in post.props],
    }


def problems(props: Json, *, action_id_pattern: str) -> list[str]:
    """What a real server writes to its log about these props."""
    raw = props.get("attachments")
    if raw is None:
        return []
    if not isinstance(raw, list) or len(attachments_of(props)) != len(raw):
        return ["attachments is no list of objects"]
    found = [problem for one in raw for problem in _attachment_problems(one)]
    ids: set[str] = set()
    for action in actions_of(props):
        found.extend(_action_problems(action, action_id_pattern))
        if action.get("id") in ids:
            found.append(f"action id {action['id']!r} twice in one post")
        ids.add(str(action.get("id")))
    return found


def _attachment_problems(attachment: Json) -> Iterator[str]:
    color = attachment.get("color") or ""
    if not isinstance(color, str) or not _COLOR.fullmatch(color):
        yield f"attachment color {color!r}"
    if attachment.get("author_link") and not attachment.get("author_name"):
        yield "author_link without author_name"
    if attachment.get("title_link") and not attachment.get("title"):
        yield "title_link without title"
    for key in ("author_link", "author_icon", "title_link", "image_url", "thumb_url", "footer_icon"):
        if attachment.get(key) and not is_web_url(attachment[key]):
            yield f"{key} {attachment[key]!r} is no http(s) URL"
    for key in ("fallback", "pretext", "text", "author_name", "title", "footer"):
        if not isinstance(attachment.get(key) or "", str):
            yield f"{key} is no string"
    for field in attachment.get("fields") or []:
        if not isinstance(field, dict) or not isinstance(field.get("value", ""), str):
            yield f"field value is no string: {field!r}"


def _action_problems(action: Json, action_id_pattern: str) -> Iterator[str]:
    name = action.get("name")
    if not name:
        yield "action without name"
    if not re.fullmatch(action_id_pattern, str(action.get("id") or "a")):
        yield f"action id {action['id']!r} has characters its route does not match"
    if "cookie" in action:
        yield f"action {name!r} sends a cookie, which is server-made"
    integration = action.get("integration")
    url = integration.get("url") if isinstance(integration, dict) else None
    if not url or not (is_web_url(url) or str(url).startswith(("/plugins/", "plugins/"))):
        yield f"action {name!r} without a valid integration url: {url!r}"
    yield from _kind_problems(action)


def _kind_problems(action: Json) -> Iterator[str]:
    name, kind = action.get("name"), action.get("type")
    has_options, source = bool(action.get("options")), action.get("data_source")
    if kind == "button":
        style = str(action.get("style") or "")
        if style not in _STYLES and not _HEX.fullmatch(style):
            yield f"button {name!r} has style {style!r}"
        if has_options or source:
            yield f"button {name!r} has options"
    elif kind == "select":
        if bool(source) == has_options:
            yield f"select {name!r} needs either options or data_source"
        if source and source not in _SOURCES:
            yield f"select {name!r} has data_source {source!r}"
        for option in action.get("options") or []:
            if not option.get("text") or not option.get("value"):
                yield f"select {name!r} has an option without text or value"
    else:
        yield f"action {name!r} has type {kind!r}"


def is_web_url(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
