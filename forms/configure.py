"""Where alerts go and who may act."""

from __future__ import annotations

from forms.base import Channel, Choice, Form, Option


class Configure(Form):
    title = "Configure OnCall"
    submit = "Save"

    channel = Channel(
        "Default channel",
        hint="town-square",
        help="Alerts are posted here unless their integration names another channel.",
        required=True,
    )
    who_may_act = Choice(
        "Who may act",
        help="Everyone who sees an alert, or only people who have linked their account.",
        typed=False,
        options=(
            Option(value="members", label="Everyone who sees the alert"),
            Option(value="linked", label="Only linked people"),
        ),
    )
    link_by_email = Choice(
        "Link by e-mail",
        help="Whether Mattermost's verified address links people to the profile you added with it.",
        typed=False,
        options=(
            Option(value="off", label="No: only with a link code"),
            Option(value="on", label="Yes: by verified address"),
        ),
    )
    language = Choice(
        "Language of posts",
        help="In channels. What only one person sees is in the language of their Mattermost.",
        typed=False,
        options=(Option(value="en", label="English"), Option(value="de", label="Deutsch")),
    )
