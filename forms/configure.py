"""Where alerts go, who may act, what is told and what is offered."""

from __future__ import annotations

from forms.base import Channel, Choice, Form, Option, SecretText, Toggle

TIMELINES = (
    Option(value="quiet", label="Quiet: changes of state"),
    Option(value="normal", label="Normal: pages and notes, too"),
    Option(value="full", label="Full: each further alert, too"),
)


class Configure(Form):
    """The names of the buttons are those of `bot.core.cards.EXTRAS`."""

    title = "Configure OnCall"
    submit = "Save"

    channel = Channel("Channel", hint="town-square", required=True)
    default = Toggle(
        "Default channel",
        hint="Post alerts here unless their integration names another",
        typed=False,
    )
    timeline = Choice(
        "What threads tell here",
        help="How much is written into the thread below an alert. Everything is kept and shown by `/oncall show`.",
        typed=False,
        options=TIMELINES,
    )
    responders = Toggle("More people…", hint="A button to page more people", typed=False)
    note = Toggle("Note…", hint="A button to keep what somebody found out", typed=False)
    show = Toggle("Timeline", hint="A button to show the history to whoever presses", typed=False)


class Policy(Form):
    title = "Who may do what"
    submit = "Save"

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
    timeline = Choice(
        "What threads tell",
        help="How much is written into the thread below an alert. Everything is kept and shown by `/oncall show`.",
        typed=False,
        options=TIMELINES,
    )
    language = Choice(
        "Language of posts",
        help="In channels. What only one person sees is in the language of their Mattermost.",
        typed=False,
        options=(Option(value="en", label="English"), Option(value="de", label="Deutsch")),
    )


class Buttons(Form):
    """The names are those of `bot.core.cards.EXTRAS`."""

    title = "Buttons on posts"
    submit = "Save"
    introduction = "Those for acknowledging, resolving and silencing are always there."

    responders = Toggle("More people…", hint="Page more people")
    note = Toggle("Note…", hint="Keep what somebody found out")
    show = Toggle("Timeline", hint="Show the history to whoever presses")


class BotToken(Form):
    title = "A lasting bot token"
    submit = "Save"
    introduction = (
        "In Mattermost, open *Integrations > Bot Accounts*, make a token for the bot's account and paste it here. "
        "It is kept encrypted, and shown to nobody."
    )

    token = SecretText("Bot token", required=True, typed=False)
