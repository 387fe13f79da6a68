"""Alert groups as people name them: numbers, ranges, states."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from forms.group import Groups
from forms.numbers import MOST, WORD, AlertGroups, Named, read_numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("12", (12,)),
        ("#12", (12,)),
        ("12 13 15", (12, 13, 15)),
        ("12,13", (12, 13)),
        ("#12, #13", (12, 13)),
        ("#12 and #13", (12, 13)),
        ("12-15", (12, 13, 14, 15)),
        ("#12-#15", (12, 13, 14, 15)),
        ("12–15", (12, 13, 14, 15)),
        ("12 - 15", (12, 13, 14, 15)),
        ("15-12", (12, 13, 14, 15)),
        ("13 12-14", (13, 12, 14)),
        ("12,12,12", (12,)),
        ("0", (0,)),
        ("999999999", (999999999,)),
        (f"1-{MOST}", tuple(range(1, MOST + 1))),
    ],
)
def test_numbers_are_read_in_order_and_once(text: str, numbers: tuple[int, ...]):
    assert read_numbers(text) == Named(numbers=numbers)


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("all", ()),
        ("ALL", ()),
        ("all firing", ("firing",)),
        ("firing", ("firing",)),
        ("all acked", ("acknowledged",)),
        ("all firing and silenced", ("firing", "silenced")),
        ("all open", ("firing", "acknowledged", "silenced")),
    ],
)
def test_all_in_a_state_are_named_by_it(text: str, states: tuple[str, ...]):
    assert read_numbers(text) == Named(states=states, all=True)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("db-3", "“db-3” is no number of an alert group."),
        ("12-", "“12-” is no number"),
        ("-5", "“-5” is no number"),
        ("1-2-3", "“1-2-3” is no number"),
        ("9999999999", "is no number"),
        ("1-99999999999999999999999999", "is no number"),
        ("all 12", "Write either numbers or `all`, not both."),
        ("1-999999999", "At most 100 alert groups at once."),
        ("1-100 200", "At most 100 alert groups at once."),
        (" ".join(map(str, range(101))), "At most 100 alert groups at once."),
    ],
)
def test_what_cannot_be_meant_is_said(text: str, problem: str):
    with pytest.raises(ValidationError, match=re.escape(problem)):
        read_numbers(text)


PIECES = st.one_of(
    st.integers(0, 10**12).map(str),
    st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)).map(lambda two: f"{two[0]}-{two[1]}"),
    st.sampled_from(["all", "firing", "#", "-", ",", "and", "#1-", "--", "12,13", "x", "²", "٣", ""]),
)


@given(st.lists(PIECES, max_size=30), st.sampled_from([" ", ",", ", ", " , ", "-"]))
def test_any_line_is_numbers_or_an_error_and_never_too_many(pieces: list[str], between: str):
    try:
        named = read_numbers(between.join(pieces))
    except ValidationError:
        return
    assert len(set(named.numbers)) == len(named.numbers) <= MOST
    assert not (named.numbers and named.all)


@given(st.text(max_size=200))
def test_nothing_that_is_typed_breaks_it(text: str):
    try:
        read_numbers(text)
    except ValidationError as problem:
        assert str(problem)
    re.fullmatch(WORD, text)
    AlertGroups("Alert groups").items(text)


@given(st.lists(st.integers(0, 999_999_999), min_size=1, max_size=20, unique=True))
def test_what_is_chosen_from_a_list_is_read_as_what_is_typed(numbers: list[int]):
    field = AlertGroups("Alert groups")
    chosen = tuple(map(str, numbers))

    assert field.read(chosen) == field.read(", ".join(chosen)) == field.read(f"[{', '.join(chosen)}]")
    assert field.items(chosen) == chosen


def test_a_line_as_long_as_can_be_sent_is_read_at_once():
    with pytest.raises(ValidationError):
        read_numbers("1-9 " * 4000 + "x")
    assert re.fullmatch(WORD, "1" * 16_000 + "x") is None
    assert re.fullmatch(WORD, "1," * 8_000 + "x") is None


def test_which_ones_has_to_be_said_by_number_or_by_condition():
    with pytest.raises(ValidationError) as problem:
        Groups.read({})
    assert list(problem.value.normalized_messages()) == ["group"]
    assert Groups.read({"where": "severity=warning"})["group"] == Named()
    assert Groups.read({"group": "12"})["group"] == Named(numbers=(12,))
