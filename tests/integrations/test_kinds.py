"""What holds for every kind: samples are read, configurations are whole, and no input does harm."""

import asyncio
import json
import re
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.integrations import pieces
from bot.integrations.kind import Address, Kind
from bot.integrations.kinds import KINDS, kind_named
from bot.integrations.payload import (
    KEY_LENGTH,
    LABELS_KEPT,
    NAME_LENGTH,
    SEVERITY_LENGTH,
    SUMMARY_LENGTH,
    TITLE_LENGTH,
    URL_LENGTH,
    VALUE_LENGTH,
    Invalid,
    Payload,
)
from bot.storage import codec

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LONGEST_SECONDS = 5.0
MESSAGE_LENGTH = 3_800
MOST_LINKS = 8

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def read(kind: Kind, payload: object) -> Payload:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return asyncio.run(kind.read(body, ()))


def check_bounds(payload: Payload) -> None:
    assert payload.alerts or payload.acts or payload.remarks
    for act in payload.acts:
        assert act.key and len(act.key) <= KEY_LENGTH
        assert len(act.by) <= VALUE_LENGTH and len(act.text) <= SUMMARY_LENGTH
    for bundle in payload.bundles:
        assert bundle.key and bundle.title and len(bundle.key) <= KEY_LENGTH
        assert bson.encode(codec.write(bundle))
        for one in (bundle, *bundle.alerts):
            assert one.title and len(one.title) <= TITLE_LENGTH and len(one.summary) <= SUMMARY_LENGTH
            assert len(one.severity) <= SEVERITY_LENGTH and len(one.labels) <= 2 * LABELS_KEPT
            assert all(len(name) <= NAME_LENGTH and len(text) <= VALUE_LENGTH for name, text in one.labels.items())
            assert len(one.links) <= MOST_LINKS
            for link in one.links:
                assert re.match(r"https?://", link.url, re.IGNORECASE) and len(link.url) <= URL_LENGTH
                assert not set(link.url) & set(' <>"\\`\n')
        for alert in bundle.alerts:
            assert alert.fingerprint and len(alert.fingerprint) <= VALUE_LENGTH


@every_kind
def test_a_sample_is_one_firing_alert_that_reads_well(kind: Kind):
    payload = read(kind, kind.sample(NOW))
    check_bounds(payload)
    assert payload.notes == {} and payload.acts == ()
    ((alert,),) = [bundle.alerts for bundle in payload.bundles]
    assert alert.firing and "sample alert" in f"{alert.title} {alert.summary}"
    assert "test" in payload.bundles[0].title.lower()


@every_kind
def test_a_configuration_names_the_address_and_fits_a_message(kind: Kind):
    address = Address(host="https://oncall.example.com", kind=kind.name, key="K" * 32)
    whole = address.filled(kind.address) + address.filled(kind.configuration)
    assert "K" * 32 in whole and "oncall.example.com" in whole
    assert not re.search(r"<(url|host|domain|key)>", whole)
    assert len(whole) < MESSAGE_LENGTH
    assert whole.count("```") % 2 == 0


def test_names_are_fit_for_urls_and_belong_to_one_kind():
    names = [name for kind in KINDS for name in (kind.name, *kind.also)]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9_]{1,40}", name) for name in names)
    assert all(kind_named(kind.name) is kind for kind in KINDS)
    assert kind_named("unheard_of") is None


def words_of(sample: object) -> list[str]:
    """Names of members and texts that a kind understands, to make odd payloads that get far into a reader."""
    if isinstance(sample, dict):
        return [*sample, *(word for value in sample.values() for word in words_of(value))]
    if isinstance(sample, list):
        return [word for value in sample for word in words_of(value)]
    return [sample] if isinstance(sample, str) else []


