"""Real payloads with something odd in every place: read or refused in words, nothing lost, small, and harmless to show.

What is drawn on either surface pings nobody, whatever its sender wrote.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import alerts, cards
from bot.core.alert_group import AlertGroup, Note
from bot.core.neutral import neutral
from bot.core.replacing import replace
from bot.integrations import pagerduty, pagerduty_v1, sns, webhook
from bot.integrations.kinds import KINDS, kind_named
from bot.integrations.payload import Bundle, Invalid, Payload
from bot.receiving.opsgenie.queries import parsed
from bot.receiving.reception import decide
from bot.storage import codec
from bot.surfaces import apps, native
from bot.surfaces.drawn import Drawn
from tests.core.groups import blank
from tests.integrations.test_kinds import check_bounds
from tests.integrations.test_vendors import METRIC, issue
from tests.surfaces.drawing import READER

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DATA = Path(__file__).parent.parent / "data"
LONGEST_SECONDS = 2.0
LARGEST_GROUP = 1_500_000  # bytes; MongoDB takes sixteen million
LARGEST_ALERT = 200_000
LONGEST_POST = 16_383
WITHOUT_MARKUP = ("fallback", "title")  # of an attachment: clients show them as they are
MENTION = re.compile(r"@(?=[A-Za-z0-9._-])")

V1: dict[str, Any] = {
    "service_key": "k",
    "event_type": "trigger",
    "incident_key": "db-1/disk",
    "description": "Disk is full",
    "client": "Nagios",
    "client_url": "https://nagios.example.com",
    "details": {"load": 0.75, "more": {"a": [1, 2]}},
    "contexts": [{"type": "link", "href": "https://x.example"}, {"type": "image", "src": "https://x.example/i.png"}],
}
NOTIFICATION = json.loads(sns.KIND.sample(NOW))
CONFIRMATION = {**NOTIFICATION, "Type": "SubscriptionConfirmation", "SubscribeURL": "https://x", "Token": "t"}
COMMENT = {"action": "created", "data": {"comment": "x", "issue_id": "1"}, "actor": {"name": "Ana"}}
CRITICAL = {"action": "critical", "data": {"error": {"issue_id": 1, "title": "x", "tags": [["a", "b"]]}}}

Read = Callable[[bytes], Payload]


def of_kind(name: str) -> Read:
    kind = kind_named(name)
    assert kind is not None
    return lambda body: asyncio.run(kind.read(body, ()))


def document_of(body: bytes) -> dict[str, Any]:
    document = json.loads(body)
    if not isinstance(document, dict):
        raise Invalid({"": "no object"})
    return document


def v1(body: bytes) -> Payload:
    return pagerduty_v1.event(document_of(body)).payload


def v2(body: bytes) -> Payload:
    return pagerduty.event(document_of(body)).payload


def change(body: bytes) -> Payload:
    pagerduty_v1.check_change(document_of(body))
    return Payload(bundles=(), remarks={"": "taken"})


def file(path: str) -> Any:
    return json.loads((DATA / path).read_text())


# By name: how it is read, and a payload that real senders send.
SENT: dict[str, tuple[Read, Any]] = {
    **{kind.name: (of_kind(kind.name), json.loads(kind.sample(NOW))) for kind in KINDS},
    **{
        f"alertmanager {name}": (of_kind("alertmanager"), file(f"alertmanager/{name}.json"))
        for name in ("firing-multi", "partly-resolved", "resolved")
    },
    "grafana real": (of_kind("grafana"), file("grafana/firing.json")),
    "pagerduty real": (v2, file("pagerduty/trigger.json")),
    "pagerduty v1": (v1, V1),
    "pagerduty v1 resolve": (v1, {"event_type": "resolve", "incident_key": "x", "service_key": "k"}),
    "pagerduty change": (change, {"payload": {"summary": "Build 7", "timestamp": "2026-03-02T09:00:00Z"}}),
    "sentry metric": (of_kind("sentry"), METRIC),
    **{f"sentry {action}": (of_kind("sentry"), issue(action)) for action in ("resolved", "assigned", "created")},
    "sentry comment": (of_kind("sentry"), COMMENT),
    "sentry error": (of_kind("sentry"), CRITICAL),
    "sns confirmation": (of_kind("amazon_sns"), CONFIRMATION),
    "sns text": (of_kind("amazon_sns"), {**NOTIFICATION, "Message": "Disk is full\nreally"}),
    "webhook list": (of_kind("webhook"), [json.loads(webhook.KIND.sample(NOW))] * 3),
    "webhook around": (of_kind("webhook"), {"status": "ok", "alerts": [json.loads(webhook.KIND.sample(NOW))]}),
}

NASTY = (
    "@all",
    "@channel disk",
    "&#64;all",
    "<!here>",
    "<@U1>",
    "[x](javascript:alert(1))",
    "![x](https://x.example/a.png)",
    "<script>alert(1)</script>",
    "\u202e@here",
    "a\n# now\n---\n| a | b |",
    "```\n@all\n```",
    "https://x.example/@all)](javascript:x)",
    "javascript:alert(1)",
    "＠all @\u200call",
    "\0",
    "\ud800",
    "ä" * 3_000,
    "@all " * 1_000,
)
ODD: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -1, 1e308, float("nan"), float("inf"), "", [], {}, "2026-13-99", "9" * 40])
    | st.sampled_from(NASTY)
    | st.text(max_size=15),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NASTY) | st.text(max_size=8), inner),
    max_leaves=8,
)
CHANGES = st.lists(
    st.tuples(st.integers(0, 10_000), st.sampled_from(["set", "drop", "rename", "text"]), ODD), max_size=6
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every member and element of it, with what it is in."""
    inner = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [(value, name) for name, _ in inner] + [place for _, one in inner for place in places(one)]


