"""Whatever comes back from clients is read or refused, and no line takes long to read."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.call import Actor, Call
from bot.core.routing import BadMatchers, read_matchers, written
from bot.registry import Command
from bot.surfaces import apps, native
from bot.surfaces.tokens import BadToken
from bot.surfaces.typed import Typed, read_typed
from tests.surfaces.drawing import REGISTRY, sealer

LONGEST_SECONDS = 0.5
LINE = 16_000  # what Mattermost takes
COMMANDS = tuple(REGISTRY.commands)
WORDS = """
12 13-15 all 2h tonight 18:00 @ana ~town critical team=db team=~"a|b" --reason --for --people - -- — — = " ` “ ” \\ #7
true false --private --reason=x -x --x= now until forever
"""
PIECES = st.sampled_from((*WORDS.split(), " ", "\n", "\t", "\0", "\u202e", "@all")) | st.text(max_size=8)
LINES = st.tuples(st.sampled_from(COMMANDS) | st.text(max_size=10), st.lists(PIECES, max_size=15)).map(
    lambda pair: f"{pair[0]} {' '.join(pair[1])}"
)
OF_DIALOGS = (
    "user_id user_name state submission context token selected_option channel_id team_id post_id selected_field"
)
OF_APPS = "acting_user id roles timezone useAutomaticTimezone locale post root_id message channel_member raw_command"
NAMES = [*OF_DIALOGS.split(), *OF_APPS.split(), "values", "label", "value", "query", "acting_user_access_token"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(NAMES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=15,
)
BODIES = st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=8)


def check(command: Command | None, typed: Typed) -> None:
    assert command is None or set(typed.values) <= set(command.form.inputs())
    assert all(isinstance(value, str | bool) for value in typed.values.values())


@settings(max_examples=300, deadline=None)
@given(line=LINES | st.text(max_size=200))
def test_every_line_is_read(line: str):
    typed = read_typed(line, REGISTRY)
    check(REGISTRY.find(typed.command), typed)


@pytest.mark.parametrize("piece", ["-a", "--a", "a-", " -a", "1 ", '" ', '"', "`", "“", "a=", "\\", " ", "1-2,"])
def test_no_line_takes_long(piece: str):
    line = (piece * LINE)[:LINE]
    began = time.process_time()
    for command in COMMANDS:
        for end in ("", "!"):
            read_typed(f"{command} 12 13 {line}{end}", REGISTRY)
    assert time.process_time() - began < LONGEST_SECONDS * len(COMMANDS)


@pytest.mark.parametrize("command", ["ack", "silence", "resolve"])
def test_words_with_thousands_of_dashes_are_read_at_once(command: str):
    began = time.process_time()
    read_typed(f"{command} 12 13 {'--a' * (LINE // 3)}!", REGISTRY)
    assert time.process_time() - began < LONGEST_SECONDS


@settings(max_examples=300, deadline=None)
@given(text=st.lists(PIECES | st.sampled_from(["a=b", 'a="', "=~", "!~", "{", "}", ","]), max_size=12).map("".join))
def test_conditions_are_read_or_refused_and_read_the_same_when_written(text: str):
    try:
        matchers = read_matchers(text)
    except BadMatchers as bad:
        assert bad.text.english
    else:
        assert read_matchers(written(matchers)) == matchers


@pytest.mark.parametrize("piece", ["a=b,", 'a="', "a=~", "{", '"', "\\", 'a="\\', " ", "a "])
def test_no_conditions_take_long_to_read(piece: str):
    began = time.process_time()
    try:
        read_matchers((piece * LINE)[:LINE])
    except BadMatchers as bad:
        assert len(bad.text.english) < 500
    assert time.process_time() - began < LONGEST_SECONDS


@settings(max_examples=300, deadline=None)
@given(body=BODIES, signed=st.booleans())
def test_any_body_of_a_dialog_or_a_button_is_read_or_refused(body: dict[str, Any], signed: bool):
    seals = sealer()
    if signed:
        user_id = str(body.get("user_id") or "")
        body = {**body, "state": seals.seal("form", {"command": "ack"}, user_id=user_id)}
    for read in (native.read_dialog, native.read_action):
        try:
            call = read(body, server_id="S1", sealer=seals)
        except BadToken:
            continue
        assert signed and read is native.read_dialog
        check_call(call)
    field, query = native.read_lookup(body)
    assert isinstance(field, str) and isinstance(query, str)


@settings(max_examples=300, deadline=None)
@given(body=BODIES, room=st.sampled_from(["command", "menu", "form", "source"]), signed=st.booleans())
def test_any_call_of_the_apps_plugin_is_read_or_refused(body: dict[str, Any], room: str, signed: bool):
    seals, context = sealer(), body.get("context")
    actor = apps.read_actor(context if isinstance(context, dict) else {})
    assert actor is None or all(isinstance(text, str) for text in (actor.user_id, actor.username, actor.zone))
    if signed:
        body = {**body, "state": seals.seal("form", {"command": "ack"}, user_id="ana")}
    who = Actor(user_id="ana")
    try:
        call = apps.read_call(body, server_id="S1", room=room, name="ack", actor=who, sealer=seals, registry=REGISTRY)
    except BadToken:
        assert room in ("form", "source")
    else:
        check_call(call)


def check_call(call: Call) -> None:
    texts = (call.command, call.channel_id, call.team_id, call.post_id, call.root_id, call.quoted, call.leftover)
    assert all(isinstance(text, str) for text in texts)
    assert all(value is None or isinstance(value, str | bool | tuple) for value in call.values.values())
    assert json.dumps(dict(call.memory))
