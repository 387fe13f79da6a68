"""Sentences of pages: our few signs become HTML, and what is put into a sentence never does."""

import pytest

from bot.core.text import Text, count, say
from bot.web.prose import Markup, html
from bot.words import Reader
from tests.clock import HeldClock

ENGLISH = Reader(now=HeldClock()())
GERMAN = Reader(now=HeldClock()(), locale="de-AT")
NASTY = "<script>alert(1)</script> `a` **b** *c* [d](x) \" ' & {e}"
HARMLESS = "&lt;script&gt;alert(1)&lt;/script&gt; `a` **b** *c* [d](x) &quot; &#x27; &amp; {e}"  # no sign of it is read


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        (
            say("Type `/oncall <setup>` *there* & **now**"),
            "Type <code>/oncall &lt;setup&gt;</code> <i>there</i> &amp; <b>now</b>",
        ),
        (say("At [this page]({page}).", page="/a?b=1&c"), 'At <a href="/a?b=1&amp;c">this page</a>.'),
        (say("`{name}` of **{name}**", name="x"), "<code>x</code> of <b>x</b>"),
        (say("It is {at}", at=Markup("<time>9</time>")), "It is <time>9</time>"),
        (say("[no link](javascript:x) {a} {b"), "[no link](javascript:x) {a} {b"),
        (count("{count} alert", "{count} alerts", count=2), "2 alerts"),
    ],
)
def test_a_sentence(text: Text, drawn: str):
    assert html(text, ENGLISH) == drawn


@pytest.mark.parametrize("sentence", ["{it}", "`{it}`", "**{it}**", "*{it}*", "[{it}]({it})"])
def test_what_is_put_in_is_text(sentence: str):
    drawn = html(Text(english=sentence, values={"it": NASTY}), ENGLISH)

    assert HARMLESS in drawn
    assert drawn.replace(HARMLESS, "") in ("", "<code></code>", "<b></b>", "<i></i>", '<a href=""></a>')


def test_a_text_within_a_text_is_drawn_too():
    inner = say("Try again in a minute")

    assert html(say("{label}: {text}", label=say("Address"), text=inner), GERMAN) == (
        "Adresse: Versuch es in einer Minute noch einmal"
    )
