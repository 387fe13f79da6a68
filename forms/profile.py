"""What people say about themselves."""

from __future__ import annotations

from forms.base import Choice, Form, Option
from forms.contact import Email, Name, Phone, Zone


class Profile(Form):
    title = "Your profile"
    submit = "Save"

    name = Name("Name", typed=False)
    email = Email("E-mail address", typed=False)
    phone = Phone("Phone", typed=False)
    zone = Zone("Time zone", help="Times are shown in it. Empty: the one you have in Mattermost.", typed=False)


class Rules(Form):
    title = "How you are paged"
    submit = "Save"

    rules = Choice(
        "Page me by",
        options=(
            Option(value="direct-then-mention", label="Direct message; if that fails, a mention in the thread"),
            Option(value="direct", label="Direct message only"),
            Option(value="both", label="Direct message and a mention in the thread"),
            Option(value="mention-then-direct", label="Mention in the thread; if that fails, a direct message"),
        ),
    )
