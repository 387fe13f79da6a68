"""What the web client does with Apps bindings before it shows them: cleaning, and completion while somebody types."""

from dataclasses import dataclass
from typing import Any

from bot.simulator.client.arguments import is_parseable, label_of

Json = dict[str, Any]
LOCATIONS = ("/command", "/post_menu", "/channel_header")
MALFORMED = "This binding is not properly formed. Contact the App developer."


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One line of the completion list; choosing it makes the message box read `complete`."""

    complete: str
    label: str
    hint: str = ""
    description: str = ""
    opens_modal: bool = False


def clean(tree: list[Json] | None) -> dict[str, list[Json]]:
    """The bindings a client keeps, by top location; locations become full paths, app ids are inherited."""
    kept: dict[str, list[Json]] = {location: [] for location in LOCATIONS}
    for top in tree or []:
        location = top.get("location", "")
        if location in kept:
            kept[location] += _clean_level(top.get("bindings") or [], location, top.get("app_id", ""), first=True)
    return kept


def _clean_level(bindings: list[Json], parent: str, app_id: str, *, first: bool) -> list[Json]:
    kept: list[Json] = []
    labels: set[str] = set()
    for binding in bindings:
        found = _clean_one(binding, parent, app_id, first=first)
        if found is None or (parent.startswith("/command") and found["label"] in labels):
            continue
        labels.add(found["label"])
        kept.append(found)
    return kept


def _clean_one(binding: Json, parent: str, app_id: str, *, first: bool) -> Json | None:
    own = binding.get("app_id") or app_id
    label = binding.get("label") or binding.get("location") or ""
    if not own or not label.strip():
        return None
    if parent.startswith("/command") and any(space in label for space in " \t"):
        return None
    if parent == "/channel_header" and first and not binding.get("icon"):
        return None
    location = f"{parent}/{binding.get('location') or label}"
    children = binding.get("bindings")
    if children:
        children = _clean_level(children, location, own, first=False)
    found = {**binding, "app_id": own, "label": label, "location": location, "bindings": children or []}
    return found if _has_one_purpose(found) else None


def _has_one_purpose(binding: Json) -> bool:
    purposes = [binding.get("bindings"), binding.get("form"), binding.get("submit")]
    if sum(bool(purpose) for purpose in purposes) != 1:
        return False
    form = binding.get("form")
    return not form or isinstance(form, str) or bool(form.get("submit") or form.get("source"))


def as_call(call: Json | str) -> Json:
    """A Call may be written as a bare path; a request always carries an `expand` object."""
    found = {"path": call} if isinstance(call, str) else call
    return {**found, "expand": found.get("expand") or {}}


def as_form(form: Json | str) -> Json:
    """A bare string in place of a form is the path of its source."""
    return {"source": {"path": form}} if isinstance(form, str) else form


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What stands in the message box, split at the deepest command it names."""

    binding: Json | None
    level: list[Json]
    path: str
    words: list[str]
    """Finished words behind the command."""
    typing: str

    @property
    def fields(self) -> list[Json]:
        form = as_form((self.binding or {}).get("form") or {})
        return [field for field in form.get("fields") or [] if is_parseable(field)]

    @property
    def field(self) -> Json | None:
        """The field whose value is being typed."""
        return None if self.typing.startswith("-") else _current_field(self.fields, self.words)


def read_typed(text: str, commands: list[Json]) -> Typed:
    words = text.removeprefix("/").split(" ")
    done, typing = words[:-1], words[-1]
    level, binding, path = commands, None, "/"
    while done:
        child = next((one for one in level if one["label"].lower() == done[0].lower()), None)
        if child is None:
            break
        binding, path, level = child, f"{path}{child['label']} ", child.get("bindings") or []
        done = done[1:]
    return Typed(binding=binding, level=level, path=path, words=done, typing=typing)


def suggest(text: str, commands: list[Json]) -> list[Suggestion]:
    """Completions for what stands in the message box, best first."""
    if not text.startswith("/"):
        return []
    typed = read_typed(text, commands)
    if typed.binding is not None and not typed.binding.get("bindings"):
        return _arguments(text, typed)
    if typed.words:
        return []
    typing = typed.typing.lower()
    return [_subcommand(one, typed.path) for one in typed.level if one["label"].lower().startswith(typing)]


def _subcommand(binding: Json, path: str) -> Suggestion:
    return Suggestion(
        complete=f"{path}{binding['label']} ",
        label=binding["label"],
        hint=binding.get("hint", ""),
        description=binding.get("description", ""),
    )


def _arguments(text: str, typed: Typed) -> list[Suggestion]:
    before = text[: len(text) - len(typed.typing)]
    found = _values(typed, before)
    if not typed.typing or typed.typing.startswith(("-", "—")):
        found += _flags(typed, before)
    if typed.fields and as_form((typed.binding or {})["form"]).get("submit") and not typed.typing:
        found.append(Suggestion(complete=text, label="Open in modal", description="Fill in a form", opens_modal=True))
    return found


def _values(typed: Typed, before: str) -> list[Suggestion]:
    field = typed.field
    if field is None:
        return []
    options = field.get("options") or []
    if field["type"] == "bool":
        options = [{"label": "true", "value": "true"}, {"label": "false", "value": "false"}]
    if not options and not typed.typing:
        hint = field.get("hint") or f"[{label_of(field)}]"
        return [Suggestion(complete=before, label=hint, description=field.get("description", ""))]
    return as_completions([one for one in options if one["value"].lower().startswith(typed.typing.lower())], before)


def as_completions(options: list[Json], before: str) -> list[Suggestion]:
    """One line per option; choosing it types the option's value."""
    return [
        Suggestion(complete=f"{before}{_quoted(one['value'])} ", label=one["label"], hint=one["value"])
        for one in options
    ]


def _current_field(fields: list[Json], done: list[str]) -> Json | None:
    if done and done[-1].startswith("-"):
        return next((f for f in fields if label_of(f).lower() == done[-1].lstrip("-").lower()), None)
    position = 1 + sum(1 for word in _positionals(fields, done) if word)
    return next((f for f in fields if f.get("position") == position), None)


def _positionals(fields: list[Json], done: list[str]) -> list[str]:
    found, previous = [], ""
    switches = {label_of(field).lower() for field in fields if field["type"] == "bool"}
    for word in done:
        takes_value = previous.startswith("-") and "=" not in previous and previous.lstrip("-").lower() not in switches
        if not word.startswith("-") and not takes_value:
            found.append(word)
        previous = word
    return found


def _flags(typed: Typed, before: str) -> list[Suggestion]:
    fields, wanted = typed.fields, typed.typing.lstrip("-—").lower()
    used = {word.lstrip("-").split("=")[0].lower() for word in typed.words if word.startswith("-")}
    return [
        Suggestion(
            complete=f"{before}--{label_of(field)} ",
            label=f"--{label_of(field)}",
            hint=field.get("hint", ""),
            description=field.get("description", ""),
        )
        for field in fields
        if not field.get("position") and label_of(field).lower() not in used
        if label_of(field).lower().startswith(wanted)
    ]


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value
