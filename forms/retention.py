"""How long things are kept."""

from __future__ import annotations

from forms.base import Form, Number


class Keep(Form):
    """The bounds are those of `bot.core.retention`."""

    title = "How long things are kept"
    submit = "Save"
    introduction = (
        "In days. It counts for alerts and alert groups that come from now on. Posts in Mattermost are not deleted."
    )

    alerts = Number("Alerts as received", hint="90", minimum=7, maximum=730, typed=False)
    groups = Number("Resolved alert groups", hint="365", minimum=7, maximum=730, typed=False)
    close = Number(
        "Close when quiet for",
        hint="7; 0 for never",
        help="0, as usual: never. Many senders report once: what still fires would be closed, too. "
        "Missing heartbeats never are.",
        minimum=0,
        maximum=365,
        typed=False,
    )
