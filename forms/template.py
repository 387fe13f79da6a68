"""A template of an integration: which one, then its text."""

from __future__ import annotations

from marshmallow import ValidationError

from bot.core.templates import NAMES
from forms.base import LONG_TEXT_LENGTH, Choice, Form, LongText, Lookup, Option
from forms.message import Message


def _fits(text: str) -> None:
    """Mattermost counts bytes, and cuts what a form begins with."""
    if len(text.encode("utf-8", "replace")) > LONG_TEXT_LENGTH:
        raise ValidationError(Message("At most {most} bytes, please.", most=LONG_TEXT_LENGTH))


def _text() -> LongText:
    return LongText(
        "Template",
        help="Jinja2. Empty: no template, what is read from the alert counts.",
        validators=(_fits,),
    )


class ChooseTemplate(Form):
    title = "Edit a template"
    submit = "Edit"
    introduction = "Templates decide what an alert is called, how it is grouped and when it ends. None is needed."

    name = Lookup("Integration", required=True, choices="integrations", rest=True)
    part = Choice(
        "What it decides",
        typed=False,
        required=True,
        options=tuple(Option(value=part.value, label=name.english) for part, name in NAMES.items()),
    )


class WriteTemplate(Form):
    title = "Write a template"
    submit = "Preview"

    text = _text()


class KeepTemplate(Form):
    title = "Save the template?"
    submit = "Save"

    text = _text()
