"""The native surface: dialogs, buttons and posts that a strict server of every version takes without a word."""

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.call import Ask, Opened, Refuse, tell
from bot.core.replacing import replace
from bot.core.text import say
from bot.registry import Command
from bot.simulator.client import rendering
from bot.simulator.native import attachments, dialog_checks
from bot.simulator.profiles import VERSIONS, profile_of
from bot.surfaces import native, native_dialogs
from bot.surfaces.capabilities import capabilities
from bot.surfaces.tokens import BadToken
from forms.base import Form, Kind, Option, Text, Toggle
from tests.clock import HeldClock
from tests.surfaces.drawing import NOW, READER, REGISTRY, STATES, card, sealer

DIALOG_URL = "https://bot.example.com/native/S1/dialog"
ACTION_URL = "https://bot.example.com/native/S1/action"
LOOKUP_URL = "https://bot.example.com/native/S1/lookup"
ANA, BEN, ALERTS = "a" * 26, "b" * 26, "c" * 26
COMMANDS = [command for command in REGISTRY if command.has_input]


def drawing(version: str = "9.0") -> native_dialogs.Drawing:
    return native_dialogs.Drawing(
        sealer=sealer(),
        reader=READER,
        capabilities=capabilities(version),
        dialog_url=DIALOG_URL,
        action_url=ACTION_URL,
        lookup_url=LOOKUP_URL,
        user_id="ana",
        ids={"@ana": ANA, "@ben": BEN, "~alerts": ALERTS},
    )


def elements(ask: Ask, version: str = "9.0") -> dict[str, dict[str, Any]]:
    return {element["name"]: element for element in native_dialogs.draw_dialog(ask, drawing(version))["elements"]}


def ask(name: str, **more: Any) -> Ask:
    command = REGISTRY.find(name)
    assert command is not None
    return Ask(command=name, form=command.form, **more)


# ---- dialogs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
@pytest.mark.parametrize("filled", [True, False])
def test_every_dialog_is_within_the_limits_of_every_version(command: Command, version: str, filled: bool):
    inputs = command.form.inputs()
    looked_up = (name for name, field in inputs.items() if field.kind in (Kind.LOOKUP, Kind.LOOKUPS))
    options = {name: (Option(value="12", label="#12"),) for name in looked_up}
    values = {name: field.options[0].value if field.options else "12" for name, field in inputs.items()}
    asked = ask(command.name, values=values, options=options) if filled else ask(command.name)
    dialog = native_dialogs.draw_dialog(asked, drawing(version))

    assert dialog_checks.problems(dialog, profile_of(version)) == []
    assert [element["name"] for element in dialog["elements"]] == list(command.form.shown(asked.values))
    kept = dialog_checks.kept(json.loads(json.dumps(dialog)), profile_of(version))
    for sent, arrived in zip(dialog["elements"], kept["elements"], strict=True):
        assert {key: arrived[key] for key in sent} == sent, "this version does not know all of it"
    assert len(dialog["state"]) < 3000


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("command", [one for one in COMMANDS if one.form.deciding()], ids=lambda command: command.name)
def test_every_shape_of_a_form_that_changes_is_within_the_limits(command: Command, version: str):
    choices = [
        (name, option.value) for name in command.form.deciding() for option in command.form.inputs()[name].options
    ]
    known = replace(drawing(version), refresh_url=f"{DIALOG_URL}/refresh")
    shapes = set()
    for name, value in choices:
        dialog = native_dialogs.draw_dialog(ask(command.name, values={name: value}), known)
        shapes.add(tuple(element["name"] for element in dialog["elements"]))
        refreshing = [element["name"] for element in dialog["elements"] if element.get("refresh")]

        assert dialog_checks.problems(dialog, profile_of(version)) == []
        assert (dialog.get("source_url"), bool(refreshing)) in (
            [(known.refresh_url, True)] if profile_of(version).refresh else [(None, False)]
        )
    assert len(shapes) > 1


def test_a_dialog_is_filled_with_what_is_known():
    known = ask(
        "silence",
        values={"group": "12", "duration": "2x"},
        options={"group": (Option(value="12", label="#12 Disk full (firing)"),)},
        problem=say("For how long: no."),
    )
    drawn = elements(known)

    assert drawn["group"]["type"] == "select"
    assert drawn["group"]["default"] == "12"
    assert drawn["duration"]["default"] == "2x"
    assert "default" not in drawn["reason"]
    assert [element["optional"] for element in drawn.values()] == [True, False, True]
    assert native_dialogs.draw_dialog(known, drawing())["introduction_text"].endswith("\n\nFor how long: no.")


