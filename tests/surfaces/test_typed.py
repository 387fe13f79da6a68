"""Typed lines natively: by the rules of the Apps web client where both can read them, and kinder where it cannot."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.people import Role
from bot.registry import load
from bot.simulator.client import bindings as client
from bot.simulator.client.parser import ParseError, parse
from bot.surfaces import apps
from bot.surfaces.typed import Typed, read_typed
from bot.surfaces.values import read_values

REGISTRY = load()


class Town:
    """Knows everybody by name and gives the name back as the id."""

    def user(self, name: str) -> dict[str, str]:
        return {"label": name, "value": name}

    channel = user_by_id = channel_by_id = user


def in_apps(text: str) -> dict[str, Any]:
    tree = [dict(top, app_id="oncall") for top in apps.bindings(REGISTRY, role=Role.ADMIN, installed=True)["data"]]
    return read_values(parse(f"/oncall {text}", client.clean(tree)["/command"], Town()).values)


def natively(text: str) -> Typed:
    return read_typed(text, REGISTRY)


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """A name with or without its sign is the same name."""
    return {name: value.lstrip("@~") if isinstance(value, str) else value for name, value in values.items()}


@pytest.mark.parametrize(
    "text",
    [
        "list",
        "ack",
        "ack 12",
        "ACK 12",
        "ack   12  ",
        "ack --group 12",
        "ack --group=12",
        "ack --group = 12",
        "ack --group= 12",
        "ack -group 12",
        "ack —group 12",
        "ack --GROUP 12",
        'ack "12"',
        "ack `12`",
        "ack #12",
        "take 12",
        "silence 12 2h",
        "silence 12 until tomorrow 9:00",
        "silence --reason deploy 12 2h",
        'silence --reason "a long deploy" 12 2h',
        "silence --reason `a long deploy` 12 2h",
        "silence 12 --reason deploy 2h",
        "silence 12 --reason",
        "note 12 Disk of db-3 was full",
        'note 12 Disk of "db-3"',
        "note 12 it -- was\nfull",
        "assign 12 @ben",
        "assign 12 --person ben",
        "configure channel town-square",
        "configure channel ~town-square",
        "configure policy --who-may-act linked --timeline quiet",
        "configure buttons --note false",
        "responders 12 @ben @cho",
        "integration add Prod @ana @ben",
        'integration add "Production cluster" @ana',
        "integration add --wait-minutes 10 --kind alertmanager Prod",
        "integration list",
        "help silence",
        "help integration add",
    ],
)
def test_both_surfaces_read_the_same(text: str):
    typed = natively(text)

    assert typed.leftover == ""
    assert plain(typed.values) == plain(in_apps(text))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        # Behind the rest of a line, the web client gives flags to the rest.
        ("silence 12 2h --reason deploy", {"group": "12", "duration": "2h", "reason": "deploy"}),
        ("silence 12 until 18:00 —reason=deploy", {"group": "12", "duration": "until 18:00", "reason": "deploy"}),
        # A flag takes its place: the web client would give the next word to the same field.
        ("silence --group 12 2h", {"group": "12", "duration": "2h"}),
        # What cannot be a number is for the next field; the thread may say which alert group is meant.
        ("silence 2h", {"duration": "2h"}),
        ("silence until 18:00", {"duration": "until 18:00"}),
        ("note Disk was full", {"text": "Disk was full"}),
        ("responders @ben @cho", {"people": "@ben @cho"}),
        ("ack db-3", {"where": "db-3"}),
        # Several alert groups are as many words as can be meant so.
        ("ack 12 13 15", {"group": "12 13 15"}),
        ("ack #12, #13", {"group": "#12, #13"}),
        ("ack 12 - 15", {"group": "12 - 15"}),
        ("resolve all firing", {"group": "all firing"}),
        ("resolve 12 13 severity=warning team=db", {"group": "12 13", "where": "severity=warning team=db"}),
        ("ack severity=warning", {"where": "severity=warning"}),
        ("ack 12 13 --where a=b", {"group": "12 13", "where": "a=b"}),
        ("ack 12 now", {"group": "12", "where": "now"}),
        ("ack 12 --loud", {"group": "12", "where": "--loud"}),
        ('ack "12 13" 15', {"group": "12 13 15"}),
        ('ack --where a=b "" 12', {"group": " 12", "where": "a=b"}),
        ("silence 12 13 2h", {"group": "12 13", "duration": "2h"}),
        ("silence 12-15 until 18:00", {"group": "12-15", "duration": "until 18:00"}),
        ("silence all firing 2h --where a=b", {"group": "all firing", "duration": "2h", "where": "a=b"}),
        # A number that the span needs is part of it.
        ("silence 12 13", {"group": "12", "duration": "13"}),
        ("silence 12, 13", {"group": "12, 13"}),
        ("silence #12 #13", {"group": "#12 #13"}),
        ("silence all 30", {"group": "all", "duration": "30"}),
        ("silence 12 13 2 hours", {"group": "12 13", "duration": "2 hours"}),
        ("silence 12 1 h 30 m --reason x", {"group": "12", "duration": "1 h 30 m", "reason": "x"}),
        ("silence 12 13 --duration 2h", {"group": "12 13", "duration": "2h"}),
        ("silence 12 13 --reason x", {"group": "12", "duration": "13", "reason": "x"}),
        # Dashes that are no flag of the command are words.
        ("note 12 --force was wrong", {"group": "12", "text": "--force was wrong"}),
        ("note 12 -5 degrees", {"group": "12", "text": "-5 degrees"}),
        ("note 12 --text:x", {"group": "12", "text": "--text:x"}),
        ('note 12 "all of it"', {"group": "12", "text": "all of it"}),
        ("silence 12 2h --reason “known issue”", {"group": "12", "duration": "2h", "reason": "known issue"}),
        ('note 12 "open', {"group": "12", "text": '"open'}),
    ],
)
def test_kinder_than_the_web_client(text: str, values: dict[str, str]):
    typed = natively(text)

    assert (typed.values, typed.leftover) == (values, "")


START = "maintenance start Web"
PLAN = "maintenance plan Web"
BEAT = "integration heartbeat Web"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (f"{START} 2 hours", {"duration": "2 hours"}),
        (f"{START} 2 hours Deploy of 3 hosts", {"duration": "2 hours", "reason": "Deploy of 3 hosts"}),
        (f"{START} 2h Deploy", {"duration": "2h", "reason": "Deploy"}),
        (f"{START} 1h 30m Deploy", {"duration": "1h 30m", "reason": "Deploy"}),
        (f"{START} 1 hour and 30 minutes Deploy", {"duration": "1 hour and 30 minutes", "reason": "Deploy"}),
        (f"{START} until 18:00", {"duration": "until 18:00"}),
        (f"{START} until Monday at 6 pm Deploy", {"duration": "until Monday at 6 pm", "reason": "Deploy"}),
        (f"{START} until 6 p.m. Deploy", {"duration": "until 6 p.m.", "reason": "Deploy"}),
        (f"{START} until working hours --labels a=b", {"duration": "until working hours", "labels": "a=b"}),
        (f'{START} "until 18:00" "2h" Deploy', {"duration": "until 18:00", "reason": '"2h" Deploy'}),
        (f"{START} --duration 2 hours Deploy", {"duration": "2 hours", "reason": "Deploy"}),
        (f"{START} --duration=until 18:00 --reason x", {"duration": "until 18:00", "reason": "x"}),
        ("maintenance start --duration 2h Web Deploy", {"duration": "2h", "reason": "Deploy"}),
        # A number alone is minutes; before another word it may be meant otherwise, and is asked about.
        (f"{START} 30", {"duration": "30"}),
        (f"{START} 30 --labels a=b", {"duration": "30", "labels": "a=b"}),
        (f'{START} "30" Deploy', {"duration": "30", "reason": "Deploy"}),
        (f"{START} 2 Stunden Umzug", {"duration": "2 Stunden", "reason": "Umzug"}),
        (f"{START} 60 days Deploy", {"duration": "60 days", "reason": "Deploy"}),
        (f"{START} for 60 days", {"duration": "for 60 days"}),
        (f"{START} Deploy now", {"duration": "Deploy", "reason": "now"}),
        # Two times, one after the other.
        (
            f"{PLAN} tomorrow 9:00 2 hours Deploy",
            {"begins": "tomorrow 9:00", "duration": "2 hours", "reason": "Deploy"},
        ),
        (f"{PLAN} tomorrow 2 hours", {"begins": "tomorrow", "duration": "2 hours"}),
        (f"{PLAN} 2026-12-01 18:00 1 day", {"begins": "2026-12-01 18:00", "duration": "1 day"}),
        (f"{PLAN} in 2h 30m", {"begins": "in 2h", "duration": "30m"}),
        (f"{PLAN} in 2h 30m --duration 1h", {"begins": "in 2h 30m", "duration": "1h"}),
        (f'{PLAN} "Sunday 2:00" 2h Backup', {"begins": "Sunday 2:00", "duration": "2h", "reason": "Backup"}),
        (f"{PLAN} tomorrow 9:00", {"begins": "tomorrow 9:00"}),
        (f"{BEAT} 10 minutes", {"every": "10 minutes"}),
        (f"{BEAT} 10 minutes 1 minute", {"every": "10 minutes", "grace": "1 minute"}),
        (f"{BEAT} 1h 5m", {"every": "1h", "grace": "5m"}),
        (f"{BEAT} 1h 30m 5m", {"every": "1h 30m", "grace": "5m"}),
    ],
)
def test_a_time_is_as_many_words_as_it_needs(text: str, values: dict[str, str]):
    typed = natively(text)
    of = {name: value for name, value in typed.values.items() if name not in ("what", "name")}

    assert (of, typed.leftover) == (values, "")
    assert "Web" in typed.values.values()
    in_apps(text)  # the web client sends it as it understands it; it is read again


NAMED = ["1", "#2", "3-5", "9-6", "7,8,", "#10,", ",", "-", "and", "all", "firing", "0", "9" * 30, '"11 12"', '""']
OTHER = ["2h", "30", "2 hours", "until 18:00", "a=b", "x", '"', "#", "--", "1-"]


@given(
    st.sampled_from(["ack", "resolve", "silence", "unsilence"]), st.lists(st.sampled_from(NAMED + OTHER), max_size=9)
)
def test_no_word_of_many_is_lost_and_none_is_taken_twice(verb: str, words: list[str]):
    line = " ".join(words)
    typed = natively(f"{verb} {line}")

    assert typed.command == verb
    kept = " ".join([*map(str, typed.values.values()), typed.leftover])
    assert sorted(re.findall(r"[\w#=:-]+", kept)) == sorted(re.findall(r"[\w#=:-]+", line))


@given(
    st.sampled_from([START, PLAN, BEAT, "heartbeat pause Web"]),
    st.lists(st.sampled_from([*OTHER, "2", "hours", "tomorrow", "9:00", "Deploy"]), max_size=9),
)
def test_no_word_of_a_time_is_lost_and_none_is_taken_twice(command: str, words: list[str]):
    line = " ".join(words)
    typed = natively(f"{command} {line}")

    kept = " ".join([*map(str, typed.values.values()), typed.leftover])
    assert sorted(re.findall(r"[\w#=:-]+", kept)) == sorted(re.findall(r"[\w#=:-]+", f"Web {line}"))


def test_a_line_as_long_as_can_be_sent_is_read_at_once():
    assert natively(f"{START} " + "1h " * 5000).values["duration"] == "1h " * 9 + "1h"
    assert natively("ack " + "1 " * 8000).values == {"group": " ".join(["1"] * 8000)}
    assert natively("silence " + "1-2," * 4000 + " 2h").values["duration"] == "2h"


@pytest.mark.parametrize(
    ("text", "command", "values"),
    [
        ("", "help", {}),
        ("   ", "help", {}),
        ("integration", "help", {"command": "integration"}),
        ("Integration bogus", "help", {"command": "integration"}),
        ("bogus 12", "bogus", {}),
        ("acknowledge 12", "ack", {"group": "12"}),
        ("INTEGRATION  ADD Prod", "integration add", {"name": "Prod"}),
    ],
)
def test_which_command_is_meant(text: str, command: str, values: dict[str, str]):
    typed = natively(text)

    assert (typed.command, typed.values) == (command, values)


@pytest.mark.parametrize(
    ("text", "leftover"), [("reopen 12 now", "now"), ("who all", "all"), ("reopen 12 --loud", "--loud")]
)
def test_what_no_field_takes_is_left_over_and_an_error_in_apps(text: str, leftover: str):
    assert natively(text).leftover == leftover
    with pytest.raises(ParseError):
        in_apps(text)
