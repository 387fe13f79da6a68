"""Things that go wrong on purpose."""

import asyncio

import aiohttp
import orjson
import pytest

from bot.simulator.faults import Fault
from tests.simulator.conftest import Run
from tests.simulator.small_bot import World


def test_a_rate_limit_is_plain_text_with_its_reset(world: World, run: Run) -> None:
    world.simulator.faults.rate_limit(prefix="/api/v4/posts", times=1, reset=7)
    status, text = run(world.as_mira("POST", "/posts", {"channel_id": world.channel.id, "message": "x"}))
    assert (status, text) == (429, "limit exceeded")
    assert world.as_mira.headers["X-Ratelimit-Reset"] == "7"
    assert world.channel.posts == []
    assert run(world.as_mira("POST", "/posts", {"channel_id": world.channel.id, "message": "x"}))[0] == 201


def test_a_fault_spoils_only_its_paths(world: World, run: Run) -> None:
    world.simulator.faults.fail(503, prefix="/api/v4/users")
    assert run(world.as_mira("GET", "/users/me"))[0] == 503
    assert run(world.as_mira("GET", "/teams"))[0] == 200
    world.simulator.faults.clear()
    assert run(world.as_mira("GET", "/users/me"))[0] == 200


def test_a_slow_answer_comes_later(world: World, run: Run) -> None:
    world.simulator.faults.slow(0.2, prefix="/api/v4/users")
    order: list[str] = []

    async def ask(path: str) -> None:
        await world.as_mira("GET", path)
        order.append(path)

    async def both() -> None:
        await asyncio.gather(ask("/users/me"), ask("/teams"))

    run(both())
    assert order == ["/teams", "/users/me"]


def test_a_server_that_is_down_refuses_and_comes_back_with_its_memory(world: World, run: Run) -> None:
    run(world.simulator.down())
    with pytest.raises(aiohttp.ClientConnectorError):
        run(world.as_mira("GET", "/users/me"))

    async def up() -> None:
        world.simulator.up()

    run(up())
    assert run(world.as_mira("GET", "/users/me"))[1]["id"] == world.mira.id


def test_a_request_out_may_arrive_twice(world: World, run: Run) -> None:
    run(world.make_command())
    world.simulator.faults.add(Fault(direction="out", duplicate=True, remaining=1))
    run(world.run_command("/oncall"))
    first, second = world.bot.received
    assert first.body == second.body


def test_an_answer_may_arrive_cut(world: World, run: Run) -> None:
    run(world.make_command())
    world.bot.answer = {"text": "hello"}
    world.simulator.faults.add(Fault(direction="out", malformed=True))
    assert run(world.run_command("/oncall"))[1]["id"] == "api.command.execute_command.failed.app_error"


async def frames(world: World, *, token: str, header: bool, count: int) -> list[dict[str, object]]:
    headers = {"Authorization": f"Bearer {token}"} if header else {}
    url = f"{world.simulator.url}/api/v4/websocket"
    found = []
    async with aiohttp.ClientSession() as client, client.ws_connect(url, headers=headers) as socket:
        if not header:
            challenge = {"seq": 1, "action": "authentication_challenge", "data": {"token": token}}
            await socket.send_json(challenge)
        for _ in range(count):
            message = await socket.receive()
            if message.type != aiohttp.WSMsgType.TEXT:
                break
            found.append(orjson.loads(message.data))
    return found


def test_a_websocket_says_hello_after_the_right_token(world: World, run: Run) -> None:
    token = world.simulator.session(world.mira)
    first, second = run(frames(world, token=token, header=False, count=2))
    assert (first["status"], first["seq_reply"]) == ("OK", 1)
    assert (second["event"], second["seq"]) == ("hello", 0)
    (only,) = run(frames(world, token=token, header=True, count=1))
    assert only["event"] == "hello"


def test_a_websocket_refuses_a_wrong_token(world: World, run: Run) -> None:
    found = run(frames(world, token="wrong", header=False, count=2))
    assert [one["status"] for one in found] == ["FAIL"]


def test_a_websocket_carries_the_posts(world: World, run: Run) -> None:
    async def story() -> dict[str, object]:
        url = f"{world.simulator.url}/api/v4/websocket"
        headers = {"Authorization": f"Bearer {world.simulator.session(world.tomas)}"}
        async with aiohttp.ClientSession() as client, client.ws_connect(url, headers=headers) as socket:
            assert (await socket.receive_json())["event"] == "hello"
            await world.as_mira("POST", "/posts", {"channel_id": world.channel.id, "message": "hi"})
            found: dict[str, object] = await socket.receive_json()
            return found

    event = run(story())
    assert event["event"] == "posted"
    assert orjson.loads(event["data"]["post"])["message"] == "hi"  # type: ignore[index]
