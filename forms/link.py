"""Proving to be somebody whom an admin added."""

from __future__ import annotations

from forms.base import Form, SecretText


class Link(Form):
    title = "Link your account"
    submit = "Go on"
    introduction = "An admin gets a link code for you with `/oncall people invite`. It is good for ten minutes."

    code = SecretText("Link code", hint="XXXXX-XXXXX", required=True, typed=False)


class ConfirmLink(Form):
    title = "Is this you?"
    submit = "Link"


class ConfirmUnlink(Form):
    title = "Unlink your account"
    submit = "Unlink"
