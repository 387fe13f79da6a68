"""Which language a browser is answered in."""

import pytest

from bot.web.languages import MOST, preferred, tag


@pytest.mark.parametrize(
    ("accepted", "wanted"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de-AT"),
        ("en-GB,en;q=0.9,de;q=0.8", "en-GB"),
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "en"),
        ("fr, de;q=0.3", "de"),
        ("en;q=0.2 , de;Q=0.3", "de"),
        ("en;q=0, de;q=0.1", "de"),
        ("de;q=0", "en"),
        ("de;q=0, fr", "en"),
        ("*", "en"),
        ("de;q=high", "en"),
        ("de; q = 1", "en"),
        ("../de", "en"),
        ("deutsch" * 9, "en"),
        (";;,,de", "de"),
        ("ü, de", "de"),
    ],
)
def test_the_language_they_like_best_of_those_there_are(accepted: str, wanted: str):
    assert preferred(accepted) == wanted


def test_a_header_is_not_read_for_ever():
    assert preferred("fr," * (MOST - 1) + "de") == "de"
    assert preferred("fr," * MOST + "de") == "en"


@pytest.mark.parametrize(("locale", "named"), [("de-AT", "de"), ("de", "de"), ("en-GB", "en"), ("fr", "en")])
def test_the_page_says_in_which_language_it_is(locale: str, named: str):
    assert tag(locale) == named
