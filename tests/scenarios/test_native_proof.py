"""Who may say what to the native endpoints: forged, altered, foreign, stale and repeated calls change nothing.

The numbers are those of `docs/protocol.md`.
"""

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from bot.core.alert_group import Status
from bot.simulator.native.triggers import TriggerKey
from bot.simulator.outgoing import Sent
from bot.simulator.records import new_id
from tests.scenarios.world import World

NATIVE = pytest.mark.parametrize("surface", ["native-9.5", "native-12.0"])
BOTH_CLIENTS = pytest.mark.parametrize("surface", ["native-10.11", "native-11.10"])


def sent(world: World, path: str) -> Sent:
    """The last call that Mattermost made to this endpoint."""
    return next(one for one in reversed(world.simulator.outgoing.sent) if one.url.endswith(path))


async def repeats(world: World, call: Sent, body: bytes | None = None) -> tuple[int, Any]:
    """Send it again, as it was or altered."""
    content = call.body if body is None else body
    async with world.session.post(call.url, data=content, headers=dict(call.headers)) as answer:
        return answer.status, await answer.json()


def altered_form(call: Sent, **changes: str) -> bytes:
    return urlencode({**dict(parse_qsl(call.body.decode(), keep_blank_values=True)), **changes}).encode()


def altered_json(call: Sent, **changes: Any) -> bytes:
    return json.dumps({**json.loads(call.body), **changes}).encode()


def trigger(world: World, user_id: str, *, age: float = 0, key: TriggerKey | None = None) -> str:
    now = int(world.clock().timestamp() * 1000 - age * 1000)
    return (key or world.simulator.trigger_key).make(user_id, now)[1]


async def status_of(world: World, number: int = 1) -> Status:
    group = await world.services.stores.groups.by_number(world.server_id, number)
    assert group is not None
    return group.status


# ---- slash commands ----


@NATIVE
@pytest.mark.parametrize("token", ["", "x" * 26, "é"])
async def test_16_a_wrong_command_token_is_refused_and_changes_nothing(world: World, token: str) -> None:
    await world.fire()
    await world.ana.types("/oncall list")
    forged = altered_form(
        sent(world, "/command"), token=token, text="ack 1", trigger_id=trigger(world, world.ana.user.id)
    )
    assert (await repeats(world, sent(world, "/command"), forged))[0] == 401
    assert await status_of(world) is Status.FIRING


@NATIVE
async def test_16_a_token_is_good_for_its_own_team_only(bare_world: World) -> None:
    other = bare_world.simulator.add_team("dev", bare_world.root.user, bare_world.ana.user)
    await bare_world.install_natively()
    await bare_world.ana.types("/oncall list")
    call = sent(bare_world, "/command")
    fresh = trigger(bare_world, bare_world.ana.user.id)
    assert (await repeats(bare_world, call, altered_form(call, trigger_id=fresh)))[0] == 200
    for team_id in (other.id, "", new_id()):
        fresh = trigger(bare_world, bare_world.ana.user.id)
        assert (await repeats(bare_world, call, altered_form(call, team_id=team_id, trigger_id=fresh)))[0] == 401


