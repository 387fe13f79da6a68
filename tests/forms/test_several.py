"""Several of a kind, in every shape in which they arrive."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from bot.surfaces.values import read_values
from forms.base import Form, Option
from forms.several import Choices, Lookups, split_list

DAYS = (
    Option(value="mon", label="Monday"),
    Option(value="sat", label="Saturday, all day"),
    Option(value="sun", label="Sunday night"),
)


class Several(Form):
    title = "Several"

    days = Choices("Days", options=DAYS)
    names = Lookups("Names", choices="integrations")


def read(**raw: Any) -> dict[str, Any]:
    return Several.read(read_values(raw))


@pytest.mark.parametrize(
    "raw",
    [
        "mon,sun",
        "mon, sun",
        "mon sun",
        "Monday, Sunday night",
        "[mon, sun]",
        '[mon, "Sunday night"]',
        ["mon", "sun"],
        [{"label": "Monday", "value": "mon"}, {"label": "Sunday night", "value": "sun", "icon_data": ""}],
        ["mon", "mon", "", None, "sun"],
    ],
)
def test_choices(raw: object):
    assert read(days=raw)["days"] == ("mon", "sun")


def test_a_label_may_have_anything_in_it_when_it_comes_alone_or_in_quotes():
    assert read(days=["Saturday, all day"])["days"] == ("sat",)
    assert read(days='mon, "Saturday, all day"')["days"] == ("mon", "sat")
    assert read(days={"label": "Saturday, all day", "value": "sat"})["days"] == ("sat",)


@pytest.mark.parametrize("raw", ["tue", "mon, tue", ["mon", "tue"], "[tue]"])
def test_a_choice_that_is_not_on_offer_is_answered_with_what_is(raw: object):
    with pytest.raises(ValidationError) as invalid:
        read(days=raw)
    assert invalid.value.messages == {"days": ["Choose from: mon, sat, sun."]}


@pytest.mark.parametrize("nothing", [None, "", " , ", [], [None], [""], "[]", {}, {"label": "", "value": ""}])
def test_nothing_in_any_shape_is_nothing(nothing: object):
    assert read(days=nothing, names=nothing) == {"days": (), "names": ()}


@pytest.mark.parametrize(
    "raw",
    [
        "Production cluster, Backup",
        '"Production cluster", Backup',
        '["Production cluster", Backup]',
        ["Production cluster", "Backup"],
        [{"label": "x", "value": "Production cluster"}, {"value": "Backup"}],
        "Production cluster, Backup, Backup",
    ],
)
def test_names_may_have_blanks(raw: object):
    assert read(names=raw)["names"] == ("Production cluster", "Backup")


@pytest.mark.parametrize("nothing", ["", " , ", [], ["", None]])
def test_nothing_is_missing_where_it_is_needed(nothing: object):
    class Needed(Form):
        title = "Needed"

        days = Choices("Days", options=DAYS, required=True)
        names = Lookups("Names", choices="integrations", required=True)

    with pytest.raises(ValidationError) as invalid:
        Needed.read(read_values({"days": nothing, "names": nothing}))
    assert invalid.value.messages == {"days": ["This is needed."], "names": ["This is needed."]}


def test_a_name_too_long_is_refused():
    with pytest.raises(ValidationError):
        read(names=["x" * 151])


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | st.lists(st.text(max_size=8) | st.none(), max_size=5))
def test_any_list_is_read(raw: Any):
    items = split_list(raw)
    assert all(item and item == item.strip() for item in items)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(alphabet="abc -é", min_size=1).map(str.strip).filter(bool), unique=True))
def test_what_is_joined_by_commas_is_split_again(names: list[str]):
    assert split_list(", ".join(names)) == tuple(names)
