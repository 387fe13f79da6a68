"""Reads a typed slash command against Apps bindings, as the Mattermost web client does.

Pure: bindings and a directory of names come in, a call or a sentence about the mistake comes out. The odd corners
(a backslash that does not escape, a flag swallowing the next flag) are the web client's, kept on purpose: an App that
works with them works in Mattermost.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from bot.simulator.client.arguments import ArgumentError, Arguments, is_parseable, label_of

Json = dict[str, Any]


class ParseError(Exception):
    """What the client shows under the message box; nothing is sent."""


class Directory(Protocol):
    """Resolves names to `{"label", "value"}` options; None when there is no such user or channel."""

    def user(self, name: str) -> Json | None: ...
    def user_by_id(self, user_id: str) -> Json | None: ...
    def channel(self, name: str) -> Json | None: ...
    def channel_by_id(self, channel_id: str) -> Json | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command line understood: which binding, the call to make and the values for it."""

    binding: Json
    call: Json
    values: Json
    raw_command: str


def normalise(text: str) -> str:
    """First word in lower case, the rest trimmed: `/OnCall   who ` becomes `/oncall who`."""
    first, *rest = text.strip().split(None, 1)
    return f"{first.lower()} {rest[0] if rest else ''}"


def matches(text: str, commands: list[Json]) -> bool:
    """Does an App own this text? The label side is not lower-cased, just like the real client."""
    return _top(normalise(text), commands) is not None if text.strip().startswith("/") else False


def parse(text: str, commands: list[Json], directory: Directory) -> Command:
    """Understand a whole command line or raise ParseError with the client's words."""
    line = normalise(text)
    binding, rest = find_leaf(line, commands)
    form = binding.get("form") or {}
    call = form.get("submit") if "form" in binding else binding.get("submit")
    fields = form.get("fields") or []
    given = _read_arguments(rest, fields)
    if not call:
        raise ParseError("This command has no submit call. Contact the App developer.")
    values = _with_defaults(given, fields)
    _require(values, fields)
    return Command(
        binding=binding,
        call=call,
        values=_resolve(values, fields, directory),
        raw_command=line,
    )


def prefill(text: str, commands: list[Json], directory: Directory) -> tuple[Json, Json]:
    """For "Open in modal": the leaf and the values typed so far, whether or not something required is missing."""
    binding, rest = find_leaf(normalise(text), commands)
    fields = (binding.get("form") or {}).get("fields") or []
    return binding, _resolve(_read_arguments(rest, fields), fields, directory)


def find_leaf(line: str, commands: list[Json]) -> tuple[Json, str]:
    """Walk greedily down the sub-commands; returns the leaf and the unread rest of the line."""
    binding = _top(line, commands)
    if binding is None:
        raise ParseError("Parsing error: No command found.")
    rest = line[len(binding["label"]) + 2 :].lstrip(" \t")
    while binding.get("bindings"):
        word = rest.split(None, 1)[0] if rest else ""
        child = next((b for b in binding["bindings"] if b["label"].lower() == word.lower()), None)
        if child is None:
            raise ParseError("Parsing error: You must select a subcommand.")
        binding, rest = child, rest[len(word) :].lstrip(" \t")
    return binding, rest


def _top(line: str, commands: list[Json]) -> Json | None:
    return next((b for b in commands if line.startswith(f"/{b['label']} ")), None)


def _read_arguments(rest: str, fields: list[Json]) -> Json:
    try:
        return Arguments(rest, [field for field in fields if is_parseable(field)]).read()
    except ArgumentError as error:
        raise ParseError(f"Parsing error: {error}") from error


def _with_defaults(given: Json, fields: list[Json]) -> Json:
    values = dict(given)
    for field in fields:
        default = field.get("value")
        if field["name"] not in values and default:
            values[field["name"]] = _default(field, default)
    return values


def _default(field: Json, default: Any) -> Any:
    match field["type"]:
        case "bool":
            return True
        case "static_select" | "dynamic_select":
            return default.get("value") if isinstance(default, dict) else default
        case "user":
            return _ById(default["value"]) if isinstance(default, dict) else default
        case "channel":
            # A bug of the client kept: the default channel is looked up by its label, taken for an id.
            return _ById(default["label"]) if isinstance(default, dict) else default
        case _:
            return default


class _ById(str):
    """A default that names a user or channel by id, not by name."""

    __slots__ = ()


def _require(values: Json, fields: list[Json]) -> None:
    missing = [label_of(field) for field in fields if field.get("is_required") and not values.get(field["name"])]
    if missing:
        raise ParseError(f"Required fields missing: `{', '.join(missing)}`.")


def _resolve(values: Json, fields: list[Json], directory: Directory) -> Json:
    by_name = {field["name"]: field for field in fields}
    return {name: _value(by_name[name], value, directory) for name, value in values.items() if value is not None}


def _value(field: Json, value: Any, directory: Directory) -> Any:
    if not isinstance(value, list):
        return _one(field, value, directory)
    if field["type"] == "dynamic_select":
        return []  # a bug of the client kept: lists of looked-up values get lost
    return [_one(field, item, directory) for item in value]


def _one(field: Json, value: Any, directory: Directory) -> Any:
    match field["type"]:
        case "dynamic_select":
            return {"label": value, "value": value}
        case "static_select":
            return _known("option", field, value, _option(field, value))
        case "user":
            by_id = isinstance(value, _ById)
            found = directory.user_by_id(value) if by_id else directory.user(value.removeprefix("@"))
            return _known("user", field, value, found)
        case "channel":
            by_id = isinstance(value, _ById)
            found = directory.channel_by_id(value) if by_id else directory.channel(value.removeprefix("~"))
            return _known("channel", field, value, found)
        case _:
            return value


def _option(field: Json, value: str) -> Json | None:
    return next((dict(option) for option in field.get("options") or [] if option.get("value") == value), None)


def _known(kind: str, field: Json, value: str, found: Json | None) -> Json:
    if found is None:
        raise ParseError(f"Unknown {kind} for field `{label_of(field)}`: `{value}`.")
    return found