def changed(sent: Any, changes: list[tuple[int, str, Any]]) -> Any:
    made = json.loads(json.dumps(sent))
    for number, verb, odd in changes:
        found = places(made)
        if not found:
            break
        inside, name = found[number % len(found)]
        if verb == "set":
            inside[name] = odd
        elif verb == "text" and isinstance(inside[name], str):
            inside[name] += str(odd)
        elif verb == "drop":
            inside.pop(name)
        elif verb == "rename" and isinstance(inside, dict):
            inside[str(odd)] = inside.pop(name)
    return made


def opened(bundle: Bundle) -> AlertGroup:
    group = blank(
        title=bundle.title,
        summary=bundle.summary,
        severity=bundle.severity,
        labels=bundle.labels,
        links=bundle.links,
        key=bundle.key,
        integration_name="@all [x](y)",
        opened_at=NOW,
        changed_at=NOW,
    )
    return alerts.received(alerts.opened(group, bundle.alerts, now=NOW).doc, (), now=NOW).doc


def check_stored(bundle: Bundle, group: AlertGroup) -> None:
    assert len(bson.encode(codec.write(group))) < LARGEST_GROUP
    assert all(len(bson.encode(codec.write(alert))) < LARGEST_ALERT for alert in bundle.alerts)


def texts(value: object, name: str = "") -> list[tuple[str, str]]:
    """Every text of it with the name of its member."""
    if isinstance(value, Mapping):
        return [text for inner, one in value.items() for text in texts(one, inner)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in texts(one, name)]
    return [(name, value)] if isinstance(value, str) else []


def check_drawn(group: AlertGroup) -> None:
    card = cards.draw(group, names={"ana": "@ana", "ben": "@ben", "cho": "@cho", "dan": "@dan"})
    for drawn in (
        native.draw_post(card, [], reader=READER),
        apps.draw_post(card, [], reader=READER, app_id="oncall"),
    ):
        check_harmless(drawn)


