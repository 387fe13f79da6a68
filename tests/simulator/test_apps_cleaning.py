"""Paths, bindings and forms are cleaned as by the Apps plugin; numbers are lines of its conformance list."""

from typing import Any

import pytest

from bot.simulator.apps import wire
from bot.simulator.apps.bindings import BindingsCleaner, merge, sort_top
from bot.simulator.apps.errors import PluginError
from bot.simulator.apps.forms_cleaning import clean_form
from bot.simulator.apps.paths import clean_static, clean_url

SUBMIT = {"path": "/do"}


def icon_url(icon: str) -> str:
    return icon if icon.startswith("http") else f"STATIC/{clean_static(icon)}"


def clean(*top: dict[str, Any], granted: tuple[str, ...] = ("/command", "/channel_header")) -> tuple[Any, list[str]]:
    cleaner = BindingsCleaner(app_id="oncall", granted_locations=granted, icon_url=icon_url)
    return cleaner.clean(list(top)), cleaner.problems


def command(*children: dict[str, Any]) -> dict[str, Any]:
    return {"location": "/command", "bindings": list(children)}


def leaf(word: str, **more: Any) -> dict[str, Any]:
    return {"location": word, "label": word, "submit": SUBMIT, **more}


@pytest.mark.parametrize(
    ("url", "cleaned"),
    [
        ("http://app/root//ack", "http://app/root/ack"),
        ("http://app/root//ack/?a=1", "http://app/root/ack?a=1"),
        ("http://app/root//a/./b/../c/", "http://app/root/a/c"),
        ("http://app/root//oauth2/%2563omplete", "http://app/root/oauth2/complete"),
        ("http://app/root//a%20b", "http://app/root/a%20b"),
    ],
)
@pytest.mark.apps(34)
def test_urls_are_decoded_and_cleaned_and_keep_their_query(url: str, cleaned: str) -> None:
    assert clean_url(url) == cleaned


def test_a_broken_escape_in_a_url_is_refused() -> None:
    with pytest.raises(PluginError, match='invalid URL escape "%zz"'):
        clean_url("http://app/%zz")


@pytest.mark.apps(48)
def test_a_binding_without_location_and_label_is_dropped() -> None:
    found, problems = clean(command({"submit": SUBMIT}, leaf("who")))
    assert [child["location"] for child in found[0]["bindings"]] == ["who"]
    assert problems == ["/command: a binding has no location and no label"]


@pytest.mark.apps(48)
def test_location_defaults_to_the_label_and_loses_blanks_around_it() -> None:
    found, _ = clean(command({"label": "who", "submit": SUBMIT}, {"location": " ack ", "submit": SUBMIT}))
    assert [child["location"] for child in found[0]["bindings"]] == ["who", "ack"]


@pytest.mark.apps(48)
def test_a_location_counts_as_granted_if_a_grant_is_the_start_of_it() -> None:
    found, _ = clean({"location": "/commandx", "bindings": [leaf("who")]}, command(leaf("who")))
    assert [top["location"] for top in found] == ["/commandx", "/command"]
    found, problems = clean({"location": "/post_menu", "bindings": [leaf("page")]})
    assert found == []
    assert problems == ["/post_menu: not granted: forbidden"]


@pytest.mark.apps(49)
def test_a_grant_below_the_top_gives_no_commands_at_all() -> None:
    found, problems = clean(command(leaf("oncall")), granted=("/command/oncall",))
    assert found == []
    assert problems == ["/command: not granted: forbidden"]


@pytest.mark.apps(48)
def test_the_app_id_is_forced_on_all_but_the_top_nodes() -> None:
    found, _ = clean(command(leaf("who", app_id="other")))
    assert "app_id" not in found[0]
    assert found[0]["bindings"][0]["app_id"] == "oncall"


@pytest.mark.apps(48)
def test_commands_have_single_word_labels_taken_from_the_location_if_need_be() -> None:
    found, problems = clean(command({"location": "who", "submit": SUBMIT}, leaf("ack"), leaf("x", label="two words")))
    assert [child["label"] for child in found[0]["bindings"]] == ["who", "ack"]
    assert problems == ['/command/x: command label "two words" has a blank in it']


@pytest.mark.apps(48)
def test_a_bad_icon_is_blanked_and_a_good_one_becomes_a_url() -> None:
    found, _ = clean(command(leaf("who", icon="../x.png"), leaf("ack", icon="bell.png"), leaf("a", icon="https://x/i")))
    assert [child.get("icon") for child in found[0]["bindings"]] == [None, "STATIC/bell.png", "https://x/i"]


