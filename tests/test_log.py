"""Log lines: one per event, for people or machines, and no secret in any of them."""

from __future__ import annotations

import base64
import io
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from time import process_time

import jwt
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.web import Application, RequestHandler

from bot.log import REQUESTS, ScrubbedHandler, configure_logging, new_reference
from bot.scrubbing import LONGEST, scrub

NOON = datetime(2026, 1, 31, 12, 0, 0, 123_000, tzinfo=UTC)
MARK = "S3CRETmarker"


@dataclass
class Chosen:
    log_level: str = "INFO"
    log_format: str = "text"


class Output(io.StringIO):
    @property
    def lines(self) -> list[str]:
        return self.getvalue().splitlines()

    @property
    def last(self) -> dict[str, object]:
        return json.loads(self.lines[-1])


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
    structlog.reset_defaults()


def configured(level: str = "INFO", form: str = "text") -> Output:
    output = Output()
    configure_logging(Chosen(level, form), stream=output, clock=lambda: NOON)
    return output


def requested(path: str, *, level: str = "INFO", form: str = "text", status: int = 202, method: str = "POST") -> Output:
    class Inbound(RequestHandler):
        route = "inbound"

    class Connection:
        context = None

        def set_close_callback(self, _callback: object) -> None: ...

    output = Output()
    configure_logging(Chosen(level, form), stream=output, clock=lambda: NOON)
    line = RequestStartLine(method, path, "HTTP/1.1")
    request = HTTPServerRequest(start_line=line, headers=HTTPHeaders({"Host": "bot"}), connection=Connection())  # type: ignore[arg-type]
    handler = Inbound(Application(), request)
    handler.set_status(status)
    REQUESTS.tell(handler)
    return output


JWT = jwt.encode({"exp": 1}, MARK * 4, algorithm="HS256")
SASL = base64.b64encode(f"user=ana@example.com\x01auth=Bearer {MARK}\x01\x01".encode()).decode()
NAMELESS = base64.b64encode(f"n,,\x01auth=Bearer {MARK}\x01\x01".encode()).decode()
BEARER = base64.b64encode(f"n,a=ana@example.com,\x01auth=Bearer {MARK}\x01\x01".encode()).decode()


@pytest.mark.parametrize(
    ("told", "written"),
    [
        (f"Authorization: Bearer {MARK}", "Authorization: Bearer ***"),
        (f"{{'Authorization': 'Bearer {MARK}'}}", "{'Authorization': 'Bearer ***'}"),
        (f"Authorization: Basic {MARK}==", "Authorization: ***"),
        (f"GET /oauth2/callback/x?code={MARK}&state={MARK}", "GET /oauth2/callback/x?code=***&state=***"),
        (f"?next=%2Fcb%3Fcode%3D{MARK}", "?next=%2Fcb%3Fcode%3D***"),
        (f"access_token={MARK}&expires_in=3600", "access_token=***&expires_in=3600"),
        (f'{{"refresh_token": "{MARK}", "a": 1}}', '{"refresh_token": "***", "a": 1}'),
        (f'body="{{\\"id_token\\": \\"{MARK}\\"}}"', 'body="{\\"id_token\\": \\"***\\"}"'),
        (f"client_secret: {MARK}", "client_secret: ***"),
        (f"code_verifier={MARK}", "code_verifier=***"),
        (f"{{'password': b'{MARK} with blanks'}}", "{'password': b'***'}"),
        (f"/plugins/x/webhook?secret={MARK}", "/plugins/x/webhook?secret=***"),
        (f"bot_access_token={MARK}", "bot_access_token=***"),
        (f"got {JWT} there", "got *** there"),
        (f"AUTHENTICATE XOAUTH2 {SASL}", "AUTHENTICATE XOAUTH2 ***"),
        (f"AUTHENTICATE OAUTHBEARER {BEARER}", "AUTHENTICATE OAUTHBEARER ***"),
        (f"AUTHENTICATE OAUTHBEARER {NAMELESS}", "AUTHENTICATE OAUTHBEARER ***"),
        (f"POST /integrations/v1/grafana/{MARK}/ (::1)", "POST /integrations/v1/grafana/***/ (::1)"),
        (f"/integrations/v1/grafana/{MARK}/heartbeat/", "/integrations/v1/grafana/***/heartbeat/"),
        (f"GET /heartbeat/{MARK}/ (::1)", "GET /heartbeat/***/ (::1)"),
        (f"GET /oauth2/start/{MARK}", "GET /oauth2/start/***"),
        (f"mongodb://ana:{MARK}/x@db/oncall", "mongodb://ana:***@db/oncall"),
        (f"mongodb+srv://ana:{MARK}@db.example.com", "mongodb+srv://ana:***@db.example.com"),
        (f"https://ana:{MARK}@chat.example.com/x", "https://ana:***@chat.example.com/x"),
    ],
)
def test_a_secret_is_taken_out_and_the_rest_stays(told: str, written: str) -> None:
    assert scrub(told) == written
    assert scrub(written) == written


