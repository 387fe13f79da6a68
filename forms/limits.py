"""What breaks a form before anybody sees it: the limits of Mattermost's dialogs, and what could not be typed."""

from __future__ import annotations

from forms.base import (
    HELP_BYTES,
    HINT_BYTES,
    LABEL_BYTES,
    LONG_TEXT_LENGTH,
    RESTFUL,
    TEXT_LENGTH,
    TITLE_BYTES,
    Form,
    Kind,
)


def problems_of(form: type[Form]) -> list[str]:
    """What breaks the limits of Mattermost's dialogs (bytes, checked by the server since v9.9), or cannot be typed."""
    found = []
    positional = [name for name, _ in form.positional()]
    if not form.title or len(form.title.encode()) > TITLE_BYTES:
        found.append(f"{form.__name__}: the title must have 1 to {TITLE_BYTES} bytes")
    for name, field in form.inputs().items():
        if not field.label or len(field.label.encode()) > LABEL_BYTES:
            found.append(f"{form.__name__}.{name}: the label must have 1 to {LABEL_BYTES} bytes")
        if len(field.help.encode()) > HELP_BYTES or len(field.hint.encode()) > HINT_BYTES:
            found.append(f"{form.__name__}.{name}: help and hint may have {HELP_BYTES} bytes")
        if field.kind in (Kind.CHOICE, Kind.CHOICES) and not field.options:
            found.append(f"{form.__name__}.{name}: a choice needs options")
        longest = LONG_TEXT_LENGTH if field.kind is Kind.LONG_TEXT else TEXT_LENGTH
        if not 0 < field.max_length <= longest:
            found.append(f"{form.__name__}.{name}: at most {longest} characters fit")
        if field.rest and (field.kind not in RESTFUL or name != positional[-1]):
            found.append(f"{form.__name__}.{name}: only a text in the last place can take the rest of the line")
        found += _problems_of_condition(form, name)
    return found


def _problems_of_condition(form: type[Form], name: str) -> list[str]:
    """What a field depends on stands before it; what gives it can be chosen, and can have such a value."""
    inputs = form.inputs()
    condition, enough = inputs[name].when, inputs[name].unless
    if enough and enough not in list(inputs)[: list(inputs).index(name)]:
        return [f"{form.__name__}.{name}: left out because of a field that does not stand before it"]
    if condition is None:
        return []
    other = inputs.get(condition.field)
    if (
        other is None
        or other.kind not in (Kind.CHOICE, Kind.TOGGLE)
        or list(inputs).index(condition.field) > list(inputs).index(name)
    ):
        return [f"{form.__name__}.{name}: depends on a choice or a switch before it"]
    possible = {option.value for option in other.options} or {"true", "false"}
    if not condition.among or not set(condition.among) <= possible:
        return [f"{form.__name__}.{name}: depends on a value that cannot be chosen"]
    if any(field.kind is Kind.SECRET for field in inputs.values()):
        return [f"{form.__name__}.{name}: a form with a secret cannot be asked in steps"]
    return []
