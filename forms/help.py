"""What one wants to know more about."""

from __future__ import annotations

from forms.base import Form, Text


class Help(Form):
    title = "Help"
    submit = "Show"

    command = Text("Command", hint="silence", rest=True)
