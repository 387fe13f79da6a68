"""The Apps surface: the plugin and the web client drop nothing of what we send, and what comes back is ours."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.call import Actor, Ask, Call, Opened, Refuse, tell
from bot.core.people import Role
from bot.core.text import say
from bot.registry import Command
from bot.simulator.apps import wire
from bot.simulator.apps.bindings import BindingsCleaner
from bot.simulator.apps.forms_cleaning import clean_form
from bot.simulator.apps.manifest import decode_manifest
from bot.simulator.client import bindings as client
from bot.simulator.client import rendering
from bot.surfaces import apps, apps_forms
from bot.surfaces.tokens import BadToken
from bot.web import STATIC
from forms.base import Kind, Option
from tests.clock import HeldClock
from tests.surfaces.drawing import NOW, READER, REGISTRY, STATES, card, sealer

ANA = Actor(user_id="ana", username="ana")
DRAWING = apps_forms.Drawing(sealer=sealer(), reader=READER, user_id="ana")
LOCATIONS = ("/command", "/post_menu", "/channel_header")
LEVELS = {"id", "+id", "summary", "+summary", "all", "+all"}


def as_decoded(answer: dict[str, Any]) -> dict[str, Any]:
    """As the plugin reads it: a key of the wrong type is an error."""
    return wire.call_response(json.dumps(answer).encode())


def tree(role: Role = Role.ADMIN, *, installed: bool = True) -> list[dict[str, Any]]:
    return as_decoded(apps.bindings(REGISTRY, role=role, installed=installed))["data"]


def nodes(bindings: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in bindings:
        yield one
        yield from nodes(one.get("bindings") or [])


def leaf(*path: str) -> dict[str, Any]:
    level = next(top for top in tree() if top["location"] == "/command")["bindings"]
    found: dict[str, Any] = {}
    for word in ("oncall", *path):
        found = next(one for one in level if one["label"] == word)
        level = found.get("bindings") or []
    return found


def calls(value: Any) -> Iterator[dict[str, Any]]:
    """Everything that has a path."""
    if isinstance(value, dict):
        if "path" in value:
            yield value
        for inner in value.values():
            yield from calls(inner)
    if isinstance(value, list):
        for inner in value:
            yield from calls(inner)


def test_the_manifest_is_taken():
    written = apps.manifest(
        app_id="oncall", root_url="https://bot.example.com/m/S1", homepage_url="https://bot.example.com"
    )

    assert decode_manifest(json.dumps(written).encode()).app_id == "oncall"
    assert "secret" not in json.dumps(written)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("installed", [True, False])
def test_nobody_drops_a_binding(role: Role, installed: bool):
    sent = tree(role, installed=installed)
    cleaner = BindingsCleaner(app_id="oncall", granted_locations=LOCATIONS, icon_url=str, user_agent="webapp")
    cleaned = cleaner.clean(wire.bindings(json.loads(json.dumps(sent))) or [])

    assert cleaner.problems == []
    assert len(list(nodes(cleaned))) == len(list(nodes(sent)))
    kept = client.clean(cleaned)
    below = [node for top in sent for node in nodes(top["bindings"])]
    assert sum(len(list(nodes(level))) for level in kept.values()) == len(below)


@pytest.mark.apps(52)
def test_nothing_has_a_double():
    for node in [{"bindings": tree()}, *nodes(tree())]:
        locations = [one["location"] for one in node.get("bindings") or []]
        assert len(set(locations)) == len(locations)


@pytest.mark.apps(52, 53)
def test_what_is_typed_is_one_word_and_pictures_are_our_own():
    (slash,) = next(top for top in tree() if top["location"] == "/command")["bindings"]

    assert slash["label"] == slash["label"].lower()
    assert [node["label"] for node in nodes([slash]) if len(node["label"].split()) != 1] == []
    icons = {node["icon"] for node in nodes(tree()) if "icon" in node}
    assert icons
    assert all((STATIC / icon).is_file() for icon in icons)


def test_who_may_not_is_not_offered():
    offered = {node["label"] for node in nodes(tree(Role.VIEWER)) if "label" in node}

    assert {"list", "show", "help", "who"} <= offered
    assert not offered & {"ack", "acknowledge", "configure", "setup", "Acknowledge"}


def test_before_the_installation_only_help_and_setup_are_offered():
    slash = tree(installed=False)[0]["bindings"][0]

    assert [one["label"] for one in slash["bindings"]] == ["help", "setup"]
    assert [top["location"] for top in tree(installed=False)] == ["/command"]


def test_only_a_command_about_the_channel_asks_where_it_is_typed():
    asking = {call["path"] for call in calls(tree()) if call["expand"].get("channel_member") == "id"}

    assert asking == {"/command/configure.channel"}


def test_every_call_asks_who_acts_and_at_known_levels():
    for call in calls(tree()):
        assert call["expand"]["acting_user"] == "+summary"
        assert set(call["expand"].values()) <= LEVELS
        assert call["path"].startswith("/")


def test_menu_items_ask_for_their_message():
    menu = next(top for top in tree() if top["location"] == "/post_menu")["bindings"]

    assert menu
    assert all(one["submit"]["expand"]["post"] == "+summary" for one in menu)
    assert all(one["icon"] == "oncall.png" for one in menu)


def test_a_typed_form_asks_for_nothing_so_that_the_modal_can():
    form = leaf("silence")["form"]

    assert [field.get("is_required") for field in form["fields"]] == [None, None, None, None]
    assert [field.get("position") for field in form["fields"]] == [1, -1, None, None]
    assert leaf("silence")["hint"] == "[alert groups] [for how long]"


def test_the_first_alert_group_is_offered_while_it_is_typed():
    group, where = leaf("ack")["form"]["fields"]

    assert (group["type"], group["position"], group["lookup"]["path"]) == ("dynamic_select", 1, "/lookup/ack")
    assert (where["type"], where["position"]) == ("text", -1)


def test_only_texts_take_the_rest_of_a_line():
    fields = [field for node in nodes(tree()) for field in (node.get("form") or {}).get("fields", [])]

    assert {field["type"] for field in fields if field.get("position") == -1} == {"text"}


def test_secrets_are_not_typed():
    assert leaf("setup")["form"].get("fields", []) == []


COMMANDS = [command for command in REGISTRY if command.has_input]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
@pytest.mark.parametrize("filled", [True, False])
def test_nobody_drops_a_part_of_a_modal(command: Command, filled: bool):
    asked = ask(command, filled=filled)
    form = as_decoded({"type": "form", "form": apps_forms.draw_form(asked, command, DRAWING)})["form"]
    cleaned, problems = clean_form(form, icon_url=str)

    assert problems == []
    *fields, button = cleaned["fields"]
    assert [field["name"] for field in fields] == list(command.form.shown(asked.values))
    assert (button["name"], cleaned["submit_buttons"]) == (apps_forms.BUTTON, apps_forms.BUTTON)
    assert all(field["modal_label"] for field in cleaned["fields"])
    assert cleaned["submit"]["state"]


def ask(command: Command, *, filled: bool = False) -> Ask:
    inputs = command.form.inputs()
    texts = {name: field.options[0].value if field.options else "12" for name, field in inputs.items()}
    options = {
        name: (Option(value="12", label="#12 Disk"),)
        for name, field in inputs.items()
        if field.kind in (Kind.LOOKUP, Kind.LOOKUPS)
    }
    return Ask(command=command.name, form=command.form, values=texts if filled else {}, options=options)


def test_a_modal_is_filled_with_what_is_known():
    command = REGISTRY.find("silence")
    known = Ask(
        command="silence",
        form=command.form,
        values={"group": "12", "duration": "2x"},
        options={"group": (Option(value="12", label="#12 Disk full (firing)"),)},
        problem=say("For how long: no."),
    )
    form = apps_forms.draw_form(known, command, DRAWING)
    group, duration, reason, *_ = form["fields"]

    assert group["multiselect"] is True
    assert group["value"] == [{"label": "#12 Disk full (firing)", "value": "12"}]
    assert duration["value"] == "2x"
    assert "value" not in reason
    assert [field["is_required"] for field in form["fields"][:-1]] == [False, True, False]
    assert form["header"].endswith("\n\nFor how long: no.")


def test_several_people_are_several_choices():
    command = REGISTRY.find("integration add")
    known = Ask(command=command.name, form=command.form, values={"people": "@ana @ben"})
    fields = {field["name"]: field for field in apps_forms.draw_form(known, command, DRAWING)["fields"]}

    assert fields["people"]["multiselect"] is True
    assert [one["value"] for one in fields["people"]["value"]] == ["@ana", "@ben"]
    assert fields["wait_minutes"]["value"] == "5"
    assert fields["kind"]["value"]["value"] == "alertmanager"


# ---- calls in ------------------------------------------------------------------------------------------------------


def read(body: dict[str, Any], *, room: str = "command", name: str = "silence", actor: Actor = ANA) -> Call:
    return apps.read_call(body, server_id="S1", room=room, name=name, actor=actor, sealer=sealer(), registry=REGISTRY)


@pytest.mark.apps(23)
@pytest.mark.parametrize(
    "body", [{}, {"values": None, "context": None, "state": None}, {"values": [], "raw_command": 5}]
)
def test_missing_parts_are_no_trouble(body: dict[str, Any]):
    call = read(body)

    assert (call.values, call.opened, call.post_id) == ({}, Opened.TYPED, "")


def test_flags_behind_the_rest_of_the_line_are_flags():
    line = "/oncall silence 12 2h --reason a deploy"
    call = read({"raw_command": line, "values": {"group": {"value": "12"}, "duration": "2h --reason a deploy"}})

    assert call.leftover == "deploy"
    quoted = line.replace("a deploy", '"a deploy"')
    assert read({"raw_command": quoted}).values == {"group": "12", "duration": "2h", "reason": "a deploy"}


def test_people_stay_as_the_client_resolved_them():
    values = {"group": {"label": "12", "value": "12"}, "person": {"label": "ben", "value": "u-ben"}}
    call = read({"raw_command": "/oncall assign 12 @ben", "values": values}, name="assign")

    assert call.values == {"group": "12", "person": "u-ben"}


def test_a_line_of_another_command_is_not_believed():
    call = read({"raw_command": "/oncall resolve 13", "values": {"group": "12"}})

    assert call.values == {"group": "12"}


def form_state(command_name: str = "silence", user_id: str = "ana") -> Any:
    command = REGISTRY.find(command_name)
    drawing = apps_forms.Drawing(sealer=sealer(), reader=READER, user_id=user_id)
    form = apps_forms.draw_form(Ask(command=command_name, form=command.form, memory={"group": "12"}), command, drawing)
    return form["submit"]["state"]


def test_a_form_brings_its_memory_back():
    call = read({"state": form_state(), "values": {"duration": "2h"}}, room="form")

    assert (call.opened, call.memory, call.values) == (Opened.FORM, {"group": "12"}, {"duration": "2h"})


def test_a_form_is_only_good_for_its_command_and_its_person():
    for state, name in [
        (form_state(), "resolve"),
        (form_state("resolve"), "silence"),
        (form_state(user_id="ben"), "silence"),
        (None, "silence"),
        ({"v": 1}, "silence"),
        (sealer("S2").seal("form", {"command": "silence"}), "silence"),
        (sealer().seal("button", {"command": "silence"}), "silence"),
    ]:
        with pytest.raises(BadToken):
            read({"state": state}, room="form", name=name)


def test_a_form_is_out_of_date_after_an_hour():
    clock = HeldClock()
    clock.now = NOW + timedelta(hours=1, seconds=1)
    with pytest.raises(BadToken):
        apps.read_call(
            {"state": form_state()}, server_id="S1", room="form", name="silence", actor=ANA, sealer=sealer(clock=clock)
        )


@pytest.mark.parametrize(
    ("user", "actor"),
    [
        ({"id": "u", "roles": "system_user system_admin"}, Actor(user_id="u", admin=True)),
        ({"id": "u", "roles": "system_user"}, Actor(user_id="u", admin=False)),
        ({"id": "u", "roles": "", "locale": "", "timezone": None}, Actor(user_id="u", admin=None)),
        ({"id": "u", "locale": "de"}, Actor(user_id="u", locale="de")),
        ({"id": "", "username": ""}, None),
        (None, None),
        ("u", None),
    ],
)
def test_who_acts(user: Any, actor: Actor | None):
    assert apps.read_actor({"acting_user": user}) == actor


@pytest.mark.parametrize(
    ("automatic", "zone"), [("true", "Europe/Berlin"), (True, "Europe/Berlin"), ("false", "Asia/Tokyo")]
)
def test_the_zone_is_the_one_in_use(automatic: object, zone: str):
    zones = {"useAutomaticTimezone": automatic, "automaticTimezone": "Europe/Berlin", "manualTimezone": "Asia/Tokyo"}
    actor = apps.read_actor({"acting_user": {"id": "u", "timezone": zones}})

    assert actor is not None
    assert actor.zone == zone


# ---- answers out ---------------------------------------------------------------------------------------------------


def call_of(opened: Opened) -> Call:
    return Call(server_id="S1", command="silence", actor=ANA, opened=opened)


def write(reply: Any, opened: Opened = Opened.TYPED) -> dict[str, Any]:
    return as_decoded(apps.write_reply(reply, call_of(opened), REGISTRY, DRAWING))


def test_answers():
    assert write(tell(say("One."), say("Two."))) == {"type": "ok", "text": "One.\nTwo."}
    assert write(Refuse(text=say("No."))) == {"type": "error", "text": "No."}


@pytest.mark.apps(62)
def test_an_open_form_gets_its_errors_at_the_fields_and_always_a_sentence():
    form = REGISTRY.find("silence").form
    wrong = Ask(
        command="silence", form=form, errors={"duration": say("Too short.")}, problem=say("For how long: Too short.")
    )

    assert write(wrong, Opened.FORM) == {
        "type": "error",
        "text": "For how long: Too short.",
        "data": {"errors": {"duration": "Too short."}},
    }
    assert write(wrong)["type"] == "form"


@pytest.mark.apps(63)
def test_lookups_offer_nothing_blank():
    options = [Option(value="12", label="#12"), Option(value=" ", label="blank")]

    assert apps.write_options(options) == {"type": "ok", "data": {"items": [{"label": "#12", "value": "12"}]}}


# ---- posts ---------------------------------------------------------------------------------------------------------


def post(state: str, *, page: bool = False) -> Any:
    drawn = card(state, page=page)
    buttons = apps.draw_buttons(drawn.buttons, sealer=sealer(), reader=READER, app_id="oncall")
    return apps.draw_post(drawn, buttons, reader=READER, app_id="oncall")


@pytest.mark.apps(55)
@pytest.mark.parametrize("state", STATES)
def test_every_node_of_a_post_has_what_clients_want(state: str):
    drawn = post(state)
    for node in nodes(drawn.props.get("app_bindings", [])):
        assert node["app_id"] == "oncall"
        assert node["location"]
        assert " " not in node["location"]
        assert node["label"].strip()
        assert ("bindings" in node) != ("submit" in node)
    for call in calls(drawn.props):
        assert isinstance(call["state"], str)
        assert call["expand"] == {"acting_user": "+summary"}


@pytest.mark.parametrize("state", STATES)
def test_the_client_shows_every_button(state: str):
    shown = rendering.cards(post(state).props, apps=True)

    assert sorted(one.label for found in shown for one in (*found.buttons, *found.selects)) == sorted(
        button.label.english for button in card(state).buttons
    )


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("page", [True, False])
def test_foreign_text_in_a_post_pings_nobody(state: str, page: bool):
    drawn = json.dumps([post(state, page=page).message, post(state, page=page).props], ensure_ascii=False)

    assert not any(mention in drawn for mention in ("@all", "@here", "@channel", "@ben"))


def test_a_press_brings_back_what_the_button_was_for():
    button = post("firing").props["app_bindings"][0]["bindings"][0]
    call = apps.read_button({"state": button["submit"]["state"]}, server_id="S1", actor=ANA, sealer=sealer())

    assert (call.command, call.values, call.opened) == ("ack", {"group": "7"}, Opened.BUTTON)


def test_a_button_with_dots_asks_first():
    more = post("firing").props["app_bindings"][0]["bindings"][3]
    call = apps.read_button({"state": more["submit"]["state"]}, server_id="S1", actor=ANA, sealer=sealer())

    assert more["label"] == "More people…"
    assert call.opened is Opened.ASKING_BUTTON


def test_each_option_of_a_select_acts_for_itself_and_the_last_one_asks():
    silence = post("firing").props["app_bindings"][0]["bindings"][2]
    calls = [
        apps.read_button({"state": option["submit"]["state"]}, server_id="S1", actor=ANA, sealer=sealer())
        for option in silence["bindings"]
    ]

    assert (silence["label"], "submit" in silence) == ("Silence for…", False)
    assert [option["label"] for option in silence["bindings"]][::2] == ["30 minutes", "8 hours", "Another time…"]
    assert calls[0].values == {"group": "7", "duration": "30m"}
    assert [call.opened for call in calls] == [*[Opened.BUTTON] * 4, Opened.ASKING_BUTTON]


@pytest.mark.apps(56)
@pytest.mark.parametrize(
    "state",
    [None, "", "x.y", {"ref": "x"}, sealer("S2").seal("button", {"command": "ack"})],
    ids=["none", "empty", "no seal", "another shape", "another server's"],
)
def test_a_press_we_did_not_make_is_refused(state: object):
    with pytest.raises(BadToken):
        apps.read_button({"state": state}, server_id="S1", actor=ANA, sealer=sealer())


def test_a_button_without_a_command_is_refused():
    with pytest.raises(BadToken):
        apps.read_button({"state": sealer().seal("button", {})}, server_id="S1", actor=ANA, sealer=sealer())
