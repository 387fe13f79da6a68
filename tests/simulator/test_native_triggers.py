"""Trigger ids: what opens a dialog and what does not."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.simulator.conftest import Clock, MakeWorld, Run
from tests.simulator.small_bot import World

PREFIX = "interactive_message.decode_trigger_id"
DIALOG = {"title": "Override shift", "elements": [{"display_name": "Why", "name": "why", "type": "text"}]}


def opening(world: World, trigger_id: str) -> dict[str, Any]:
    return {"trigger_id": trigger_id, "url": f"{world.bot.url}/dialog", "dialog": DIALOG}


def trigger_of(world: World, run: Run) -> tuple[str, str]:
    """The client's id and the signed one, from a real command."""
    if not world.simulator.state.commands:
        run(world.make_command())
    client_id = run(world.run_command("/oncall"))[1]["trigger_id"]
    return client_id, world.bot.last.form["trigger_id"][0]


def test_a_valid_trigger_opens_the_dialog_without_a_session(world: World, run: Run) -> None:
    client_id, trigger_id = trigger_of(world, run)
    queue = world.simulator.events.subscribe(world.mira.id)
    other = world.simulator.events.subscribe(world.tomas.id)
    status, body = run(world.as_nobody("POST", "/actions/dialogs/open", opening(world, trigger_id)))
    assert (status, body) == (200, {"status": "OK"})
    (shown,) = world.dialogs_in(queue)
    assert shown["trigger_id"] == client_id
    assert shown["dialog"]["title"] == "Override shift"
    assert world.dialogs_in(other) == []
    assert world.simulator.surprises == []


@pytest.mark.parametrize(("version", "lifetime"), [("9.0", 3), ("9.5", 30), ("11.1", 30)])
def test_a_trigger_dies_after_its_lifetime(
    make_world: MakeWorld, run: Run, clock: Clock, version: str, lifetime: int
) -> None:
    world = make_world(version=version)
    _, trigger_id = trigger_of(world, run)
    clock.advance(lifetime - 0.5)
    assert run(world.as_nobody("POST", "/actions/dialogs/open", opening(world, trigger_id)))[0] == 200
    clock.advance(1)
    status, error = run(world.as_nobody("POST", "/actions/dialogs/open", opening(world, trigger_id)))
    assert (status, error["id"]) == (400, f"{PREFIX}.expired")


def test_the_lifetime_follows_the_integration_timeout_from_9_5(world: World, run: Run, clock: Clock) -> None:
    world.simulator.state.config["ServiceSettings"]["OutgoingIntegrationRequestsTimeout"] = 5
    _, trigger_id = trigger_of(world, run)
    clock.advance(6)
    assert run(world.as_nobody("POST", "/actions/dialogs/open", opening(world, trigger_id)))[0] == 400


def test_a_trigger_is_not_used_up(world: World, run: Run) -> None:
    _, trigger_id = trigger_of(world, run)
    for _ in range(2):
        assert run(world.as_nobody("POST", "/actions/dialogs/open", opening(world, trigger_id)))[0] == 200


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def flipped(trigger_id: str, world: World, run: Run) -> str:
    """The same trigger for another user: the signature no longer fits."""
    client_id, user_id, millis, signature = base64.b64decode(trigger_id).decode().split(":")
    assert user_id == world.mira.id
    return encoded(f"{client_id}:{world.tomas.id}:{millis}:{signature}")


def test_a_changed_trigger_is_refused(world: World, run: Run) -> None:
    _, trigger_id = trigger_of(world, run)
    fresh = base64.b64decode(trigger_id).decode().split(":")
    cases = {
        "%%%": "base64_decode_failed",
        encoded(":".join(fresh[:3])): "missing_data",
        encoded(":".join([*fresh[:3], "%%"])): "base64_decode_failed_signature",
        encoded(":".join([*fresh[:3], encoded("nonsense")])): "signature_decode_failed",
        flipped(trigger_id, world, run): "verify_signature_failed",
    }
    for changed, reason in cases.items():
        status, error = run(world.as_nobody("POST", "/actions/dialogs/open", opening(world, changed)))
        assert (status, error["id"]) == (400, f"{PREFIX}.{reason}")


def test_the_published_key_verifies_triggers(world: World, run: Run) -> None:
    _, trigger_id = trigger_of(world, run)
    config = run(world.as_nobody("GET", "/config/client?format=old"))[1]
    key = load_der_public_key(base64.b64decode(config["AsymmetricSigningPublicKey"]))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    signed, _, signature = base64.b64decode(trigger_id).decode().rpartition(":")
    key.verify(base64.b64decode(signature), f"{signed}:".encode(), ec.ECDSA(hashes.SHA256()))
    assert signed.split(":")[1] == world.mira.id


def test_opening_needs_a_url_and_a_dialog(world: World, run: Run) -> None:
    _, trigger_id = trigger_of(world, run)
    for body in ({"trigger_id": trigger_id, "dialog": DIALOG}, {"trigger_id": trigger_id, "url": "http://x"}):
        assert run(world.as_nobody("POST", "/actions/dialogs/open", body))[0] == 400
    assert run(world.as_nobody("POST", "/actions/dialogs/open", data=b"no json"))[0] == 400
