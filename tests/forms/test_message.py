"""Messages about input that can be said in another language."""

import pytest
from marshmallow import ValidationError

from bot.core.text import Text
from bot.dispatch import _errors
from bot.words import Reader, words
from forms.base import Choice, Form, Number, Option
from forms.base import Text as TextField
from forms.duration import read_span
from forms.message import Message
from tests.clock import HeldClock

GERMAN = Reader(now=HeldClock()(), locale="de")


class Filled(Form):
    title = "Filled"

    name = TextField("Name", required=True, max_length=5)
    number = Number("Number", minimum=1, maximum=9)
    color = Choice("Color", options=(Option(value="red", label="Red"), Option(value="blue", label="Blue")))


def test_a_message_is_its_english_sentence():
    message = Message("At most {most} characters, please.", most=5)

    assert message == "At most 5 characters, please."
    assert (message.template, message.values) == ("At most {most} characters, please.", {"most": 5})


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({}, "name", "Bitte ausfüllen."),
        ({"name": "Anastasia"}, "name", "Höchstens 5 Zeichen, bitte."),
        ({"name": "Ana", "number": "12"}, "number", "Wähle eine Zahl von 1 bis 9."),
        ({"name": "Ana", "number": "1.5"}, "number", "Das ist keine ganze Zahl."),
        ({"name": "Ana", "number": "x"}, "number", "Das ist keine Zahl."),
        ({"name": "Ana", "color": "{name}"}, "color", "Wähle eines davon: red, blue."),
    ],
)
def test_whoever_reads_german_is_told_in_german(given: dict[str, str], field: str, said: str):
    with pytest.raises(ValidationError) as invalid:
        Filled.read(given)

    assert {name: words(text, GERMAN) for name, text in _errors(invalid.value).items()} == {field: said}


def test_so_are_messages_about_time():
    with pytest.raises(ValidationError) as invalid:
        read_span("99d")
    [text] = _errors(invalid.value).values()

    assert words(text, GERMAN) == "Wähle eine Zeit zwischen einer Minute und 30 Tagen."


def test_any_other_message_is_said_as_it_is():
    assert _errors(ValidationError({"name": ["No {such} thing."]})) == {"name": Text(english="No {such} thing.")}
