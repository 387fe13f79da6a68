"""What the operator says about a Mattermost that is to be set up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validates_schema

from forms.message import Message

NAME_LENGTH = 64


class Line(fields.String):
    """One line of text; blanks around it do not count."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more).strip()
        if not text and self.required:
            raise ValidationError(Message("This is needed."))
        if any(not character.isprintable() for character in text):
            raise ValidationError(Message("Only ordinary characters, please."))
        return text


class Name(Line):
    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        if len(text) > NAME_LENGTH:
            raise ValidationError(Message("At most {most} characters, please.", most=NAME_LENGTH))
        return text


NEEDED: dict[str, Any] = {"required": "This is needed.", "null": "This is needed.", "invalid": "This has to be a text."}


class Teams(fields.List[str]):
    """Names of teams; none means all."""

    def __init__(self) -> None:
        invalid: dict[str, Any] = {"invalid": "This has to be a list of team names."}
        super().__init__(Line(required=True, error_messages=NEEDED), load_default=list, error_messages=invalid)


class NewServer(Schema):
    """A name, and for a Mattermost without the Apps framework also its address and an admin's token.

    With `dry_run` nothing is made: it is only said what an installation would meet with.
    """

    name = Name(required=True, error_messages=NEEDED)
    native = fields.Boolean(load_default=False, error_messages={"invalid": "This has to be true or false."})
    url = Line(load_default="", error_messages=NEEDED)
    token = Line(load_default="", error_messages=NEEDED)
    teams = Teams()
    dry_run = fields.Boolean(load_default=False, error_messages={"invalid": "This has to be true or false."})

    class Meta:
        unknown = EXCLUDE

    @validates_schema
    def native_needs_an_address(self, data: Mapping[str, Any], **_: Any) -> None:
        if not data.get("native"):
            return
        problems: dict[str, list[str]] = {}
        if not is_address(data["url"]):
            needed = Message("The address of your Mattermost is needed, for example https://chat.example.com.")
            problems["url"] = [needed]
        if not data["token"]:
            needed = Message("The access token of a Mattermost system admin is needed. It is not kept.")
            problems["token"] = [needed]
        if problems:
            raise ValidationError(problems)


def is_address(text: str) -> bool:
    """Of a Mattermost, without a name and password in it."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