@pytest.mark.parametrize("version", ["9.5", "12.0"])
def test_several_alert_groups_are_chosen_where_the_server_can_and_one_where_not(version: str):
    options = tuple(Option(value=str(number), label=f"#{number}") for number in (12, 13))
    drawn = elements(ask("ack", options={"group": options}), version)["group"]

    assert drawn["type"] == "select"
    assert drawn.get("multiselect", False) is profile_of(version).multiselect


@pytest.mark.parametrize(("version", "shape"), [("9.5", ("text", "12 13")), ("12.0", ("select", "12,13"))])
def test_several_that_are_named_already_stay_named(version: str, shape: tuple[str, str]):
    options = tuple(Option(value=str(number), label=f"#{number}") for number in (12, 13, 14))
    drawn = elements(ask("silence", values={"group": "12 13"}, options={"group": options}), version)["group"]

    assert (drawn["type"], drawn["default"]) == shape


def test_a_default_that_is_no_option_is_left_out():
    known = ask("silence", values={"group": "99"}, options={"group": (Option(value="12", label="#12"),)})

    assert "default" not in elements(known)["group"]


def test_a_list_that_is_empty_or_too_long_is_typed():
    many = tuple(Option(value=str(number), label=f"#{number}") for number in range(101))

    assert elements(ask("ack"))["group"]["type"] == "text"
    assert elements(ask("ack", options={"group": many}))["group"]["type"] == "text"


@pytest.mark.parametrize("people", ["@ana, @ben", ("@ana", "@ben")])
def test_several_people_are_chosen_where_the_server_can_and_typed_where_not(people: Any):
    known = ask("responders", values={"people": people})

    assert elements(known, "11.0")["people"]["multiselect"] is True
    assert elements(known, "11.0")["people"]["default"] == f"{ANA},{BEN}"
    assert elements(known, "10.11")["people"]["type"] == "text"
    assert elements(known, "10.11")["people"]["default"].replace(",", "") == "@ana @ben"


def test_a_typed_channel_is_meant_by_its_id_and_an_unknown_one_chosen_again():
    assert elements(ask("configure", values={"channel": "~alerts"}))["channel"]["default"] == ALERTS
    assert elements(ask("configure", values={"channel": ALERTS}))["channel"]["default"] == ALERTS
    assert "default" not in elements(ask("configure", values={"channel": "nowhere"}))["channel"]


CUT = tuple(Option(value=str(number), label=f"#{number}") for number in range(50))


@pytest.mark.parametrize(
    ("version", "values", "source"),
    [("11.0", {}, "dynamic"), ("12.0", {}, "dynamic"), ("10.11", {}, None), ("12.0", {"group": "7"}, None)],
)
def test_a_list_that_was_cut_is_looked_up_where_the_server_can_unless_something_is_chosen(
    version: str, values: dict[str, str], source: str | None
):
    drawn = elements(ask("ack", values=values, options={"group": CUT}), version)["group"]

    assert drawn["type"] == "select"
    assert drawn.get("data_source") == source
    assert ("options" in drawn) is (source is None)
    assert drawn.get("default") == values.get("group")


@pytest.mark.parametrize(
    ("url", "looked_up"),
    [
        ("https://bot.example.com/lookup", True),
        ("http://localhost:8080/lookup", True),
        ("http://127.0.0.1:8080/lookup", True),
        ("http://bot.example.com/lookup", False),
        ("http://localhost.example.com/lookup", False),
    ],
)
def test_a_list_is_looked_up_only_at_an_address_that_the_web_client_asks(url: str, looked_up: bool):
    asked = ask("ack", options={"group": CUT})
    dialog = native_dialogs.draw_dialog(asked, replace(drawing("11.0"), lookup_url=url))

    assert ("data_source" in dialog["elements"][0]) is looked_up


@pytest.mark.parametrize("sign", ["x", "é", "🔥"])
def test_what_was_typed_too_long_is_cut_to_the_bytes_that_mattermost_takes(sign: str):
    known = ask("silence", values={"duration": sign * 4000, "reason": sign * 4000})

    for version in VERSIONS:
        dialog = native_dialogs.draw_dialog(known, drawing(version))
        assert dialog_checks.problems(dialog, profile_of(version)) == []


class Switches(Form):
    title = "Switches"

    on = Toggle("On", default=True)
    off = Toggle("Off")
    text = Text("Text", default="x")