def odd_payloads(kind: Kind) -> st.SearchStrategy[Any]:
    sample = json.loads(kind.sample(NOW))
    names = st.sampled_from(sorted(set(words_of(sample)))) | st.text(max_size=5)
    plain = st.none() | st.booleans() | st.integers() | st.floats() | names | st.text(max_size=20)
    anything = st.recursive(
        plain,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
        max_leaves=10,
    )
    changed = st.dictionaries(st.sampled_from(sorted(sample)), anything, max_size=4)
    inside = [name for name in sample if isinstance(sample[name], dict)]
    deeper = st.tuples(st.sampled_from(inside or [""]), st.dictionaries(names, anything, max_size=4)).map(
        lambda pair: {pair[0]: {**sample.get(pair[0], {}), **pair[1]}}
    )
    return anything | changed.map(lambda odd: {**sample, **odd}) | deeper.map(lambda odd: {**sample, **odd})


@every_kind
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_is_sent_is_taken_or_refused_in_words(kind: Kind, data: st.DataObject):
    payload = data.draw(odd_payloads(kind))
    began = time.process_time()
    try:
        taken = read(kind, payload)
    except Invalid as invalid:
        assert invalid.errors and all(invalid.errors.values())
    else:
        check_bounds(taken)
    assert time.process_time() - began < LONGEST_SECONDS


@every_kind
@settings(max_examples=50, deadline=None)
@given(body=st.binary(max_size=300))
def test_no_bytes_do_harm(kind: Kind, body: bytes):
    try:
        check_bounds(read(kind, body))
    except Invalid as invalid:
        assert invalid.errors and all(invalid.errors.values())


@every_kind
def test_monsters_stay_small(kind: Kind):
    long = "ä@all `x` <script> " * 100_000
    sample = json.loads(kind.sample(NOW))
    deep: Any = long
    for _ in range(200):
        deep = {"message": long[:2_000], "status": deep, "tags": [long[:500]] * 100}
    wide: dict[str, Any] = {str(number): {} for number in range(50_000)}
    for payload in (_stretched(sample, long), {**sample, "details": deep}, _widened(sample, wide)):
        began = time.process_time()
        try:
            check_bounds(read(kind, payload))
        except Invalid as invalid:
            assert len(str(invalid.errors)) < 10_000
        assert time.process_time() - began < LONGEST_SECONDS


def _widened(sample: dict[str, Any], wide: dict[str, Any]) -> dict[str, Any]:
    """With many members wherever a reader might look into all of them."""
    inside = {name: {**value, **wide, "tags": wide} for name, value in sample.items() if isinstance(value, dict)}
    lists = {name: [wide] + [{}] * 50_000 for name in ("tags", "links", "images", "responders", "items")}
    return {**wide, **lists, "details": wide, **sample, **inside}


def _stretched(value: Any, long: str) -> Any:
    if isinstance(value, dict):
        return {name: _stretched(one, long) for name, one in value.items()}
    if isinstance(value, list):
        return [_stretched(one, long) for one in value] * 50
    return value + long[:5_000] if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (1772442000, NOW),
        (1772442000000, NOW),
        ("1772442000.0", NOW),
        (1772442000000000, NOW),
        ("2026-03-02T10:00:00+01:00", NOW),
        ("2026-03-02 09:00:00", NOW),
        (0, None),
        (-5, None),
        (True, None),
        (float("nan"), None),
        (float("inf"), None),
        ("9" * 500, None),
        ("soon", None),
        ({}, None),
    ],
)
def test_moments(given: object, expected: datetime | None):
    assert pieces.moment(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"a": {"b": 1}}, {"a.b": 1}),
        (["a:1", "b"], {"a": "1", "b": "yes"}),
        ("a:1, b:2", {"a": "1", "b": "2"}),
        ([["a", 1]], {"a": 1}),
        ([{"key": "a", "value": 1}, {"tag": "b", "value": "2"}, {}], {"a": 1, "b": "2"}),
        (7, {}),
    ],
)
def test_tags(given: object, expected: dict[str, object]):
    assert pieces.tags(given) == expected


def test_a_kind_has_all_its_parts():
    assert all(asdict(kind)["label"] for kind in KINDS)