@pytest.mark.parametrize(
    "told",
    [
        "Alert 12 was acknowledged by @ana at 03:12.",
        "mongod ended with code: 14",
        "status_code=503 from https://chat.example.com:8065/api/v4/posts",
        "the state of the art",
        "{'code': 11000, 'codeName': 'DuplicateKey'}",
        "a bearing, an authority",
        "/integrations/v1/",
    ],
)
def test_ordinary_words_are_left_alone(told: str) -> None:
    assert scrub(told) == told


def test_a_secret_under_its_name_is_hidden_whatever_it_looks_like() -> None:
    output = configured()
    structlog.get_logger().info("set up", install_secret=MARK, token=[MARK], server="abc")
    assert output.lines == [
        'at=2026-01-31T12:00:00.123Z level=info event="set up" install_secret=*** token=*** server=abc'
    ]


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("name", ["tornado.application", "aiohttp.client", "pymongo.client", "asyncio"])
def test_other_libraries_are_scrubbed_too(name: str, form: str) -> None:
    output = configured("DEBUG", form)
    logger = logging.getLogger(name)
    try:
        raise ValueError(f"refused: Bearer {MARK}")
    except ValueError:
        logger.error("Uncaught exception GET /x?code=%s", MARK, exc_info=True)
    assert len(output.lines) == 1
    assert "ValueError: refused: Bearer ***" in output.lines[0]
    assert MARK not in output.getvalue()


def test_what_libraries_send_is_not_logged_at_debug() -> None:
    output = configured("DEBUG")
    for name in ("aioimaplib", "aioimaplib.protocol", "pymongo", "pymongo.command"):
        logging.getLogger(name).debug("sent %s", SASL)
    assert output.lines == []


def test_an_exception_is_one_line_that_says_what_and_where() -> None:
    output = configured()
    try:
        try:
            raise KeyError("first")
        except KeyError as first:
            raise ValueError(f"token={MARK}\nsecond line") from first
    except ValueError:
        structlog.get_logger().exception("it broke", reference="3f9a01c2")
    (line,) = output.lines
    assert 'level=error event="it broke" reference=3f9a01c2' in line
    assert "ValueError: token=***\\nsecond line from KeyError: 'first'" in line
    assert re.search(r'where="test_log\.py:\d+ test_an_exception_is', line)
    assert MARK not in line


def test_json_keeps_the_whole_traceback() -> None:
    output = configured(form="json")
    try:
        raise ValueError(f"token={MARK}")
    except ValueError as error:
        structlog.get_logger().error("it broke", exc_info=error)
    assert output.last["error"] == "ValueError: token=***"
    assert "Traceback (most recent call last)" in str(output.last["traceback"])
    assert MARK not in output.getvalue()


