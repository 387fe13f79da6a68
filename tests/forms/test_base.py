"""Every kind of field with what really arrives: null, missing, empty, blank, objects, numbers as text."""

from typing import Any

import pytest
from marshmallow import ValidationError

from bot.surfaces.values import read_values
from forms.base import (
    Channel,
    Choice,
    Duration,
    Form,
    LongText,
    Lookup,
    Number,
    Option,
    SecretText,
    Text,
    Toggle,
    User,
    Users,
    flag_of,
)
from forms.duration import Span
from forms.limits import problems_of

SIZES = (Option(value="s", label="Small"), Option(value="l", label="Large"))


class Everything(Form):
    title = "Everything"
    submit = "Go"

    text = Text("Text", default="none")
    long = LongText("Long text")
    secret = SecretText("Secret")
    number = Number("Number", minimum=1, maximum=10, default=5)
    duration = Duration("Duration", default=Span(seconds=60))
    choice = Choice("Choice", options=SIZES, default="s")
    lookup = Lookup("Lookup", choices="integrations")
    user = User("User")
    users = Users("Users")
    channel = Channel("Channel")
    toggle = Toggle("Toggle")


class Needed(Form):
    title = "Needed"

    text = Text("Text", required=True)
    number = Number("Number", minimum=1, maximum=10, required=True)
    choice = Choice("Choice", options=SIZES, required=True)
    users = Users("Users", required=True)


DEFAULTS: dict[str, Any] = {
    "text": "none",
    "long": "",
    "secret": "",
    "number": 5,
    "duration": Span(seconds=60),
    "choice": "s",
    "lookup": "",
    "user": "",
    "users": (),
    "channel": "",
    "toggle": False,
}


def read(form: type[Form] = Everything, **raw: Any) -> dict[str, Any]:
    """As it comes through a surface."""
    return form.read(read_values(raw))


def problem(form: type[Form] = Everything, **raw: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as invalid:
        read(form, **raw)
    return invalid.value.messages


@pytest.mark.apps(58)
@pytest.mark.parametrize("nothing", [None, "", " \n ", [], [None], {"label": "", "value": ""}, {}, {"value": None}])
@pytest.mark.parametrize("name", [name for name in DEFAULTS if name != "toggle"])
def test_nothing_in_any_shape_is_the_default(name: str, nothing: object):
    assert read(**{name: nothing}) == DEFAULTS


def test_a_missing_form_is_all_defaults():
    assert Everything.read({}) == DEFAULTS
    assert Everything.read(read_values(None)) == DEFAULTS


@pytest.mark.apps(58)
@pytest.mark.parametrize("nothing", [None, "", "   ", [], {"label": "x", "value": ""}])
def test_nothing_in_any_shape_is_missing_where_it_is_needed(nothing: object):
    names = Needed.inputs()
    assert problem(Needed, **dict.fromkeys(names, nothing)) == {name: ["This is needed."] for name in names}


@pytest.mark.apps(58)
@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("text", " disk ", "disk"),
        ("text", 12, "12"),
        ("number", "7", 7),
        ("number", 7, 7),
        ("number", 7.0, 7),
        ("number", "7.0", 7),
        ("duration", "2h", Span(seconds=7200)),
        ("choice", "l", "l"),
        ("choice", "LARGE", "l"),
        ("choice", {"label": "Large", "value": "l", "icon_data": ""}, "l"),
        ("lookup", {"label": "#12 Disk full", "value": "12"}, "12"),
        ("user", {"label": "ana", "value": "u1"}, "u1"),
        ("users", "@ana, ben  @ana", ("ana", "ben")),
        ("users", [{"label": "ana", "value": "u1"}, {"label": "ben", "value": "u2"}], ("u1", "u2")),
        ("users", ["u1", "", "u2"], ("u1", "u2")),
        ("channel", {"label": "Town", "value": "c1"}, "c1"),
        ("toggle", True, True),
        ("toggle", "true", True),
        ("toggle", "yes", True),
        ("toggle", False, False),
        ("toggle", "no", False),
    ],
)
def test_values_are_read_in_every_shape(name: str, raw: object, value: object):
    assert read(**{name: raw})[name] == value


@pytest.mark.apps(67)
@pytest.mark.parametrize(
    ("name", "raw", "sentence"),
    [
        ("text", "x" * 151, "At most 150 characters, please."),
        ("long", "x" * 3001, "At most 3000 characters, please."),
        ("number", "many", "This is not a number."),
        ("number", "nan", "This is not a whole number."),
        ("number", "inf", "This is not a whole number."),
        ("number", "2.7", "This is not a whole number."),
        ("number", "11", "Choose a number from 1 to 10."),
        ("number", "0", "Choose a number from 1 to 10."),
        ("choice", "medium", "Choose one of: s, l."),
    ],
)
def test_wrong_values_are_answered_with_what_to_do(name: str, raw: str, sentence: str):
    assert problem(**{name: raw}) == {name: [sentence]}


def test_unknown_names_are_ignored():
    assert read(colour="red") == DEFAULTS


def test_secrets_are_never_typed():
    assert "secret" not in dict(Everything.positional())
    assert [name for name, _ in Everything.positional()][:3] == ["text", "long", "number"]


def test_flags_are_written_with_dashes():
    assert flag_of("wait_minutes") == "wait-minutes"


def test_a_good_form_has_no_problems():
    assert problems_of(Everything) == []


def test_every_broken_limit_is_listed_in_bytes():
    class Broken(Form):
        title = "Ein viel zu langer Titel ü"

        label = Text("Größenordnungsänderungen")
        empty = Text("")
        helped = Text("Helped", help="ü" * 76)
        hinted = Text("Hinted", hint="x" * 151)
        choice = Choice("Choice")
        long = Text("Long", max_length=151)
        early = Text("Early", rest=True)
        person = User("Person", rest=True)

    assert problems_of(Broken) == [
        "Broken: the title must have 1 to 24 bytes",
        "Broken.label: the label must have 1 to 24 bytes",
        "Broken.empty: the label must have 1 to 24 bytes",
        "Broken.helped: help and hint may have 150 bytes",
        "Broken.hinted: help and hint may have 150 bytes",
        "Broken.choice: a choice needs options",
        "Broken.long: at most 150 characters fit",
        "Broken.early: only a text in the last place can take the rest of the line",
        "Broken.person: only a text in the last place can take the rest of the line",
    ]
