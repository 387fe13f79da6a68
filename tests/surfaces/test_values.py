"""Raw values in every shape that clients send."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.surfaces.values import object_of, read_values


@pytest.mark.apps(58)
@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("text", "text"),
        ("", ""),
        (None, None),
        (5, "5"),
        (5.0, "5.0"),
        (True, True),
        (False, False),
        ({"label": "#12 Disk", "value": "12"}, "12"),
        ({"label": "x", "value": None}, None),
        ({"label": "x"}, None),
        ({}, None),
        ({"value": {"value": {"value": "deep"}}}, None),
        ({"value": ["a"]}, None),
        ([], ()),
        (["u1", "u2"], ("u1", "u2")),
        ([{"label": "ana", "value": "u1"}, {"label": "ben", "value": "u2"}], ("u1", "u2")),
        ([None, "", "u1", ["u2"]], ("u1",)),
    ],
)
def test_a_value(raw: object, value: object):
    assert read_values({"field": raw}) == {"field": value}


@pytest.mark.parametrize("raw", [None, [], "text", 5, True, ["a"]])
def test_what_is_no_object_holds_no_values(raw: object):
    assert read_values(raw) == {}
    assert object_of(raw) == {}


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["value", "label", "x"]), inner),
    )
)
def test_no_json_is_too_strange(raw: object):
    for value in read_values({"field": raw}).values():
        assert value is None or isinstance(value, (str, bool, tuple))


def test_depth_is_no_trouble():
    deep: object = "bottom"
    for _ in range(5000):
        deep = {"value": deep}
    assert read_values({"field": deep}) == {"field": None}
