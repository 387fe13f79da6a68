"""The words of a card, as they stand in a post on either surface."""

from bot.core.alert_group import Link
from bot.core.cards import Field
from bot.core.replacing import replace
from bot.core.text import say
from bot.surfaces.cards import attachment, body, details, headline
from tests.surfaces.drawing import READER, card

PLAIN = replace(
    card(),
    title="Disk full",
    summary="db-3 is at 98%",
    samples=("db-3: 98%", "db-4: 97%"),
    links=(Link(label="Runbook", url="https://x.example/a (b)"),),
    fields=(Field(name=say("Alerts"), value=say("2 alerts")), Field(name="instance", value="db_3")),
)


def test_the_headline_is_one_line_that_says_what_it_is_about():
    assert headline(PLAIN, READER) == "🔴 **#7 Disk full**"
    assert headline(replace(PLAIN, addressed_to="@ana"), READER) == "🔴 @ana, you are on call: **#7 Disk full**"


def test_a_title_of_several_lines_stays_one_line_with_its_markup_shown():
    assert headline(card(), READER) == "🔴 **#7 Disk \\*full\\* @\u200ball \\[x\\](y) \\# now**"


def test_the_body_keeps_what_follows_a_list_out_of_the_list():
    assert [line.replace("\u200b", "") for line in body(PLAIN, READER)] == [
        "Pages @ben at 09:05 unless somebody acknowledges",
        "db-3 is at 98%",
        "- db-3: 98%",
        "- db-4: 97%",
        "",
        "[Runbook](https://x.example/a%20%28b%29)",
    ]


def test_details_are_one_line():
    assert details(PLAIN, READER) == "Alerts: 2 alerts · instance: db_3"


def test_an_attachment_has_a_plain_summary_for_notifications():
    drawn = attachment(PLAIN, READER)

    assert drawn["fallback"] == "#7 Disk full (Firing since 09:00)"
    assert drawn["color"] == PLAIN.colour
    assert drawn["text"].startswith("**Firing since 09:00**\n")
    assert not drawn["text"].endswith("\n")
    assert all(isinstance(field["value"], str) for field in drawn["fields"])


def test_foreign_names_of_fields_ping_nobody():
    assert "@all" not in str(attachment(card(), READER)["fields"])
