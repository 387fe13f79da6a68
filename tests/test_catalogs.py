"""Every text that people can read is translated, into every language there is a catalog for, and fits its place."""

import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from bot.core.text import count, say
from bot.web import TEMPLATES
from bot.words import Reader, declared, inline, instructions, words
from bot.words.translations import FILES, catalog, language
from forms.configure import Policy
from tests.clock import HeldClock
from tests.words_in_code import (
    ROOT,
    Found,
    bare_words,
    catalog_of,
    everything,
    in_source,
    in_template,
    joined,
    places,
    problems_of,
    sources,
    update,
)

TEXTS, UNREAD = everything()
SAME_IN_EVERY_LANGUAGE = {"OnCall", "for Mattermost", "OnCall for Mattermost", "Mattermost"} | {
    "https://chat.example.com",
    "ops dev",
}
GERMAN = Reader(now=HeldClock()(), locale="de", zone="UTC")

# ---- the catalogs there are ----


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_text_is_translated_and_fits_its_place(name: str):
    assert problems_of(catalog_of(name), TEXTS) == []


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_catalog_is_written_as_the_tool_writes_it(name: str):
    """So that bringing it up to date changes nothing but what is new."""
    assert FILES[name].read_text() == update(name)


def test_every_text_in_the_code_can_be_read():
    assert UNREAD == []


@pytest.mark.parametrize("page", sorted(TEMPLATES.glob("*.html")), ids=lambda page: page.stem)
def test_nothing_stands_on_a_page_in_one_language_only(page: Path):
    assert bare_words(page.read_text()) <= SAME_IN_EVERY_LANGUAGE


def test_words_that_stand_on_a_page_by_themselves_are_noticed():
    page = '<p title="One"><code>/oncall</code> Two {% raw say("3") %}</p><input placeholder="Four" value="{{ x }}">'

    assert bare_words(page) == {"One", "Two", "Four"}


def test_nobody_writes_a_message_that_cannot_be_translated():
    """`ValidationError` in a form that people see is given a Message."""
    operators = ("operating.py",)
    found = [
        f"{path.name}: {line.strip()}"
        for path in sources()
        if path.parent.name == "forms" and path.name not in operators
        for line in path.read_text().splitlines()
        if 'ValidationError("' in line or 'ValidationError(f"' in line
    ]
    assert found == []


def test_the_language_of_posts_can_be_any_there_is():
    offered = {option.value for option in Policy.inputs()["language"].options}

    assert offered == {"en", *FILES}


# ---- what is said ----


def test_a_german_reads_german():
    assert words(say("#{number} is resolved.", number=12), GERMAN) == "#12 ist gelöst."
    assert words(count("{count} alert", "{count} alerts", count=1), GERMAN) == "1 Alarm"
    assert words(count("{count} alert", "{count} alerts", count=0), GERMAN) == "0 Alarme"


def test_texts_within_texts_are_translated_too():
    inner = count("{count} repeat", "{count} repeats", count=2)
    text = say("{alerts}, {repeats}", alerts=count("{count} alert", "{count} alerts", count=3), repeats=inner)

    assert words(text, GERMAN) == "3 Alarme, 2 Wiederholungen"


@pytest.mark.parametrize(
    ("locale", "found"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("DE_ch", "de"),
        ("de-Latn-AT", "de"),
        ("en", ""),
        ("fr", ""),
        ("", ""),
        ("../de", ""),
    ],
)
def test_a_language_serves_every_country_that_speaks_it(locale: str, found: str):
    assert language(locale) == found


def test_other_languages_read_english_with_english_dates():
    reader = Reader(now=HeldClock()(), locale="fr", zone="UTC")

    assert words(say("#{number} is resolved.", number=12), reader) == "#12 is resolved."
    assert words(say("{at}", at=reader.now.replace(day=28)), reader) == "Sat, Mar 28, 09:00"


def test_what_is_not_translated_is_said_in_english():
    assert words(say("Nobody translates {this}.", this="this"), GERMAN) == "Nobody translates this."
    assert words(count("{count} thing", "{count} things", count=2), GERMAN) == "2 things"
    assert declared("No label", "de") == "No label"
    assert declared("", "de") == ""


def test_a_plural_where_none_is_asked_for_takes_the_singular():
    assert words(say("{count} alert", count=7), GERMAN) == "7 Alarm"


def test_a_text_without_values_is_no_template():
    assert words(say("{a} {b"), GERMAN) == "{a} {b"


def test_labels_within_a_line_begin_small_in_english_only():
    assert inline("Alert group", "en") == "alert group"
    assert inline("Alert group", "fr") == "alert group"
    assert inline("Alert group", "de") == "Alarmgruppe"


def test_code_between_prose_stays_as_it_is():
    text = "Or provision it:\n```yaml\nOr provision it:\n```\nand this script:"

    assert instructions(text, "de") == "Oder als Provisionierung:\n```yaml\nOr provision it:\n```\nund diesem Skript:"
    assert instructions(text, "en") == text


