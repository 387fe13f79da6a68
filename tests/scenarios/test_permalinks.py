"""A link to a message means the message, on every surface: also where messages have no menu of ours."""

from bot.core.neutral import BREAK
from bot.simulator.client.rendering import RenderedPost
from tests.scenarios.world import World


async def said(world: World, text: str, channel: str = "alerts") -> RenderedPost:
    await world.cho.types(text, channel=channel)
    return world.cho.posts(channel)[-1]


def link(world: World, message: RenderedPost) -> str:
    return f"{world.simulator.site_url}/ops/pl/{message.id}"


async def test_a_linked_message_becomes_a_note_and_is_followed(world: World) -> None:
    await world.fire()
    message = await said(world, "It was a cable")
    await world.ana.types(f"/oncall note 1 {link(world, message)}")
    assert world.ana.sees == "Noted on #1."
    world.simulator.posting.patch(world.cho.user.id, message.id, {"message": "It was a power cable"})
    await world.pass_time(minutes=2)
    await world.ana.types("/oncall show 1")
    assert "Note by @ana: It was a power cable (edited)" in world.ana.sees
    await world.ben.types(f"/oncall note 1 {link(world, message)}")
    assert world.ben.sees == "That message is already a note of #1."


async def test_a_linked_message_becomes_an_alert_group_whose_thread_is_told(world: World) -> None:
    message = await said(world, "The shop is down")
    await world.ana.types(f"/oncall create {link(world, message)}")
    assert "Alert group #1 is open." in world.ana.sees
    await world.settle()
    [card] = [card for card in world.cards() if "#1 The shop is down" in card.words]
    assert "Message" in card.words
    await world.ana.types("/oncall resolve 1")
    await world.pass_time(seconds=3)
    [asked] = [post for post in world.cho.posts("alerts") if post.id == message.id]
    assert [reply.text.replace(BREAK, "") for reply in asked.replies] == ["#1: Resolved by @ana"]


async def test_people_are_paged_about_a_linked_message(world: World) -> None:
    message = await said(world, "The shop is down")
    await world.ana.types(f"/oncall page @ben {link(world, message)}")
    await world.settle()
    assert "The shop is down" in world.pages("ben")[0].words


async def test_who_is_not_in_the_channel_learns_nothing_from_a_link(world: World) -> None:
    team = next(iter(world.simulator.state.teams.values()))
    private = world.simulator.add_channel(team, "secrets", private=True)
    world.simulator.join(world.cho.user, private)
    server = await world.services.stores.servers.by_id(world.server_id)
    assert server is not None
    world.simulator.join(world.simulator.state.users[server.bot_user_id], private)
    await world.fire()
    message = await said(world, "The password is hunter2", channel="secrets")
    await world.ana.types(f"/oncall note 1 {link(world, message)}")
    await world.ana.types("/oncall show 1")
    assert "hunter2" not in world.ana.sees
    assert f"pl/{message.id}" in world.ana.sees


async def test_a_link_to_nothing_is_kept_as_it_is(world: World) -> None:
    await world.fire()
    message = await said(world, "Never mind")
    world.simulator.posting.delete(world.cho.user.id, message.id)
    await world.ana.types(f"/oncall note 1 {link(world, message)}")
    assert world.ana.sees == "Noted on #1."
    world.simulator.surprises.clear()
