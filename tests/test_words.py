"""Texts as people read them: counts, times where they live, foreign braces."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.text import NOTHING, count, say
from bot.words import Reader, moment, paragraph, words

NOW = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reader", "at", "drawn"),
    [
        (Reader(now=NOW), NOW, "09:05 UTC"),
        (Reader(now=NOW, zone="UTC"), NOW, "09:05"),
        (Reader(now=NOW, zone="Europe/Berlin"), NOW, "10:05"),
        (Reader(now=NOW, zone="Europe/Berlin"), NOW + timedelta(hours=14), "Tue, Mar 3, 00:05"),
        (Reader(now=NOW, zone="America/New_York"), NOW + timedelta(hours=14), "18:05"),
        (Reader(now=NOW, zone="Europe/Berlin", locale="de"), NOW + timedelta(days=1), "Di., 3. März, 10:05"),
        (Reader(now=NOW, zone="Nowhere/Land", locale="xx-YY"), NOW, "09:05"),
        (Reader(now=NOW, zone="../../etc", locale=""), NOW, "09:05"),
        (Reader(now=NOW, zone="UTC", locale="pt-BR"), NOW, "09:05"),
    ],
)
def test_a_time_is_where_and_how_the_reader_lives(reader: Reader, at: datetime, drawn: str):
    assert moment(at, reader) == drawn


@pytest.mark.parametrize(("number", "drawn"), [(0, "0 alerts"), (1, "1 alert"), (2, "2 alerts")])
def test_counts(number: int, drawn: str):
    assert words(count("{count} alert", "{count} alerts", count=number), Reader(now=NOW)) == drawn


def test_a_text_may_hold_texts_and_instants():
    inner = say("until {at}", at=NOW)

    assert words(say("Silenced {inner}.", inner=inner), Reader(now=NOW, zone="UTC")) == "Silenced until 09:05."


def test_nothing_is_nothing():
    assert words(NOTHING, Reader(now=NOW)) == ""
    assert not NOTHING
    assert paragraph((say("a"), say("b")), Reader(now=NOW)) == "a\nb"


@settings(max_examples=80, deadline=None)
@given(st.text())
def test_foreign_text_is_never_a_template(text: str):
    assert words(say("{a}", a=text + "{b}{0}"), Reader(now=NOW)) == text + "{b}{0}"