@NATIVE
async def test_21_a_command_needs_the_signed_trigger_of_the_person_who_typed_it(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall list")
    call = sent(world, "/command")
    real = trigger(world, world.ana.user.id)
    flipped = base64.b64encode(base64.b64decode(real)[:-10] + b"AAAAAAAAAA").decode()
    for forged in (
        "",
        "no base64!",
        base64.b64encode(b"a:b:c").decode(),
        flipped,
        trigger(world, world.ben.user.id),
        trigger(world, world.ana.user.id, age=61),
        trigger(world, world.ana.user.id, age=-61),
        trigger(world, world.ana.user.id, key=TriggerKey()),
    ):
        body = altered_form(call, text="ack 1", trigger_id=forged)
        assert (await repeats(world, call, body))[0] == 401, forged
    assert await status_of(world) is Status.FIRING
    body = altered_form(call, text="ack 1", trigger_id=real)
    assert (await repeats(world, call, body))[0] == 200
    assert await status_of(world) is Status.ACKNOWLEDGED


@NATIVE
async def test_a_new_signing_key_is_asked_for_once_and_kept(world: World) -> None:
    await world.ana.types("/oncall list")
    asked = world.simulator.count_requests("GET", "/api/v4/config/client")
    world.simulator.trigger_key.use(TriggerKey().private_der())
    await world.ana.types("/oncall list")
    assert "All quiet" in world.ana.sees
    await world.ben.types("/oncall list")
    assert world.simulator.count_requests("GET", "/api/v4/config/client") == asked + 1
    call = sent(world, "/command")
    for _ in range(3):
        forged = trigger(world, world.ben.user.id, key=TriggerKey())
        assert (await repeats(world, call, altered_form(call, trigger_id=forged)))[0] == 401
    assert world.simulator.count_requests("GET", "/api/v4/config/client") == asked + 1


@NATIVE
async def test_a_command_delivered_twice_is_carried_out_once(world: World) -> None:
    await world.cho.types("/oncall page @ben db is down")
    status, answer = await repeats(world, sent(world, "/command"))
    assert (status, answer["text"]) == (200, "This was received already.")
    assert await world.services.stores.groups.by_number(world.server_id, 2) is None


# ---- buttons ----


@NATIVE
async def test_47_a_button_s_context_that_is_not_ours_is_refused_in_words(world: World) -> None:
    await world.fire()
    await world.ana.clicks("Timeline", world.card("ana"))
    call = sent(world, "/action")
    token = json.loads(call.body)["context"]["token"]
    body, _, signature = token.partition(".")
    ours = base64.urlsafe_b64decode(body + "==").decode()
    other = base64.urlsafe_b64encode(ours.replace('"show"', '"resolve"').encode()).rstrip(b"=").decode()
    for context in ({}, {"token": ""}, {"token": 7}, {"token": f"{other}.{signature}"}, {"token": body}, None, []):
        fresh = trigger(world, world.ana.user.id)
        status, answer = await repeats(world, call, altered_json(call, context=context, trigger_id=fresh))
        assert status == 200
        assert answer["ephemeral_text"].startswith("This is out of date or was made for somebody else.")
    assert await status_of(world) is Status.FIRING


@NATIVE
async def test_a_button_of_another_server_is_refused(world: World) -> None:
    await world.fire()
    await world.ana.clicks("Acknowledge", world.card("ana"))
    call = sent(world, "/action")
    foreign = world.services.sealer("another-server-of-ours").seal("button", {"command": "resolve", "group": "1"})
    body = altered_json(call, context={"token": foreign}, trigger_id=trigger(world, world.ana.user.id))
    status, answer = await repeats(world, call, body)
    assert (status, "out of date" in answer["ephemeral_text"]) == (200, True)
    assert await status_of(world) is Status.ACKNOWLEDGED


@NATIVE
async def test_a_press_needs_the_signed_trigger_of_the_person_who_pressed(world: World) -> None:
    await world.fire()
    await world.ana.clicks("Timeline", world.card("ana"))
    call = sent(world, "/action")
    for forged in ("", trigger(world, world.ben.user.id), trigger(world, world.ana.user.id, key=TriggerKey())):
        assert (await repeats(world, call, altered_json(call, trigger_id=forged)))[0] == 401


@NATIVE
async def test_48_a_press_delivered_twice_changes_nothing_more(world: World) -> None:
    await world.fire()
    world.simulator.faults.add(_twice("/action"))
    await world.ana.clicks("Acknowledge", world.card("ana"))
    assert "You already have #1" in world.ana.sees or "You have #1" in world.ana.sees
    await world.pass_time(seconds=5)
    assert world.card().words.count("Acknowledged by @ana") == 1
    replies = [reply.text for reply in world.card().replies if "acknowledged" in reply.text.lower()]
    assert len(replies) == 1, replies


def _twice(end: str) -> Any:
    from bot.simulator.faults import Fault

    class Ending(Fault):
        """Only what goes to this endpoint."""

        def matches(self, direction: str, method: str, place: str) -> bool:
            return direction == "out" and place.endswith(end)

    return Ending(direction="out", duplicate=True, remaining=1)


# ---- dialogs ----


@BOTH_CLIENTS
async def test_39_a_form_is_for_the_person_who_opened_it(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall ack")
    await world.ana.submits(group="1")
    call = sent(world, "/dialog")
    for user_id in (world.ben.user.id, "", None, new_id()):
        status, answer = await repeats(world, call, altered_json(call, user_id=user_id))
        assert (status, answer["error"].startswith("This is out of date")) == (200, True)


@BOTH_CLIENTS
async def test_39_a_form_submitted_again_after_success_is_refused(world: World) -> None:
    await world.cho.types("/oncall page")
    await world.cho.submits(who="Prometheus", text="Checkout is slow", urgency="low")
    status, answer = await repeats(world, sent(world, "/dialog"))
    assert (status, answer) == (200, {"error": "This was received already."})
    assert await world.services.stores.groups.by_number(world.server_id, 2) is None


@BOTH_CLIENTS
async def test_39_a_refused_form_may_be_corrected_and_submitted(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall silence")
    await world.ana.submits(group="1", duration="soon")
    assert world.ana.modal is not None
    await world.ana.submits(group="1", duration="2h")
    assert world.ana.modal is None
    assert await status_of(world) is Status.SILENCED


@BOTH_CLIENTS
async def test_a_form_ends_after_an_hour(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall ack")
    world.clock.advance(minutes=61)
    await world.ana.submits(group="1")
    assert world.ana.modal is not None
    assert "This is out of date" in world.ana.modal.error
    assert await status_of(world) is Status.FIRING


@BOTH_CLIENTS
async def test_a_form_of_another_purpose_server_or_maker_is_refused(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall ack")
    await world.ana.submits(group="1")
    call = sent(world, "/dialog")
    ana = world.ana.user.id
    here, elsewhere = world.services.sealer(world.server_id), world.services.sealer("another-server")
    for state in (
        "",
        None,
        "x.y",
        here.seal("button", {"command": "resolve", "group": "1"}, user_id=ana),
        elsewhere.seal("form", {"command": "resolve", "group": "1"}, user_id=ana),
        here.seal("form", {}, user_id=ana),
    ):
        status, answer = await repeats(world, call, altered_json(call, state=state))
        assert (status, answer["error"].startswith("This is out of date")) == (200, True), state
    assert await status_of(world) is Status.ACKNOWLEDGED


@BOTH_CLIENTS
async def test_the_command_comes_from_the_state_and_not_from_the_callback_id(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall ack")
    await world.ana.submits(group="1")
    call = sent(world, "/dialog")
    await world.ana.types("/oncall note")
    fresh = world.ana.modal.origin.step.state  # type: ignore[union-attr]
    body = altered_json(call, callback_id="resolve", state=fresh, submission={"group": "1", "text": "Seen"})
    assert await repeats(world, call, body) == (200, {})
    assert await status_of(world) is Status.ACKNOWLEDGED


@BOTH_CLIENTS
@pytest.mark.parametrize("submission", [None, {}, [], "x", {"group": None}, {"group": {"value": ""}}, {"group": []}])
async def test_26_every_shape_of_nothing_is_the_same_mistake(world: World, submission: Any) -> None:
    await world.fire()
    await world.ana.types("/oncall silence")
    await world.ana.submits(group="1", duration="soon")
    call = sent(world, "/dialog")
    status, answer = await repeats(world, call, altered_json(call, submission=submission))
    assert status == 200
    assert answer["errors"] == {"group": "This is needed.", "duration": "This is needed."}


@NATIVE
async def test_a_lookup_answers_only_whom_the_form_is_for(world: World) -> None:
    await world.fire()
    await world.ana.types("/oncall silence")
    await world.ana.submits(group="1", duration="soon")
    call = sent(world, "/dialog")
    url = call.url.replace("/dialog", "/lookup")
    lookup = altered_json(call, type="dialog_lookup", submission={"query": "", "selected_field": "group"})
    foreign = json.dumps({**json.loads(lookup), "user_id": world.ben.user.id}).encode()
    found = await repeats(world, Sent(method="POST", url=url, headers=call.headers, body=lookup))
    assert found == (200, {"items": [{"text": "#1 HighErrorRate (firing)", "value": "1"}]})
    assert await repeats(world, Sent(method="POST", url=url, headers=call.headers, body=foreign)) == (
        200,
        {"items": []},
    )


@pytest.mark.parametrize("surface", ["native-11.1", "native-12.0"])
async def test_a_form_is_drawn_anew_only_for_whom_it_is(world: World) -> None:
    await world.root.types("/oncall integration add", channel="alerts")
    await world.root.changes("name", "Backup")
    await world.root.changes("kind", "heartbeat")
    call = sent(world, "/refresh")
    assert (await repeats(world, call))[1]["type"] == "form"
    assert (await repeats(world, call))[1]["type"] == "form"  # nothing is carried out, so it may come twice
    for changed in (
        {"user_id": world.ben.user.id},
        {"user_id": ""},
        {"state": None},
        {"state": "x.y"},
        {"state": json.loads(call.body)["state"][:-1]},
    ):
        body = altered_json(call, **changed)
        status, answer = await repeats(world, Sent(method="POST", url=call.url, headers=call.headers, body=body))
        assert (status, answer) == (
            200,
            {"error": "This is out of date or was made for somebody else. Please open it again."},
        ), changed
    for odd in (None, [], "x", {"kind": ["heartbeat"]}, {"kind": {"value": 5}}, {"name": True}):
        body = altered_json(call, submission=odd)
        status, answer = await repeats(world, Sent(method="POST", url=call.url, headers=call.headers, body=body))
        assert (status, answer["type"]) == (200, "form"), odd
    assert "Backup" not in world.heard("root")


# ---- no calls at all ----


@NATIVE
async def test_what_is_no_call_is_a_bad_request_and_an_unknown_server_is_unproven(world: World) -> None:
    here, nobody = f"{world.url}/native/{world.server_id}", f"{world.url}/native/{'s' * 32}"
    for path in ("action", "dialog", "lookup", "refresh"):
        async with world.session.post(f"{here}/{path}", data=b"no json") as answer:
            assert answer.status == 400
        async with world.session.post(f"{nobody}/{path}", json={}) as answer:
            assert answer.status == 401
    async with world.session.post(f"{nobody}/command", data={"token": "x"}) as answer:
        assert answer.status == 401