def check_harmless(drawn: Drawn) -> None:
    assert len(drawn.message) <= LONGEST_POST
    for name, text in (("message", drawn.message), *texts(drawn.props)):
        ours = re.sub(r"@(ana|ben|cho|dan)\b", "", text)
        assert not MENTION.search(re.sub(r"https?://\S+", "", ours).replace("@\u200b", "")), text
        if name in WITHOUT_MARKUP:
            continue
        assert "&#" not in text and "<" not in text
        assert not re.search(r"(?m)^\s{0,3}(#{1,6}\s|---|\|)", text)
        for target in re.findall(r"(?<!\\)\]\(([^)]*)", text):
            assert target.lower().startswith(("http://", "https://")), text


def check(read: Read, body: bytes) -> None:
    began = time.process_time()
    try:
        payload = read(body)
    except (Invalid, json.JSONDecodeError) as refused:
        assert str(refused)
        return
    finally:
        assert time.process_time() - began < LONGEST_SECONDS
    check_bounds(payload)
    for bundle in payload.bundles:
        group = opened(bundle)
        check_stored(bundle, group)
        check_drawn(group)
    group = replace(opened_of_nothing(), notes=())
    for act in payload.acts:
        group = decide(group, act, by=neutral("Sentry (@all)"), now=NOW).doc
    check_drawn(group)


def opened_of_nothing() -> AlertGroup:
    return alerts.opened(blank(), (), now=NOW).doc


@pytest.mark.parametrize("name", SENT)
@settings(max_examples=20, deadline=None)
@given(changes=CHANGES)
def test_real_payloads_with_odd_places_are_taken_or_refused_and_do_no_harm(
    name: str, changes: list[tuple[int, str, Any]]
):
    read, sent = SENT[name]
    check(read, json.dumps(changed(sent, changes)).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("name", SENT)
@settings(max_examples=15, deadline=None)
@given(at=st.integers(0, 5_000), cut=st.integers(0, 5_000), odd=st.binary(max_size=20))
def test_real_payloads_with_odd_bytes_are_taken_or_refused(name: str, at: int, cut: int, odd: bytes):
    read, sent = SENT[name]
    body = json.dumps(sent).encode()
    at %= len(body)
    damaged = body[:at] + odd + body[at + cut % 30 :]
    try:
        check(read, damaged)
    except UnicodeDecodeError:
        assert read in (v1, v2, change)  # read by the test itself


@pytest.mark.parametrize("name", SENT)
@pytest.mark.parametrize("nasty", NASTY)
def test_the_same_nasty_text_in_every_place(name: str, nasty: str):
    read, sent = SENT[name]
    made = json.loads(json.dumps(sent))
    for inside, place in places(made):
        if isinstance(inside[place], str):
            check(read, json.dumps(changed_in(sent, inside[place], nasty)).encode())
            break
    check(read, json.dumps(_everywhere(sent, nasty)).encode())


def changed_in(sent: Any, old: str, nasty: str) -> Any:
    return json.loads(json.dumps(sent).replace(json.dumps(old), json.dumps(nasty)))


def _everywhere(value: Any, nasty: str) -> Any:
    """Behind what is there, so that states and ids are still understood in part."""
    if isinstance(value, dict):
        return {name: _everywhere(one, nasty) for name, one in value.items()}
    if isinstance(value, list):
        return [_everywhere(one, nasty) for one in value]
    return f"{value} {nasty}" if isinstance(value, str) and " " in value else value


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(["status", ":", "open", " AND ", "(", ")", "NOT ", '"', "<", ">=", "tag", "1"]), max_size=40
    ).map("".join)
)
def test_any_query_of_opsgenie_is_understood_or_refused(text: str):
    try:
        query = parsed(text)
    except Invalid as refused:
        assert all(refused.errors.values())
    else:
        assert query.holds(opened_of_nothing()) in (True, False)


@settings(max_examples=100, deadline=None)
@given(text=st.sampled_from(NASTY) | st.text(max_size=50), by=st.sampled_from(NASTY))
def test_what_senders_note_pings_nobody(text: str, by: str):
    group = alerts.add_note(opened_of_nothing(), note=Note(at=NOW, by="@ana", text=text), now=NOW).doc
    check_drawn(group)
