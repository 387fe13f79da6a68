"""Reading large JSON piece by piece: the same result, and the event loop keeps its turn."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.integrations import alertmanager, reading
from bot.integrations.payload import Invalid
from bot.integrations.reading import Pace, read_json

FILLING = "x" * (reading.SMALL + 1)


def read_large(document: dict[str, Any], **options: Any) -> dict[str, Any]:
    body = json.dumps(document | {"filling": FILLING}, **options).encode()
    return asyncio.run(read_json(body, Pace()))


text = st.text(st.characters(codec="utf-8"))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None)
@given(
    document=st.dictionaries(st.text(st.characters(codec="utf-8")), values, max_size=5), indent=st.none() | st.just(1)
)
def test_pieces_give_the_same_as_the_whole(document: dict[str, Any], indent: int | None):
    expected = document | {"filling": FILLING}
    assert read_large(document, indent=indent, ensure_ascii=False) == expected


@settings(max_examples=40, deadline=None)
@given(inner=values, number=st.integers(-(2**60), 2**60), before=st.integers(0, 3), length=st.integers(-12, 12))
def test_what_is_large_deep_within_gives_the_same(inner: Any, number: int, before: int, length: int):
    """Wherever a piece is cut off: in a text, in a number, between two brackets."""
    cut = "x" * (reading.LENGTHS[before % 2] + length)
    document = {"a": {"b": [inner, {"c": cut, "d": number}, FILLING, number]}, "e": [[cut, number], number]}
    assert asyncio.run(read_json(json.dumps(document).encode(), Pace())) == document


@pytest.mark.parametrize(
    "end", ["", ",", "}x", ',"a"}', ',"a":}', ',"a":[1', ',"a":[1,]}', ',"a":[1 2]}', ",1:2}", ',"a":nope}', "}}"]
)
def test_a_large_body_that_is_broken_is_refused(end: str):
    body = f'{{"filling": "{FILLING}"{end}'.encode()
    with pytest.raises(Invalid) as invalid:
        asyncio.run(read_json(body, Pace()))
    assert invalid.value.errors[""].startswith("This is not JSON: ")


@pytest.mark.parametrize("body", [b"", b" \r\n\t ", b"\xef\xbb\xbf"])
def test_who_sends_nothing_is_told_so(body: bytes):
    with pytest.raises(Invalid) as invalid:
        asyncio.run(read_json(body, Pace()))
    assert invalid.value.errors == {"": "The body is empty: there must be JSON in it."}


def test_a_large_body_that_is_no_object_is_refused():
    with pytest.raises(Invalid):
        asyncio.run(read_json(f'["{FILLING}"]'.encode(), Pace()))


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each turn that is offered is taken. How long one takes is measured in bench/."""
    monkeypatch.setattr(reading, "SLICE_SECONDS", 0.0)


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize("count", [1_000, 10_000])
def test_the_event_loop_keeps_its_turn(count: int):
    labels = {"alertname": "Disk", "severity": "critical", "job": "node", "instance": "10.0.0.1:9100"}
    one = {"status": "firing", "annotations": {"summary": "Disk is full " * 8}, "startsAt": "2026-11-22T00:33:16.6Z"}
    alerts = [{**one, "labels": {**labels, "n": str(n)}, "fingerprint": f"{n:016x}"} for n in range(count)]
    body = json.dumps({"alerts": alerts, "groupKey": "k"}).encode()
    assert len(body) > reading.SMALL

    async def story() -> tuple[int, int]:
        turns = 0

        async def tick() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        ticking = asyncio.ensure_future(tick())
        payload = await alertmanager.read(body, ())
        ticking.cancel()
        return payload.alerts, turns

    read, turns = asyncio.run(story())
    assert read == count
    assert turns >= count


MANY = reading.MOST_ELEMENTS - 1


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize(
    "alert",
    [
        {"labels": {f"label{number}": "v" for number in range(MANY)}},
        {"labels": {"alertname": "x"}, "more": {"deep": {"list": [{"a": 1}] * MANY}}},
        {"labels": {"alertname": "x"}, "more": [[[["v"] * MANY]]]},
    ],
    ids=["members", "objects", "lists"],
)
def test_the_event_loop_keeps_its_turn_in_one_alert(alert: dict[str, Any]):
    body = json.dumps({"alerts": [alert], "filling": FILLING}).encode()
    turns = 0

    async def tick() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async def story() -> None:
        ticking = asyncio.ensure_future(tick())
        await read_json(body, Pace())
        ticking.cancel()

    asyncio.run(story())
    assert turns >= MANY


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('"deep":' + "[" * 1000 + "1" * reading.SMALL + "]" * 1000, "something too deep"),
        ('"number":' + "1" * reading.SMALL, "something too large"),
    ],
)
def test_what_nobody_sends_is_refused_without_trying_long(text: str, problem: str):
    with pytest.raises(Invalid, match=problem):
        asyncio.run(read_json(f"{{{text}}}".encode(), Pace()))


def test_more_entries_than_anybody_sends_are_refused_with_words():
    listed = ",".join(["{}"] * (reading.MOST_ELEMENTS + 2))
    members = ",".join(f'"{number}": {{}}' for number in range(reading.MOST_ELEMENTS + 2))
    for alerts in (f"[{listed}]", f'[{{"labels": {{{members}}}}}]'):
        body = f'{{"alerts": {alerts}, "filling": "{FILLING}"}}'.encode()
        with pytest.raises(Invalid) as invalid:
            asyncio.run(read_json(body, Pace()))
        assert invalid.value.errors[""] == "More than 50000 entries at once. Send fewer in one request."
