"""What the operator says about a server that is to be moved or removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema

from forms.new_server import NEEDED, Line, Teams, is_address


class RemoveServer(Schema):
    """Its name or id, and for a Mattermost without the Apps framework an admin's token."""

    server = Line(required=True, error_messages=NEEDED)
    token = Line(load_default="", error_messages=NEEDED)
    forget = fields.Boolean(load_default=False, error_messages={"invalid": "This has to be true or false."})

    class Meta:
        unknown = EXCLUDE


class MoveServer(Schema):
    """Its name or id, and where to."""

    server = Line(required=True, error_messages=NEEDED)
    to = Line(
        required=True,
        error_messages=NEEDED,
        validate=validate.OneOf(("native", "apps"), error="This has to be native or apps."),
    )
    url = Line(load_default="", error_messages=NEEDED)
    token = Line(load_default="", error_messages=NEEDED)
    teams = Teams()

    class Meta:
        unknown = EXCLUDE

    @validates_schema
    def native_needs_a_token(self, data: Mapping[str, Any], **_: Any) -> None:
        if data.get("to") == "native" and not data["token"]:
            raise ValidationError("The access token of a Mattermost system admin is needed. It is not kept.", "token")
        if data["url"] and not is_address(data["url"]):
            raise ValidationError("This is no address, like https://chat.example.com.", "url")
