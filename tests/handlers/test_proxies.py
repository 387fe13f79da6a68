"""Only our own proxies are believed about where a request comes from."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from handlers.proxies import address_of

OURS = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def request(peer: str, *forwarded: str) -> HTTPServerRequest:
    class Context:
        remote_ip = peer

    class Connection:
        context = Context()

        def set_close_callback(self, _: object) -> None: ...

    headers = HTTPHeaders({"Host": "bot"})
    for value in forwarded:
        headers.add("X-Forwarded-For", value)
    line = RequestStartLine("GET", "/", "HTTP/1.1")
    return HTTPServerRequest(start_line=line, headers=headers, connection=Connection())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),  # a stranger says so
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),  # the client put one before
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1", "10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("fd00::1", ["::1 , 2001:db8::7"], "2001:db8::7"),
        ("", [], ""),
    ],
)
def test_where_a_request_comes_from(peer: str, forwarded: list[str], address: str) -> None:
    assert address_of(request(peer, *forwarded), OURS) == address


def test_without_proxies_of_ours_nobody_is_believed() -> None:
    assert address_of(request("10.0.0.1", "198.51.100.1"), ()) == "10.0.0.1"


def test_an_ipv4_address_is_the_same_however_it_arrives() -> None:
    assert address_of(request("::ffff:203.0.113.7"), ()) == "203.0.113.7"
