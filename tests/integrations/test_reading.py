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


@pytest.mark.parametrize(
    "end", ["", ",", "}x", ',"a"}', ',"a":}', ',"a":[1', ',"a":[1,]}', ',"a":[1 2]}', ",1:2}", ',"a":nope}', "}}"]
)
def test_a_large_body_that_is_broken_is_refused(end: str):
    body = f'{{"filling": "{FILLING}"{end}'.encode()
    with pytest.raises(Invalid) as invalid:
        asyncio.run(read_json(body, Pace()))
    assert invalid.value.errors[""].startswith("This is not JSON: ")


def test_a_large_body_that_is_no_object_is_refused():
    with pytest.raises(Invalid):
        asyncio.run(read_json(f'["{FILLING}"]'.encode(), Pace()))


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
    # How long a turn takes is measured in bench/; here only that others get theirs in between.
    assert turns >= 2


def test_more_entries_than_anybody_sends_are_refused_with_words():
    body = ('{"alerts": [' + ",".join(["{}"] * (reading.MOST_ELEMENTS + 2)) + f'], "filling": "{FILLING}"}}').encode()
    with pytest.raises(Invalid) as invalid:
        asyncio.run(read_json(body, Pace()))
    assert invalid.value.errors[""] == "More than 50000 entries at once. Send fewer in one request."
