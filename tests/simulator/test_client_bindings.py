"""What the web client throws away, keeps and offers while somebody types."""

import pytest

from bot.simulator.client.bindings import as_call, clean, suggest
from bot.simulator.client.rendering import cards

LEAF = {"location": "ack", "label": "ack", "submit": {"path": "/ack"}}


def kept(*children, location="/command", **top):
    found = clean([{"location": location, "app_id": "oncall", "bindings": list(children), **top}])
    return [one["label"] for one in found[location]]


def test_locations_become_whole_paths_and_app_ids_are_inherited():
    parent = {"location": "oncall", "app_id": "oncall", "bindings": [LEAF]}
    top = clean([{"location": "/command", "bindings": [parent]}])["/command"][0]
    leaf = top["bindings"][0]
    assert (top["label"], leaf["location"], leaf["app_id"]) == ("oncall", "/command/oncall/ack", "oncall")


@pytest.mark.apps(50)
@pytest.mark.parametrize(
    "child",
    [
        {"location": " ", "submit": {"path": "/x"}},
        {"location": "two words", "submit": {"path": "/x"}},
        {"location": "both", "submit": {"path": "/x"}, "form": {"submit": {"path": "/x"}}},
        {"location": "nothing"},
        {"location": "form", "form": {"fields": []}},
        {"location": "branch", "bindings": [{"location": "leaf"}]},
    ],
)
def test_what_is_malformed_disappears(child):
    assert kept(child, LEAF) == ["ack"]


def test_repeated_command_labels_keep_the_first():
    assert kept(LEAF, {**LEAF, "location": "other"}) == ["ack"]


def test_bindings_without_an_app_disappear():
    assert kept(LEAF, app_id="") == []


@pytest.mark.apps(51)
def test_header_buttons_need_an_icon():
    icon = {**LEAF, "label": "With icon", "icon": "bell.png"}
    assert kept(LEAF, icon, location="/channel_header") == ["With icon"]


def test_unknown_places_are_ignored():
    assert clean([{"location": "command", "app_id": "x", "bindings": [LEAF]}]) == clean(None)


def test_a_bare_path_is_a_call():
    assert as_call("/ack") == {"path": "/ack", "expand": {}}


FIELDS = [
    {"name": "alert", "type": "text", "position": 1, "hint": "[alert]"},
    {
        "name": "urgency",
        "type": "static_select",
        "options": [{"label": "High", "value": "high"}, {"label": "Very low", "value": "very low"}],
    },
    {"name": "dry_run", "type": "bool"},
]
COMMANDS = clean(
    [
        {
            "location": "/command",
            "app_id": "x",
            "bindings": [
                {
                    "location": "oncall",
                    "bindings": [LEAF, {"location": "page", "form": {"submit": {"path": "/p"}, "fields": FIELDS}}],
                }
            ],
        }
    ]
)["/command"]


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("hello", []),
        ("/", ["/oncall "]),
        ("/ONC", ["/oncall "]),
        ("/oncall ", ["/oncall ack ", "/oncall page "]),
        ("/oncall p", ["/oncall page "]),
        ("/oncall nope x", []),
        ("/oncall ack ", []),
        ("/oncall page --u", ["/oncall page --urgency "]),
        ("/oncall page --urgency h", ["/oncall page --urgency high "]),
        ("/oncall page --urgency v", ['/oncall page --urgency "very low" ']),
        ("/oncall page --dry-run t", ["/oncall page --dry-run true "]),
        ("/oncall page --dry-run A-1 --", ["/oncall page --dry-run A-1 --urgency "]),
    ],
)
def test_completions(text, offered):
    found = [one.complete for one in suggest(text, COMMANDS) if not one.opens_modal]
    assert [one for one in found if one != text] == offered


def test_open_in_modal_is_offered_for_commands_with_fields():
    assert [one.label for one in suggest("/oncall page ", COMMANDS) if one.opens_modal] == ["Open in modal"]
    assert not any(one.opens_modal for one in suggest("/oncall ack ", COMMANDS))


@pytest.mark.parametrize(
    ("color", "drawn"), [("good", "#00c100"), ("#abc", "#abc"), ("red; background: url(x)", ""), (None, "")]
)
def test_only_real_colours_reach_the_screen(color, drawn):
    assert cards({"attachments": [{"color": color}]}, apps=False)[0].color == drawn


def test_in_post_bindings_need_the_apps_plugin():
    props = {"app_bindings": [{"app_id": "x", "label": "A-17", "location": "alert"}]}
    assert cards(props, apps=False) == ()
    assert cards(props, apps=True)[0].title == "A-17"
