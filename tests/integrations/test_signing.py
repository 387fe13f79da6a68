"""Signatures of senders, made as the senders make them."""

import asyncio
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tornado.httputil import HTTPHeaders

from bot.integrations import grafana, sentry
from bot.integrations.reading import Pace
from bot.integrations.signing import CHUNK, FRESH, Signature, is_signed

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "b0c4d1f0-client-secret"
BODY = b'{"action": "triggered"}'
PLAIN, STAMPED = Signature(header="Sign"), Signature(header="Sign", stamp="Stamp")


def mac(text: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


async def holds(signature: Signature, headers: dict[str, str], body: bytes = BODY, secret: str = SECRET) -> bool:
    return await is_signed(signature, HTTPHeaders(headers), body, secret=secret, now=NOW, pace=Pace())


async def test_a_known_answer():
    """RFC 4231, test case 2."""
    signed = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert await holds(PLAIN, {"Sign": signed}, b"what do ya want for nothing?", "Jefe")


async def test_the_body_as_it_came_is_signed():
    assert await holds(PLAIN, {"sign": mac(BODY)})
    assert await holds(PLAIN, {"sign": mac(BODY).upper()})
    large = b"x" * (2 * CHUNK + 1)
    assert await holds(PLAIN, {"sign": mac(large)}, large)


@pytest.mark.parametrize("given", [None, "", "x", mac(BODY)[:-1], mac(BODY, "another"), mac(BODY + b" "), "ä"])
async def test_anything_else_is_no_signature(given: str | None):
    assert not await holds(PLAIN, {} if given is None else {"Sign": given})


async def test_a_time_that_is_told_is_signed_and_has_to_be_near():
    for ago, near in ((timedelta(), True), (FRESH, True), (-FRESH, True), (FRESH + timedelta(seconds=1), False)):
        stamp = str(int((NOW - ago).timestamp()))
        assert await holds(STAMPED, {"Sign": mac(f"{stamp}:".encode() + BODY), "Stamp": stamp}) is near
    assert await holds(STAMPED, {"Sign": mac(BODY)})
    assert not await holds(STAMPED, {"Sign": mac(BODY), "Stamp": str(int(NOW.timestamp()))})
    assert not await holds(STAMPED, {"Sign": mac(b"soon:" + BODY), "Stamp": "soon"})


async def test_without_its_time_a_stamped_signature_proves_nothing():
    stamp = str(int(NOW.timestamp()))
    assert not await holds(STAMPED, {"Sign": mac(f"{stamp}:".encode() + BODY)})


@settings(max_examples=200, deadline=None)
@given(given=st.text(), stamp=st.text())
def test_no_header_does_harm(given: str, stamp: str):
    headers = {"Sign": given, "Stamp": stamp}
    assert not asyncio.run(is_signed(STAMPED, headers, BODY, secret=SECRET, now=NOW, pace=Pace()))


def test_who_signs_and_where():
    assert sentry.KIND.signature == Signature(header="Sentry-Hook-Signature")
    assert grafana.KIND.signature is not None
    assert grafana.KIND.signature.header == "X-Grafana-Alerting-Signature"
