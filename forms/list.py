"""Which alert groups are listed."""

from __future__ import annotations

from forms.base import Choice, Form, Number, Option


class ListGroups(Form):
    title = "List alert groups"
    submit = "List"

    state = Choice(
        "State",
        default="open",
        options=(
            Option(value="open", label="All that are not resolved"),
            Option(value="firing", label="Firing"),
            Option(value="acknowledged", label="Acknowledged"),
            Option(value="silenced", label="Silenced"),
            Option(value="resolved", label="Resolved"),
        ),
    )
    page = Number("Page number", minimum=1, maximum=10_000, default=1, hint="2", typed=False)