def test_json_is_one_object_per_line_with_the_types_kept() -> None:
    output = configured(form="json")
    structlog.get_logger().info("delivered", ms=1.5, again=True, by=None, to=NOON)
    assert output.last == {
        "at": "2026-01-31T12:00:00.123Z",
        "level": "info",
        "event": "delivered",
        "ms": 1.5,
        "again": True,
        "by": None,
        "to": "2026-01-31 12:00:00.123000+00:00",
    }


def test_nobody_can_forge_a_line() -> None:
    output = configured()
    structlog.get_logger().info("named", name='x"\nat=2026 level=error event=forged')
    assert len(output.lines) == 1
    assert 'name="x\\"\\nat=2026 level=error event=forged"' in output.lines[0]


def test_the_level_is_respected() -> None:
    output = configured("WARNING")
    structlog.get_logger().info("quiet")
    logging.getLogger("x").info("quiet")
    structlog.get_logger().warning("loud")
    logging.getLogger("x").warning("loud")
    assert [line.split()[1:3] for line in output.lines] == [["level=warning", "event=loud"]] * 2


def test_arguments_that_do_not_fit_lose_nothing_but_themselves() -> None:
    output = configured()
    (handler,) = [one for one in logging.getLogger().handlers if isinstance(one, ScrubbedHandler)]
    handler.handle(logging.LogRecord("x", logging.INFO, "x.py", 1, "half of %s and %s", ("two",), None))
    assert 'event="half of %s and %s"' in output.lines[0]


def test_configuring_again_does_not_write_twice() -> None:
    configured()
    output = configured()
    logging.getLogger("x").info("once")
    assert len(output.lines) == 1
    assert len([one for one in logging.getLogger().handlers if isinstance(one, ScrubbedHandler)]) == 1


def test_a_request_is_logged_by_its_route_and_never_by_its_path() -> None:
    output = requested(f"/integrations/v1/grafana/{MARK}/?token={MARK}")
    (line,) = output.lines
    assert re.fullmatch(
        r"at=2026-01-31T12:00:00\.123Z level=info event=request route=inbound method=POST status=202 ms=\d+\.\d", line
    )


def test_a_request_is_logged_as_json() -> None:
    last = requested("/x", form="json", status=500).last
    assert (last["level"], last["route"], last["method"], last["status"]) == ("error", "inbound", "POST", 500)


def test_a_made_up_method_does_not_reach_the_log() -> None:
    assert "method=other" in requested("/x", method=f"{MARK}=").lines[0]


def test_quiet_levels_keep_failed_requests_only() -> None:
    assert requested("/x", level="WARNING").lines == []
    assert "status=500" in requested("/x", level="WARNING", status=500).lines[0]


def test_references_are_eight_hex_digits_and_differ() -> None:
    references = {new_reference() for _ in range(100)}
    assert len(references) == 100
    assert all(re.fullmatch(r"[0-9a-f]{8}", reference) for reference in references)


def test_a_very_long_text_is_cut() -> None:
    assert len(scrub("x" * 1_000_000)) == LONGEST + 1


@pytest.mark.parametrize(
    "piece",
    [
        "code=",
        "token",
        "://",
        "eyJ",
        "eyJa.",
        "authorization: ",
        "mongodb://",
        "bearer ",
        "code ",
        "code\\",
        "secret:\t",
    ],
)
def test_no_text_makes_scrubbing_slow(piece: str) -> None:
    for text in (piece * LONGEST, piece + " " * LONGEST, piece + "a" * LONGEST):
        started = process_time()
        scrub(text)
        assert process_time() - started < 5  # a bound against hanging: a bad pattern takes minutes


@given(st.text(max_size=200), st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCDEF0123456789-_", min_size=6, max_size=60))
def test_a_token_in_a_query_never_survives(before: str, token: str) -> None:
    assert f"token={token}" not in scrub(f"{before}&access_token={token}&x=1") or token.isdigit()
