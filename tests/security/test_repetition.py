"""A signed memory has one spelling, or a form that was submitted could be submitted again under another."""

import json
import string
from base64 import b64decode, b64encode
from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from bot.surfaces.tokens import BadToken
from tests.scenarios.test_native_proof import altered_form, altered_json, repeats, sent
from tests.scenarios.world import World
from tests.surfaces.drawing import sealer

ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture
def surface() -> str:
    return "native-9.5"


def respelled(token: str) -> Iterator[str]:
    """Texts that a forgiving decoder of base64 takes for the same."""
    encoded, _, signature = token.partition(".")
    yield f"{encoded}=.{signature}"
    yield f"{encoded}\n.{signature}"
    yield f"{encoded[:4]}!{encoded[4:]}.{signature}"
    yield f" {encoded}.{signature}"
    for sign in string.ascii_letters + string.digits:
        if sign != encoded[-1]:
            yield f"{encoded[:-1]}{sign}.{signature}"


@pytest.mark.parametrize("number", ["1", "12", "123"])  # with every length of the last group
def test_only_the_spelling_that_was_given_out_opens(number: str) -> None:
    token = sealer().seal("form", {"group": number}, user_id="ana")
    assert sealer().unseal("form", token, user_id="ana") == {"group": number}
    for other in respelled(token):
        with pytest.raises(BadToken):
            sealer().unseal("form", other, user_id="ana")


async def test_a_form_is_not_submitted_twice_under_another_spelling(world: World) -> None:
    await world.cho.types("/oncall page")
    await world.cho.submits(who="Prometheus", text="Checkout is slow", urgency="low")
    call = sent(world, "/dialog")
    for other in list(respelled(json.loads(call.body)["state"]))[:4]:
        status, answer = await repeats(world, call, altered_json(call, state=other))
        assert (status, answer["error"].startswith("This is out of date")) == (200, True)
    assert await world.services.stores.groups.by_number(world.server_id, 2) is None


@pytest.mark.parametrize("surface", ["native-11.1"])
async def test_a_command_is_not_repeated_under_another_spelling_of_its_trigger(world: World) -> None:
    """For every signature (r, s) of its kind (r, n - s) is good, too; and base64 may be padded with other bits."""
    await world.ana.types("/oncall page @ben Checkout is slow")
    call = sent(world, "/command")
    trigger_id = dict(parse_qsl(call.body.decode()))["trigger_id"]
    signed, _, encoded = b64decode(trigger_id).decode().rpartition(":")
    r, s = decode_dss_signature(b64decode(encoded))
    other = b64encode(encode_dss_signature(r, ORDER_OF_P256 - s)).decode()
    again = b64encode(f"{signed}:{other}".encode()).decode()
    assert again != trigger_id
    status, answer = await repeats(world, call, altered_form(call, trigger_id=again))
    assert (status, answer["text"]) == (200, "This was received already.")
    assert await world.services.stores.groups.by_number(world.server_id, 2) is None
