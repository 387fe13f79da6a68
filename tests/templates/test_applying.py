"""What templates make of payloads: nothing is lost, whatever they answer."""

import asyncio
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.alert_group import Alert, Link
from bot.core.replacing import replace
from bot.core.templates import Part
from bot.integrations.payload import Act, Bundle, Payload, Verb
from bot.templates.applying import Outcome, applied, question


def alert(name: str, *, firing: bool = True, severity: str = "") -> Alert:
    return Alert(fingerprint=name, firing=firing, title=f"{name} is ill", severity=severity, labels={"host": name})


def bundle(key: str, *alerts: Alert, **more: Any) -> Bundle:
    return Bundle(key=key, title=f"Group {key}", alerts=alerts, **more)


A, B, C = alert("a"), alert("b", severity="critical"), alert("c", firing=False)


async def made(payload: Payload, *rendered: list[dict[str, str]], acts: Any = (), problems: Any = None) -> Outcome:
    return await applied(payload, {"bundles": list(rendered), "acts": list(acts), "problems": problems or {}})


async def test_without_results_everything_stays_as_it_was_read():
    payload = Payload(bundles=(bundle("x", A, B), bundle("y", C)), acts=(Act(key="x", verb=Verb.NOTE, text="hm"),))
    assert (await made(payload, [{}, {}], [{}])).payload == payload


async def test_a_group_takes_what_its_speaker_says():
    outcome = await made(
        Payload(bundles=(bundle("x", A, B, labels={"team": "sre"}),)),
        [{"title": " Two\nof them ", "summary": "line\nline", "severity": "Warning"}, {}],
    )
    (one,) = outcome.payload.bundles
    assert (one.title, one.summary, one.severity) == ("Two of them", "line\nline", "warning")
    assert one.alerts == (A, B) and one.labels == {"team": "sre"}


async def test_a_single_alert_is_called_as_its_group():
    outcome = await made(Payload(bundles=(bundle("x", A),)), [{"title": "New", "severity": "info"}])
    (one,) = outcome.payload.bundles
    assert one.alerts == (replace(A, title="New", severity="info"),)


async def test_keys_take_bundles_apart_and_put_others_together():
    outcome = await made(
        Payload(bundles=(bundle("x", A, B), bundle("y", C))), [{"key": "one"}, {"key": "two"}], [{"key": "one"}]
    )
    one, two = outcome.payload.bundles
    assert (one.key, one.alerts, one.title) == ("one", (A, C), "a is ill")
    assert (two.key, two.alerts, two.title, two.severity) == ("two", (B,), "b is ill", "critical")


async def test_a_bundle_that_only_gets_another_key_keeps_its_words():
    outcome = await made(Payload(bundles=(bundle("x", A, B, summary="As read"),)), [{"key": "k"}, {"key": "k"}])
    assert outcome.payload.bundles == (replace(bundle("x", A, B, summary="As read"), key="k"),)


async def test_long_keys_stay_different():
    outcome = await made(
        Payload(bundles=(bundle("x", A, B),)), [{"key": "k" * 5_000 + "1"}, {"key": "k" * 5_000 + "2"}]
    )
    first, second = outcome.payload.bundles
    assert first.key != second.key and len(first.key) <= 1_000


async def test_the_resolve_template_decides_alone():
    outcome = await made(Payload(bundles=(bundle("x", A, C),)), [{"resolve": "yes"}, {"resolve": "no"}])
    assert [one.firing for one in outcome.payload.bundles[0].alerts] == [False, True]


async def test_the_acknowledge_template_acts_once_for_a_group_that_fires():
    outcome = await made(
        Payload(bundles=(bundle("x", A, B), bundle("y", C))),
        [{"acknowledge": "yes"}, {"acknowledge": "yes"}],
        [{"acknowledge": "yes"}],
    )
    assert outcome.payload.acts == (Act(key="x", verb=Verb.ACKNOWLEDGE),)


async def test_acts_of_the_sender_follow_their_group():
    acts = (Act(key="old", verb=Verb.ACKNOWLEDGE, by="Ana"), Act(key="kept", verb=Verb.NOTE))
    outcome = await made(Payload(bundles=(), acts=acts), acts=[{"key": "new"}, {"key": ""}])
    assert [act.key for act in outcome.payload.acts] == ["new", "kept"] and outcome.payload.acts[0].by == "Ana"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x", "https://x y", "https://`x`", "no address"])
async def test_what_is_no_web_address_is_told_and_the_read_link_stays(url: str):
    links = (Link(label="Runbook", url="https://wiki.example.com"),)
    outcome = await made(Payload(bundles=(bundle("x", A, links=links),)), [{"runbook": url}])
    assert outcome.payload.bundles[0].links == links
    assert outcome.problems[Part.RUNBOOK].kind == "link"


async def test_a_link_takes_the_place_of_the_one_that_was_read():
    links = (Link(label="Panel", url="https://p.example.com"), Link(label="Source", url="https://old.example.com"))
    outcome = await made(Payload(bundles=(bundle("x", A, links=links),)), [{"source": "https://new.example.com"}])
    assert outcome.payload.bundles[0].links == (Link(label="Source", url="https://new.example.com"), links[0])


TEXT = st.text(max_size=30)
RENDERED = st.fixed_dictionaries({}, optional={part.value: TEXT for part in Part})


@settings(deadline=None)
@given(st.lists(st.lists(st.tuples(TEXT, st.booleans(), RENDERED), min_size=1, max_size=4), max_size=4))
def test_every_alert_is_in_the_outcome_once(rows: list[list[tuple[str, bool, dict[str, str]]]]):
    payload = Payload(
        bundles=tuple(
            bundle(f"k{number}", *(alert(f"{number}-{place}", firing=row[1]) for place, row in enumerate(some)))
            for number, some in enumerate(rows)
        )
    )
    outcome = asyncio.run(made(payload, *([row[2] for row in some] for some in rows)))
    names = [one.fingerprint for each in outcome.payload.bundles for one in each.alerts]
    assert sorted(names) == sorted(one.fingerprint for each in payload.bundles for one in each.alerts)
    assert len({each.key for each in outcome.payload.bundles}) == len(outcome.payload.bundles)
    assert all(each.title and each.key for each in outcome.payload.bundles)


async def test_the_question_holds_what_was_read_as_json():
    asked = orjson.loads(await question({"title": "{{ x }}", "key": "k"}, Payload(bundles=(bundle("x", A, B),))))
    assert asked["each"] == ["key"] and asked["once"] == ["title"]
    assert [one["alerts"][0]["labels"] for one in asked["bundles"]] == [{"host": "a"}]