def test_a_catalog_is_read_once():
    assert catalog("de") is catalog("de-AT")


# ---- the tool notices ----


def wrong(english: str, german: str, **found: object) -> list[str]:
    message = Message(english, german)
    return problems_of([message], {english: Found(text=english, where="x.py", **found)})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("english", "german", "problem"),
    [
        ("Hi {name}.", "Hallo.", "has other places: Hallo."),
        ("Hi {name}.", "Hallo {nama}.", "has other places: Hallo {nama}."),
        ("Put <url>.", "Nimm <host>.", "has other places: Nimm <host>."),
        ("Type `/oncall`.", "Tippe `/bereit`.", "has other code: Tippe `/bereit`."),
        ("Saved.", "Gespeichert", "ends or begins otherwise than “Saved.”: Gespeichert"),
        (" (paged)", "(alarmiert)", "ends or begins otherwise than “ (paged)”: (alarmiert)"),
        ("Saved.", "", "not translated (x.py): Saved."),
    ],
)
def test_a_bad_translation_is_refused(english: str, german: str, problem: str):
    assert wrong(english, german) == [problem]


def test_bytes_are_counted_not_letters():
    assert wrong("Label", "ä" * 12, limit=24) == []
    assert wrong("Label", "ä" * 13, limit=24) == [f"has 26 bytes, and 24 fit: {'ä' * 13}"]


def test_missing_and_obsolete_texts_are_told():
    assert problems_of([Message("Gone", "Weg")], {"New": Found(text="New", where="x.py")}) == [
        "not translated (x.py): New",
        "not in the code any more: Gone",
    ]


def test_plurals_have_to_be_plurals():
    found = {"{count} day": Found(text="{count} day", other="{count} days", where="x.py")}

    assert problems_of([Message("{count} day", "{count} Tag")], found) == [
        "has a plural in one place only: {count} day",
    ]
    assert problems_of([Message(("{count} day", "{count} days"), ("Tag", "{count} Tage"))], found) == []
    assert problems_of([Message(("{count} day", "{count} days"), ("{count} Tag", "Tage"))], found) == [
        "has other places: Tage",
    ]


def test_texts_are_found_where_they_are_made():
    source = (
        'A = "a"\nsay("Hi {name}", name=1)\nsay(A)\ncount("one", "more", count=2)\nMessage("No.")\nText(english="t")'
    )
    found, unread = in_source(source, "x.py")

    assert [(one.text, one.other) for one in found] == [
        ("Hi {name}", ""),
        ("a", ""),
        ("one", "more"),
        ("No.", ""),
        ("t", ""),
    ]
    assert unread == []


def test_texts_are_found_in_the_templates_of_pages():
    page = '<p>{% raw say(\n  "Hi "\n  "{name}", name=a) if b else say("Bye") %}</p>{% raw say(c) %}'
    found, unread = in_template(page, "x.html")

    assert [one.text for one in found] == ["Hi {name}", "Bye"]
    assert unread == ["x.html:1: say(c)"]


@pytest.mark.parametrize(
    "call", ['say(f"Hi {name}")', "say(text)", "say()", 'count("one", more)', "Text(english=one.two)"]
)
def test_a_text_that_cannot_be_read_is_told(call: str):
    found, unread = in_source(call, "x.py")

    assert (found, unread) == ([], [f"x.py:1: {call}".replace('"', "'")])


def test_the_strictest_limit_counts_and_what_has_no_words_is_left_out():
    found = joined(
        [
            Found(text="Save", where="a.py"),
            Found(text="Save", where="b.py", limit=24),
            Found(text="Save", where="c.py", limit=150),
            Found(text="- {at}: {text}", where="a.py"),
            Found(text="```\n/oncall link\n```", where="a.py"),
        ]
    )
    assert found == {"Save": Found(text="Save", where="a.py", limit=24)}


def test_places():
    assert places("{a} <url> <b> {c}") == {"a", "url", "c"}


def test_new_languages_start_with_every_text():
    written = update("pl")

    assert "nplurals=3" in written
    assert written.count("\nmsgid ") == len(TEXTS)
    assert written.count('msgstr[2] ""') == sum(bool(found.other) for found in TEXTS.values())


def test_no_catalog_is_read_while_everybody_reads_english():
    """Memory is for those who need it."""
    code = (
        "import sys\nfrom bot.words import declared\nfrom bot.words.translations import read\n"
        "declared('Save', 'en-US'), declared('Save', 'fr')\n"
        "assert read.cache_info().currsize == 0 and 'babel.messages.pofile' not in sys.modules\n"
        "assert declared('Save', 'de') == 'Speichern' and read.cache_info().currsize == 1\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)

    assert done.returncode == 0, done.stderr
