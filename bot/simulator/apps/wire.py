"""The JSON types of the Apps protocol, decoded as strictly as the plugin decodes them.

Each decoder takes a JSON value and returns what the plugin would print again: known keys only, keys matched without
case, and nothing (`None`) for what is left out when empty. A wrong JSON type for a known key is an error.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]
Decoder = Callable[[Any, str], Any]


class DecodeError(ValueError):
    """The JSON does not fit the type; the text resembles what Go's decoder says."""


EXPAND_KEYS = (
    "app",
    "acting_user",
    "acting_user_access_token",
    "locale",
    "channel",
    "channel_member",
    "team",
    "team_member",
    "post",
    "root_post",
    "user",
    "oauth2_app",
    "oauth2_user",
)


def _mismatch(value: Any, where: str, wanted: str) -> DecodeError:
    names = {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}
    return DecodeError(f"json: cannot unmarshal {names[type(value)]} into Go struct field {where} of type {wanted}")


def text(value: Any, where: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise _mismatch(value, where, "string")
    return value or None


def flag(value: Any, where: str) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise _mismatch(value, where, "bool")
    return value or None


def number(value: Any, where: str) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise _mismatch(value, where, "int")
    return value or None


def anything(value: Any, where: str) -> Any:
    return value


def array(item: Decoder) -> Decoder:
    def decode(value: Any, where: str) -> list[Any] | None:
        """A `null` among structs is an empty struct."""
        if value is None:
            return None
        if not isinstance(value, list):
            raise _mismatch(value, where, "array")
        return [item({} if each is None else each, where) for each in value] or None

    return decode


def texts(value: Any, where: str) -> list[str] | None:
    if value is not None and not isinstance(value, list):
        raise _mismatch(value, where, "array")
    return [text(each, where) or "" for each in value or []] or None


def struct(name: str, fields: Mapping[str, Decoder]) -> Decoder:
    def decode(value: Any, where: str) -> Json | None:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise _mismatch(value, where, name)
        decoded: Json = {}
        for key, raw in value.items():
            field = key.lower()
            if field in fields and (result := fields[field](raw, f"{name}.{field}")) is not None:
                decoded[field] = result
        return decoded

    return decode


_expand = struct("Expand", dict.fromkeys(EXPAND_KEYS, text))
_CALL_FIELDS: dict[str, Decoder] = {"path": text, "expand": _expand, "state": anything}
_call_object = struct("Call", _CALL_FIELDS)


def call(value: Any, where: str = "Call") -> Json | None:
    """A Call; a bare string is a path."""
    return {"path": value} if isinstance(value, str) else _call_object(value, where)


def _option(value: Any, where: str) -> Json | None:
    decoded = struct("SelectOption", {"label": text, "value": text, "icon_data": text})(value, where)
    return {"label": "", "value": "", **decoded} if decoded is not None else None


_field = struct(
    "Field",
    {
        "name": text,
        "type": text,
        "is_required": flag,
        "readonly": flag,
        "value": anything,
        "description": text,
        "label": text,
        "hint": text,
        "position": number,
        "modal_label": text,
        "multiselect": flag,
        "refresh": flag,
        "options": array(_option),
        "lookup": call,
        "subtype": text,
        "min_length": number,
        "max_length": number,
    },
)
_form_object = struct(
    "Form",
    {
        "title": text,
        "header": text,
        "footer": text,
        "icon": text,
        "fields": array(_field),
        "submit": call,
        "source": call,
        "submit_buttons": text,
    },
)


def form(value: Any, where: str = "Form") -> Json | None:
    """A Form; a bare string is the path of its source."""
    return {"source": {"path": value}} if isinstance(value, str) else _form_object(value, where)


def bindings(value: Any, where: str = "bindings") -> list[Json] | None:
    """A list of Bindings, which hold such lists themselves."""
    found: list[Json] | None = _binding_array(value, where)
    return found


_binding_array = array(
    struct(
        "Binding",
        {
            "app_id": text,
            "location": text,
            "icon": text,
            "label": text,
            "hint": text,
            "description": text,
            "submit": call,
            "form": form,
            "bindings": bindings,
        },
    )
)

_response = struct(
    "CallResponse",
    {
        "type": text,
        "text": text,
        "data": anything,
        "form": form,
        "navigate_to_url": text,
        "use_external_browser": flag,
        "refresh_bindings": flag,
        "call": call,
    },
)
_context = struct(
    "Context",
    {
        "subject": text,
        "channel_id": text,
        "team_id": text,
        "post_id": text,
        "root_post_id": text,
        "user_id": text,
        "app_id": text,
        "location": text,
        "user_agent": text,
        "track_as_submit": flag,
    },
)


def _map(value: Any, where: str) -> Json | None:
    if value is not None and not isinstance(value, dict):
        raise _mismatch(value, where, "map[string]interface {}")
    return value or None


_request = struct(
    "CallRequest",
    {
        **_CALL_FIELDS,
        "values": _map,
        "context": _context,
        "raw_command": text,
        "selected_field": text,
        "query": text,
    },
)


def call_request(value: Any) -> Json:
    """What a client may send to `/api/v1/call`; expanded data a client sends along is dropped here."""
    if not isinstance(value, dict):
        raise _mismatch(value, "CallRequest", "CallRequest") if value is not None else DecodeError("EOF")
    request: Json = _request(value, "CallRequest")
    request.setdefault("path", "")
    request.setdefault("context", {})
    return request


def call_response(body: bytes) -> Json:
    """The App's answer. Only the first JSON value counts, and `null` is an empty ok."""
    response: Json = _response(first_value(body), "CallResponse") or {}
    response.setdefault("type", "ok")
    return response


def first_value(body: bytes) -> Any:
    content = body.decode("utf-8", "replace").lstrip(" \t\r\n")
    if not content:
        raise DecodeError("EOF")
    try:
        return json.JSONDecoder(parse_constant=_no_constant).raw_decode(content)[0]
    except json.JSONDecodeError as problem:
        if problem.pos >= len(content):
            raise DecodeError("unexpected EOF") from None
        character = content[problem.pos]
        raise DecodeError(f"invalid character '{character}' looking for beginning of value") from None


def _no_constant(name: str) -> None:
    raise DecodeError(f"invalid character '{name[0]}' looking for beginning of value")