@pytest.mark.parametrize(("value", "default"), [(None, "true"), (True, "true"), (False, "false"), ("", "true")])
def test_a_switch_shows_its_default(value: Any, default: str):
    drawn = elements(Ask(command="help", form=Switches, values={"on": value}))

    assert drawn["on"]["default"] == default
    assert "default" not in drawn["off"]
    assert drawn["text"]["default"] == "x"


# ---- calls in ------------------------------------------------------------------------------------------------------


def test_a_slash_command_is_read_with_everything_it_says():
    form = {
        "text": ["silence 12 2h --reason deploy"],
        "user_id": ["u1"],
        "user_name": ["ana"],
        "channel_id": ["c1"],
        "team_id": ["t1"],
        "root_id": ["r1"],
        "user_mentions": ["ben", "cho"],
        "user_mentions_ids": ["u2", "u3"],
    }
    call = native.read_command(form, server_id="S1", registry=REGISTRY)

    assert (call.command, call.opened) == ("silence", Opened.TYPED)
    assert call.values == {"group": "12", "duration": "2h", "reason": "deploy"}
    assert (call.actor.user_id, call.actor.username, call.actor.admin) == ("u1", "ana", None)
    assert (call.channel_id, call.team_id, call.root_id) == ("c1", "t1", "r1")
    assert call.mentions == {"ben": "u2", "cho": "u3"}


def test_a_command_without_anything_asks_for_help():
    assert native.read_command({}, server_id="S1", registry=REGISTRY).command == "help"


def submission(**more: Any) -> dict[str, Any]:
    state = native_dialogs.draw_dialog(ask("silence", memory={"group": "12"}), drawing())["state"]
    return {"state": state, "user_id": "ana", "callback_id": "resolve", **more}


@pytest.mark.parametrize("nothing", [{}, {"submission": None}, {"submission": {}}, {"submission": []}])
def test_a_dialog_is_about_the_command_in_its_state_never_the_callback(nothing: dict[str, Any]):
    call = native.read_dialog(submission(**nothing), server_id="S1", sealer=sealer())

    assert (call.command, call.opened, call.memory) == ("silence", Opened.FORM, {"group": "12"})
    assert call.values == {}


def test_numbers_and_switches_of_a_dialog_may_be_of_their_own_type():
    body = submission(submission={"wait_minutes": 5, "on": True, "people": ["u1", "u2"], "empty": None})

    assert native.read_dialog(body, server_id="S1", sealer=sealer()).values == {
        "wait_minutes": "5",
        "on": True,
        "people": ("u1", "u2"),
        "empty": None,
    }


def test_a_dialog_of_somebody_else_or_from_yesterday_is_refused():
    late = HeldClock()
    late.now = NOW + timedelta(hours=1, seconds=1)
    for body, mine in [
        (submission(user_id="ben"), sealer()),
        (submission(user_id=""), sealer()),
        (submission(user_id=None), sealer()),
        (submission(), sealer("S2")),
        (submission(), sealer(clock=late)),
        ({"user_id": "ana"}, sealer()),
        ({"user_id": "ana", "state": {"command": "silence"}}, sealer()),
        ({"user_id": "ana", "state": sealer().seal("button", {"command": "ack"})}, sealer()),
        ({"user_id": "ana", "state": sealer().seal("form", {})}, sealer()),
    ]:
        with pytest.raises(BadToken):
            native.read_dialog(body, server_id="S1", sealer=mine)


