"""Foreign text pings nobody, breaks no layout and stays short, whatever it holds."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.neutral import BREAK, cut, neutral, plain, unpinged

# Pieces that attackers and careless senders use, in any order.
NASTY = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *"`<|\\#!()@ ",
                "@all",
                "@channel",
                "@here",
                "@ana",
                "https://x.example/",
                "http://@all",
                "[a](b)",
                "```",
                "**",
                "\n",
                "\n---",
                "~town",
                "&#64;all",
                "&copy;",
                "$",
                "$x$",
                "https://x.example/$a$",
                "C:\\temp",
                "db_3",
            ]
        ),
        st.text(max_size=5),
    ),
    max_size=12,
).map("".join)
MENTION = re.compile(r"@[\w.-]")


@settings(max_examples=150, deadline=None)
@given(NASTY)
def test_nothing_pings(text: str):
    assert not MENTION.search(neutral(text))
    assert not MENTION.search(plain(text))
    assert not MENTION.search(unpinged(text))


@settings(max_examples=150, deadline=None)
@given(NASTY)
def test_no_markup_is_left_outside_addresses(text: str):
    without_addresses = re.sub(r"https?://\S+", "u", neutral(text))
    without_escapes = re.sub(r"\\[\\`*_~\[\]>|#!+-]|\\(?=[A-Za-z0-9])|&#36;", "", without_addresses)
    without_words = re.sub(r"(?<=[A-Za-z0-9])[_#](?=[A-Za-z0-9])", "", without_escapes)

    assert not re.search(r"[`*\[\]<>|#!\\]", without_words)
    assert not re.search(r"(?m)^[ \t]*[-=+]", neutral(text))


@settings(max_examples=150, deadline=None)
@given(NASTY)
def test_no_formula_ends_anywhere(text: str):
    """Not in the text, and so not on the line it becomes a part of, whatever stands before it."""
    assert not re.search(r"\$(?![A-Za-z0-9_])", neutral(text))


@settings(max_examples=80, deadline=None)
@given(NASTY, st.integers(2, 30))
def test_everything_is_cut(text: str, length: int):
    assert len(cut(text, length)) <= length
    assert len(plain(text, length).replace(BREAK, "")) <= length


@pytest.mark.parametrize(
    ("foreign", "harmless"),
    [
        ("@all disk full", f"@{BREAK}all disk full"),
        ("mail a@b.example", f"mail a@{BREAK}b.example"),
        ("see [here](javascript:x)", "see \\[here\\](javascript:x)"),
        ("https://x.example/a_b*c", "https://x.example/a_b%2Ac"),
        ("@https://x.example/", f"@{BREAK}https://x.example/"),
        ("https://x.example/@all", "https://x.example/%40all"),
        ("_db_ *down*", "\\_db\\_ \\*down\\*"),
        ("one\n---\ntwo", "one\n\\---\ntwo"),
        ("# title", "\\# title"),
        ("| a | b |", "\\| a \\| b \\|"),
        ("<!channel>", "&lt;\\!channel\\>"),
        ("free < 10 %", "free &lt; 10 %"),
        ("Summary\n=======", f"Summary\n{BREAK}======="),
        ("\u202edrawkcab\u2066", "drawkcab"),
        ("", ""),
        ("the $x^2$ of", "the $x^2&#36; of"),
        ("$$x$$", "&#36;$x&#36;&#36;"),
        ('{job=~"(a|b)$"}', '{job=\\~"(a\\|b)&#36;"}'),
        ("$_x $", "&#36;\\_x &#36;"),
        ("https://x.example/$a$?b=$c", "https://x.example/$a%24?b=$c"),
        ("of $HOME, $5 or ${x}", "of $HOME, $5 or &#36;{x}"),
        ("C:\\temp\\_x\\", "C:\\temp\\\\\\_x\\\\"),
        ("\\https://x.example/", "\\https://x.example/"),
        ("ghcr.io/my_app#2", "ghcr.io/my_app#2"),
        ("&lt; &copy; &#64;all a&b;", "&amp;lt; &amp;copy; &amp;\\#64;all a&amp;b;"),
        ("up\n\n    at <main>", "up\n\nat &lt;main\\>"),
        ("up?\n# down", "up?\n\\# down"),
        ("up\n- down", "up\n\\- down"),
    ],
)
def test_examples(foreign: str, harmless: str):
    assert neutral(foreign) == harmless


def test_what_is_harmless_stays_harmless_in_a_sentence():
    assert unpinged(neutral("a < b & $ &c;")) == "a &lt; b & &#36; &amp;c;"


def test_plain_turns_no_direction_around():
    assert plain("a\u202eb") == "ab"


@pytest.mark.parametrize(
    "harmless", ["10.0.0.1:9100", "Größe: 95 % (of 10 GB), rising - see https://x.example/a?b=1%2B2", "5 + 3 = 8"]
)
def test_most_texts_stay_as_they_are(harmless: str):
    assert neutral(harmless) == harmless


def test_plain_is_one_line():
    assert plain(" a\n\n b\tc ") == "a b c"


def test_what_is_cut_says_so():
    assert cut("alphabet", 5) == "alph…"
    assert cut("alph bet", 6) == "alph…"
