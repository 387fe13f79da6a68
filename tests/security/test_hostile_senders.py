"""Whatever monitoring systems, or somebody in their place, send over the wire is answered and is no failure of ours."""

import re
from collections.abc import Iterable
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.ioloop import IOLoop

from bot.contexts.integrations import KEY_LENGTH
from bot.integrations.kinds import KINDS
from bot.integrations.opsgenie_actions import ACTIONS
from handlers.bounded import HEARD_OUT
from tests.integrations.test_hostile import CHANGES, NASTY, ODD, SENT, V1, changed
from tests.scenarios.world import World
from tests.security.test_hostile_native import DAMAGE, HUGE, damaged, written
from tests.security.test_hostile_native import KINDS as TYPES
from tests.security.test_hostile_pages import one_line
from tests.security.wire import HOSTILE, JSON, harmless, request, stored

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "X" * 50])
USUALLY = st.just("POST") | METHODS
UNKNOWN = st.sampled_from(["x" * KEY_LENGTH, "é", "%00", "%ff", "%2e%2e", "a" * 100, "$ne", "{}", "%0d%0aX:1", "@all"])
TEXTS = st.sampled_from(NASTY) | st.text(max_size=20)
NAMES = TEXTS.map(lambda text: quote(text.encode("utf-8", "surrogatepass"), safe="") or "x")
CODINGS = st.sampled_from(["", "gzip", "deflate", "br", "identity", "gzip, gzip", "é"])
AUTHORIZATIONS = st.sampled_from(
    ["", "GenieKey", "GenieKey  ", "genieKEY é", "Bearer", "Basic Og==", "GenieKey a b", "\t"]
)
MEMBERS = (
    *("user", "source", "note", "message", "description", "priority", "tags", "details", "endTime", "alias", "entity"),
    *("owner", "team", "responder", "escalation", "responders", "visibleTo", "actions", "ä", "$set", "a.b", ""),
)
DOCUMENTS = st.dictionaries(st.sampled_from(MEMBERS), ODD | HUGE, max_size=6)
PATHS_OF_ONE = st.sampled_from(
    (*sorted({name.removeprefix("remove-") for name in ACTIONS}), "logs", "recipients", "x", "")
)
WHICH = st.sampled_from(["disk", "1", "9" * 12, "٣", "%25ff", "%2f", "00000000-0000-0000-0000-000000000000"]) | NAMES
REQUESTS = st.uuids().map(str) | st.uuids().map(lambda one: one.hex) | NAMES.map(lambda name: name[:100])
ASKED = (
    "query",
    "offset",
    "limit",
    "sort",
    "order",
    "identifierType",
    "tags",
    "keys",
    "user",
    "note",
    "searchIdentifier",
    "direction",
)
QUERIES = st.lists(
    st.tuples(
        st.sampled_from(ASKED),
        NAMES | st.sampled_from(["alias", "tiny", "id", "%ff", "-1", "9" * 30, "status%3Aopen", "asc"]),
    ),
    max_size=5,
).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs))
BODIES_OF_ALL = st.sampled_from(sorted(SENT)).flatmap(
    lambda name: CHANGES.map(lambda changes: written(changed(SENT[name][1], changes)))
)


ONE_ALERT = st.tuples(WHICH, PATHS_OF_ONE).map(lambda pair: f"/v2/alerts/{pair[0]}/{pair[1]}".rstrip("/"))
OTHER_PATHS = (
    st.sampled_from(["/v2/alerts", "/v2/alerts/", "/v2/alerts/count", "/v2/alerts/saved-searches/x"])
    | REQUESTS.map("/v2/alerts/requests/{}".format)
    | NAMES.map(lambda name: f"/v2/heartbeats/{name}/ping")
    | NAMES.map(lambda name: f"/heartbeat/{name[:100]}")
)
HEADERS = st.lists(
    st.tuples(st.just("Content-Type"), TYPES)
    | st.tuples(st.just("Content-Encoding"), CODINGS)
    | st.tuples(st.just("Authorization"), AUTHORIZATIONS)
    | st.tuples(st.sampled_from(["X-Signature", "X-Amz-Sns-Message-Type", "Sentry-Hook-Signature"]), CODINGS),
    max_size=3,
)
WELL_FRAMED = ("{length}", "chunked", "expected")
# The end of a connection with more unread data than this overtakes Tornado's answer to headers that contradict.
UNREAD = 9_000
CUT_OFF = ("{more}",)  # more is announced than comes
FRAMINGS = st.sampled_from(
    [
        "{length}",
        "chunked",
        "both",
        "double",
        "expected",
        "nothing",
        "1",
        "-5",
        "+5",
        "0x5",
        "5, 5",
        "5, 6",
        "٣",
        "é",
        " ",
        *CUT_OFF,
    ]
)