@pytest.mark.parametrize("context", [None, {}, "text", [], {"token": None}, {"token": "x.y"}, {"token": {"a": 1}}])
def test_a_press_we_did_not_make_is_refused(context: Any):
    with pytest.raises(BadToken):
        native.read_action({"user_id": "ana", "context": context}, server_id="S1", sealer=sealer())


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"submission": {"selected_field": "group", "query": "db"}}, ("group", "db")),
        ({"submission": {"selected_field": "group"}}, ("group", "")),
        ({"submission": None}, ("", "")),
        ({"submission": "x"}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_lookups_may_leave_out_anything(body: dict[str, Any], found: tuple[str, str]):
    assert native.read_lookup(body) == found


# ---- answers out ---------------------------------------------------------------------------------------------------


def test_answers_to_a_command_and_a_button_are_private_and_never_rewritten():
    assert native.say_privately("Done.") == {
        "response_type": "ephemeral",
        "text": "Done.",
        "skip_slack_parsing": True,
    }
    assert native.say_at_button("Done.") == {"ephemeral_text": "Done.", "skip_slack_parsing": True}
    assert native.say_privately("") == native.say_at_button("") == {}


def test_a_dialog_closes_or_says_why_not():
    assert native.write_dialog_answer(tell(say("Done.")), READER) == {}
    assert native.write_dialog_answer(Refuse(text=say("No.")), READER) == {"error": "No."}
    wrong = ask("silence", errors={"duration": say("Too short.")}, problem=say("For how long: Too short."))
    assert native.write_dialog_answer(wrong, READER) == {"errors": {"duration": "Too short."}}


def test_errors_for_unknown_names_move_to_the_general_error():
    both = ask("silence", errors={"duration": say("Too short."), "_schema": say("That does not fit.")})
    assert native.write_dialog_answer(both, READER) == {
        "errors": {"duration": "Too short."},
        "error": "That does not fit.",
    }
    only = ask("silence", errors={"gone": say("That does not fit.")})
    assert native.write_dialog_answer(only, READER) == {"error": "That does not fit."}


# ---- posts ---------------------------------------------------------------------------------------------------------


def post(state: str, *, page: bool = False) -> Any:
    drawn = card(state, page=page)
    buttons = native.draw_buttons(drawn.buttons, sealer=sealer(), reader=READER, action_url=ACTION_URL)
    return native.draw_post(drawn, buttons, reader=READER)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("page", [True, False])
def test_the_oldest_server_takes_the_attachment(state: str, page: bool):
    drawn = post(state, page=page)

    assert attachments.problems(drawn.props, action_id_pattern=profile_of("9.0").action_id_pattern) == []
    assert set(drawn.props) == {"attachments"}
    shown = rendering.cards(drawn.props, apps=False)
    assert sorted(one.label for found in shown for one in (*found.buttons, *found.selects)) == sorted(
        button.label.english for button in card(state).buttons
    )


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("page", [True, False])
def test_foreign_text_and_later_turns_ping_nobody(state: str, page: bool):
    drawn = json.dumps([post(state, page=page).message, post(state, page=page).props], ensure_ascii=False)

    assert not any(mention in drawn for mention in ("@all", "@here", "@channel", "@ben"))


def test_a_press_brings_back_what_the_button_was_for():
    actions = post("firing").props["attachments"][0]["actions"]
    pressed = {"user_id": "u1", "user_name": "ana", "channel_id": "c1", "post_id": "p1"}
    call = native.read_action(
        {**pressed, "context": actions[0]["integration"]["context"]}, server_id="S1", sealer=sealer()
    )
    asking = native.read_action(
        {**pressed, "context": actions[3]["integration"]["context"]}, server_id="S1", sealer=sealer()
    )

    assert (call.command, call.values, call.opened) == ("ack", {"group": "7"}, Opened.BUTTON)
    assert (call.actor.user_id, call.channel_id, call.post_id) == ("u1", "c1", "p1")
    assert (asking.command, asking.opened) == ("responders", Opened.ASKING_BUTTON)


@pytest.mark.parametrize(
    ("chosen", "values", "opened"),
    [
        ("30m", {"group": "7", "duration": "30m"}, Opened.BUTTON),
        ("until tomorrow 9:00", {"group": "7", "duration": "until tomorrow 9:00"}, Opened.BUTTON),
        ("made up by a browser", {"group": "7", "duration": "made up by a browser"}, Opened.BUTTON),
        ("other", {"group": "7"}, Opened.ASKING_BUTTON),
        ("", {"group": "7"}, Opened.ASKING_BUTTON),
        (None, {"group": "7"}, Opened.ASKING_BUTTON),
    ],
)
def test_what_is_chosen_on_a_post_is_read_like_what_is_typed(chosen: Any, values: dict[str, str], opened: Opened):
    select = post("firing").props["attachments"][0]["actions"][2]
    context = {**select["integration"]["context"], "selected_option": chosen}
    call = native.read_action({"user_id": "u1", "context": context}, server_id="S1", sealer=sealer())

    assert (select["type"], select["id"], select["name"]) == ("select", "silence2", "Silence for…")
    assert [option["value"] for option in select["options"]] == ["30m", "2h", "8h", "until tomorrow 9:00", "other"]
    assert (call.command, call.values, call.opened) == ("silence", values, opened)


def test_the_button_that_goes_on_is_for_one_person():
    shown = native_dialogs.draw_next_button(ask("silence", introduction=say("And for how long?")), drawing())
    assert attachments.problems(shown.props, action_id_pattern="[A-Za-z0-9]+") == []
    context = shown.props["attachments"][0]["actions"][0]["integration"]["context"]

    assert (
        native.read_action({"user_id": "ana", "context": context}, server_id="S1", sealer=sealer()).command == "silence"
    )
    with pytest.raises(BadToken):
        native.read_action({"user_id": "ben", "context": context}, server_id="S1", sealer=sealer())