@pytest.mark.apps(48)
def test_header_buttons_without_icon_pass_unless_the_dormant_agent_key_says_webapp() -> None:
    header = {"location": "/channel_header", "bindings": [leaf("roster")]}
    assert clean(header)[0][0]["bindings"][0]["location"] == "roster"
    cleaner = BindingsCleaner(
        app_id="oncall", granted_locations=("/channel_header",), icon_url=icon_url, user_agent="webapp"
    )
    assert cleaner.clean([header]) == []


@pytest.mark.apps(48, 50)
def test_submit_together_with_bindings_drops_the_node_and_an_old_call_key_too() -> None:
    both = {**command(leaf("x")), **leaf("both"), "location": "both"}
    found, problems = clean(command(both, {"location": "old", "label": "old"}, leaf("who")))
    assert [child["location"] for child in found[0]["bindings"]] == ["who"]
    assert [problem.split(":")[0] for problem in problems] == ["/command/both", "/command/old"]


@pytest.mark.apps(48)
def test_a_parent_that_lost_all_its_children_is_dropped() -> None:
    assert clean(command({"location": "team", "bindings": [leaf("x", label="two words")]}))[0] == []


def test_duplicates_are_not_dropped() -> None:
    found, problems = clean(command(leaf("who"), leaf("who")))
    assert len(found[0]["bindings"]) == 2
    assert problems == []


@pytest.mark.apps(54)
def test_bindings_of_two_apps_share_the_top_node_and_are_sorted_by_app() -> None:
    first = [command({**leaf("z"), "app_id": "zulu"})]
    second = [{"location": "/channel_header", "bindings": []}, command({**leaf("a"), "app_id": "alpha"})]
    top = sort_top(merge(first, second))
    assert [node["location"] for node in top] == ["/channel_header", "/command"]
    assert [child["app_id"] for child in top[1]["bindings"]] == ["alpha", "zulu"]


def fields(*wanted: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    cleaned, problems = clean_form({"submit": SUBMIT, "fields": list(wanted)}, icon_url=icon_url)
    return cleaned.get("fields", []), problems


@pytest.mark.apps(57)
def test_fields_need_a_single_word_name_and_label() -> None:
    found, problems = fields(
        {"type": "text"}, {"name": "a b"}, {"name": "a", "label": "two words"}, {"name": "good", "type": "text"}
    )
    assert [field["name"] for field in found] == ["good"]
    assert len(problems) == 3


@pytest.mark.apps(57)
def test_the_label_comes_from_the_name_and_a_second_equal_label_drops_its_field() -> None:
    found, problems = fields(
        {"name": "alert_id"}, {"name": "other", "label": "alert-id"}, {"name": "alert_id", "label": "x"}
    )
    assert [(field["name"], field["label"]) for field in found] == [("alert_id", "alert-id"), ("alert_id", "x")]
    assert problems == ['label "alert-id" of field other is taken by an earlier field']


@pytest.mark.apps(57)
def test_selects_need_options_or_a_lookup() -> None:
    found, problems = fields({"name": "a", "type": "static_select"}, {"name": "b", "type": "dynamic_select"})
    assert found == []
    assert problems == ["static select a has no options left", "dynamic select b has no lookup"]


@pytest.mark.apps(57)
def test_options_with_a_repeated_label_or_value_are_dropped_and_reserve_nothing() -> None:
    options = [
        {"label": "", "value": ""},
        {"label": "One", "value": "1"},
        {"label": "One", "value": "2"},
        {"label": "Two", "value": "2"},
        {"label": "Three", "value": "1"},
        {"label": "", "value": "Two"},
    ]
    found, _ = fields({"name": "a", "type": "static_select", "options": options})
    assert [option["value"] for option in found[0]["options"]] == ["1", "2"]


def test_a_form_without_submit_and_source_is_kept_but_noted() -> None:
    cleaned, problems = clean_form({"title": "x", "icon": "../i"}, icon_url=icon_url)
    assert cleaned == {"title": "x"}
    assert len(problems) == 2


def test_decoding_bindings_is_as_strict_as_the_plugins() -> None:
    assert wire.bindings([{"label": "x", "form": "/source", "submit": "/do", "old": 1, "hint": ""}]) == [
        {"label": "x", "form": {"source": {"path": "/source"}}, "submit": {"path": "/do"}}
    ]
    assert wire.bindings(None) is None
    for wrong in ({}, [[]], [{"label": 5}], [{"bindings": [{"form": 1}]}], [{"form": {"fields": [{"position": "1"}]}}]):
        with pytest.raises(wire.DecodeError, match="cannot unmarshal"):
            wire.bindings(wrong)
