"""A signed memory has one spelling, or a form that was submitted could be submitted again under another."""

import json
import string
from collections.abc import Iterator

import pytest

from bot.surfaces.tokens import BadToken
from tests.scenarios.test_native_proof import altered_json, repeats, sent
from tests.scenarios.world import World
from tests.surfaces.drawing import sealer


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