@pytest.fixture
def surface() -> str:
    return "native-12.0"


@pytest.fixture
def keys(world: World, io_loop: IOLoop) -> dict[str, str]:
    """A key of each kind that is asked for its own API, and one more."""
    return {kind: io_loop.run_sync(partial(key_of, world, kind)) for kind in ("opsgenie", "pagerduty", "webhook")}


async def key_of(world: World, kind: str) -> str:
    await world.root.types(f"/oncall integration add {kind} @ana --kind {kind} --every 10m", channel="alerts")
    found = re.search(rf"\b[A-Za-z0-9]{{{KEY_LENGTH}}}\b", world.root.sees)
    assert found, world.root.notices
    return found.group()


def framed(method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes, framing: str) -> bytes:
    """A body with what its headers may say about where it ends."""
    body = body if framing in WELL_FRAMED else body[:UNREAD]
    length = len(body)
    match framing:
        case "chunked":
            return request(
                method, path, [*headers, ("Transfer-Encoding", "chunked")], b"%x\r\n%b\r\n0\r\n\r\n" % (length, body)
            )
        case "both":
            more = [("Transfer-Encoding", "chunked"), ("Content-Length", str(length))]
            return request(method, path, [*headers, *more], b"%x\r\n%b\r\n0\r\n\r\n" % (length, body))
        case "double":
            return request(method, path, [*headers, ("Content-Length", "1"), ("Content-Length", "2")], body)
        case "expected":
            return request(method, path, [*headers, ("Expect", "100-continue")], body)
        case "nothing":
            return request(method, path, [*headers, ("Content-Length", "0")], b"")
        case "{length}":
            return request(method, path, headers, body)
        case _:  # so long that what is announced does come
            return request(method, path, headers, body.ljust(9), length=framing.format(length=length, more=length + 9))


def of_key(world: World, keys: dict[str, str], kind: str, unknown: str) -> str:
    """The true one where none is given."""
    return unknown or keys.get(kind) or world.alert_url.rstrip("/").rpartition("/")[2]


async def sent(world: World, raw: bytes, *, keys: dict[str, str], framing: str = "", proven: bool) -> None:
    """What proves nothing, or does not come to its end, leaves nothing."""
    world.clock.advance(minutes=1)  # so that nothing is too much
    before = await stored(world)
    unheard = framing in CUT_OFF or len(raw) > HEARD_OUT  # a large body with a method that is not served
    status, _ = await harmless(world, raw, secrets=keys, breaks_off=framing in CUT_OFF, unheard=unheard)
    await world.services.stores.payloads.written()
    await world.services.notices.written()
    if not proven or framing in CUT_OFF:
        assert status not in (200, 201, 202), raw[:500]
        assert await stored(world) == before


@HOSTILE
@given(
    kind=st.sampled_from([kind.name for kind in KINDS] + ["sns", "x", "a" * 41, "%00"]),
    unknown=st.just("") | UNKNOWN,
    method=USUALLY,
    body=BODIES_OF_ALL | st.binary(max_size=60) | DOCUMENTS.map(written),
    damage=st.none() | DAMAGE,
    headers=HEADERS,
    framing=FRAMINGS,
    ending=st.sampled_from(["", "/", "/heartbeat", "/heartbeat/", "?a=%ff", "/x", "//"]),
)
def test_anything_delivered_is_answered(
    world: World,
    io_loop: IOLoop,
    keys: dict[str, str],
    kind: str,
    unknown: str,
    method: str,
    body: bytes,
    damage: tuple[int, int, bytes] | None,
    headers: list[tuple[str, str]],
    framing: str,
    ending: str,
) -> None:
    path = f"/integrations/v1/{kind}/{of_key(world, keys, kind, unknown)}{ending}"
    raw = framed(method, path, headers, damaged(body, damage), framing)
    io_loop.run_sync(partial(sent, world, raw, keys=keys, framing=framing, proven=not unknown))


