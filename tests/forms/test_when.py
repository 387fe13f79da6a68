"""Fields that depend on a choice: which are there, what is read, and which declarations cannot work."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from forms.base import Choice, Form, Number, Option, SecretText, Text, Toggle, When
from forms.limits import problems_of
from forms.numbers import AlertGroups

KINDS = (Option(value="push", label="It sends alerts"), Option(value="beat", label="It reports"))


class Source(Form):
    title = "Source"

    name = Text("Name", required=True)
    kind = Choice("Kind", options=KINDS, default="push")
    labels = Text("Labels", default="all", when=When(field="kind", among=("push",)))
    every = Number("Every", minimum=1, maximum=9, required=True, when=When(field="kind", among=("beat",)))
    patient = Toggle("Patient", when=When(field="kind", among=("beat",)))
    grace = Number("Grace", minimum=1, maximum=9, default=3, when=When(field="patient", among=("true",)))


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({}, ["name", "kind", "labels"]),
        ({"kind": None}, ["name", "kind", "labels"]),
        ({"kind": ""}, ["name", "kind", "labels"]),
        ({"kind": "beat"}, ["name", "kind", "every", "patient"]),
        ({"kind": "IT REPORTS"}, ["name", "kind", "every", "patient"]),
        ({"kind": "beat", "patient": True}, ["name", "kind", "every", "patient", "grace"]),
        ({"kind": "beat", "patient": "true"}, ["name", "kind", "every", "patient", "grace"]),
        ({"kind": "push", "patient": True}, ["name", "kind", "labels"]),
        ({"kind": "else"}, ["name", "kind"]),
    ],
)
def test_what_is_there(values: dict[str, object], names: list[str]):
    assert list(Source.shown(values)) == names


def test_what_others_depend_on():
    assert Source.deciding() == {"kind", "patient"}


def test_what_is_not_there_is_not_missed_and_has_its_default():
    assert Source.read({"name": "A"}) == {
        "name": "A",
        "kind": "push",
        "labels": "all",
        "every": "",
        "patient": False,
        "grace": 3,
    }


def test_what_is_there_is_missed():
    with pytest.raises(ValidationError) as invalid:
        Source.read({"name": "A", "kind": "beat"})
    assert invalid.value.messages == {"every": ["This is needed."]}


def test_what_was_given_by_name_is_read_even_if_it_is_not_there():
    """The command says what does not fit together: dropping it would be a silent loss."""
    assert Source.read({"name": "A", "every": "5"})["every"] == 5


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["kind", "patient"]), st.none() | st.booleans() | st.text(max_size=6)))
def test_any_values_show_a_part_of_the_form(values: dict[str, object]):
    shown = list(Source.shown(values))

    assert shown[:2] == ["name", "kind"]
    assert [name for name in Source.inputs() if name in shown] == shown


def test_the_source_has_no_problems():
    assert problems_of(Source) == []


def test_conditions_that_cannot_work_are_named():
    class Broken(Form):
        title = "Broken"

        early = Text("Early", when=When(field="kind", among=("push",)))
        kind = Choice("Kind", options=KINDS)
        other = Text("Other", when=When(field="nothing", among=("push",)))
        text = Text("Text", when=When(field="other", among=("x",)))
        wrong = Text("Wrong", when=When(field="kind", among=("pull",)))
        never = Text("Never", when=When(field="kind", among=()))

    assert problems_of(Broken) == [
        "Broken.early: depends on a choice or a switch before it",
        "Broken.other: depends on a choice or a switch before it",
        "Broken.text: depends on a choice or a switch before it",
        "Broken.wrong: depends on a value that cannot be chosen",
        "Broken.never: depends on a value that cannot be chosen",
    ]


class Quiet(Form):
    title = "Quiet"

    group = AlertGroups("Alert groups")
    where = Text("Conditions", unless="group")


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({}, ["group", "where"]),
        ({"group": " "}, ["group", "where"]),
        ({"group": "12"}, ["group"]),
        ({"group": ("12", "13")}, ["group"]),
        ({"group": "12", "where": " "}, ["group"]),
        ({"group": "12", "where": "team=db"}, ["group", "where"]),
        ({"group": "all firing"}, ["group", "where"]),
        ({"group": "twelve"}, ["group", "where"]),
    ],
)
def test_a_field_is_left_out_while_it_is_empty_and_another_says_enough(values: dict[str, object], names: list[str]):
    assert list(Quiet.shown(values)) == names


def test_what_is_left_out_is_not_missed():
    assert Quiet.read({"group": "12"})["where"] == ""


def test_what_says_enough_stands_before_what_it_leaves_out():
    class Backwards(Form):
        title = "Backwards"

        where = Text("Conditions", unless="group")
        group = AlertGroups("Alert groups", unless="nothing")

    assert problems_of(Backwards) == [
        "Backwards.where: left out because of a field that does not stand before it",
        "Backwards.group: left out because of a field that does not stand before it",
    ]


def test_a_secret_is_not_carried_from_step_to_step():
    class Secretive(Form):
        title = "Secretive"

        kind = Choice("Kind", options=KINDS)
        token = SecretText("Token")
        more = Text("More", when=When(field="kind", among=("push",)))

    assert problems_of(Secretive) == ["Secretive.more: a form with a secret cannot be asked in steps"]