@HOSTILE
@given(
    path=ONE_ALERT | OTHER_PATHS,
    query=QUERIES,
    method=METHODS,
    document=DOCUMENTS,
    damage=st.none() | DAMAGE,
    headers=HEADERS,
    framing=st.just("{length}") | FRAMINGS,
    authorization=st.just("") | AUTHORIZATIONS,
)
def test_anything_asked_of_opsgenie_s_api_is_answered(
    world: World,
    io_loop: IOLoop,
    keys: dict[str, str],
    path: str,
    query: str,
    method: str,
    document: dict[str, Any],
    damage: tuple[int, int, bytes] | None,
    headers: list[tuple[str, str]],
    framing: str,
    authorization: str,
) -> None:
    proof = ("Authorization", authorization or f"GenieKey {keys['opsgenie']}")
    others = [(name, value) for name, value in headers if name != "Authorization"]
    raw = framed(method, f"{path}?{query}", [proof, *others], damaged(written(document), damage), framing)
    io_loop.run_sync(partial(sent, world, raw, keys=keys, framing=framing, proven=not authorization))


@HOSTILE
@given(
    path=st.sampled_from(
        ["/v2/enqueue", "/v2/enqueue/", "/v2/change/enqueue", "/generic/2010-04-15/create_event.json"]
    ),
    real=st.sampled_from([V1, SENT["pagerduty"][1], SENT["pagerduty real"][1], SENT["pagerduty change"][1]]),
    changes=CHANGES,
    unknown=st.just("") | UNKNOWN | ODD | HUGE,
    in_header=st.booleans(),
    method=USUALLY,
    damage=st.none() | DAMAGE,
    headers=HEADERS,
    framing=st.just("{length}") | FRAMINGS,
)
def test_any_event_for_pagerduty_is_answered(
    world: World,
    io_loop: IOLoop,
    keys: dict[str, str],
    path: str,
    real: dict[str, Any],
    changes: list[tuple[int, str, Any]],
    unknown: Any,
    in_header: bool,
    method: str,
    damage: tuple[int, int, bytes] | None,
    headers: list[tuple[str, str]],
    framing: str,
) -> None:
    key = keys["pagerduty"] if unknown == "" else unknown
    others = {name: value for name, value in real.items() if name not in ("routing_key", "service_key")}
    event = {**changed(others, changes), **({} if in_header else {"routing_key": key, "service_key": key})}
    if in_header and isinstance(key, str):
        headers = [*headers, ("X-Routing-Key", one_line(key))]
    raw = framed(method, path, headers, damaged(written(event), damage), framing)
    io_loop.run_sync(partial(sent, world, raw, keys=keys, framing=framing, proven=unknown == ""))


async def test_what_is_proven_here_is_taken(world: World, keys: dict[str, str]) -> None:
    """Else the tests above would try nothing but the proof."""
    for framing in ("{length}", "chunked", "expected"):
        created = written({"message": f"Disk {framing}"})
        raw = framed("POST", "/v2/alerts", [("Authorization", f"GenieKey {keys['opsgenie']}")], created, framing)
        assert (await harmless(world, raw))[0] == 202
        event = written({**V1, "service_key": keys["pagerduty"]})
        raw = framed("POST", "/generic/2010-04-15/create_event.json", [("Content-Type", JSON)], event, framing)
        assert (await harmless(world, raw))[0] == 200
        alert = written({"title": f"Disk {framing}"})
        raw = framed("POST", f"/integrations/v1/webhook/{keys['webhook']}/", [], alert, framing)
        assert (await harmless(world, raw))[0] == 202
