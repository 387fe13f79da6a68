"""A channel of its own for an alert group."""

import asyncio

from bot.core.neutral import BREAK
from bot.simulator.records import Channel
from tests.scenarios.world import World


def channel(world: World, name: str) -> Channel:
    [found] = [one for one in world.simulator.state.channels.values() if one.name == name]
    return found


async def test_a_channel_is_opened_for_an_alert_with_everybody_who_was_paged(world: World) -> None:
    await world.fire("Shop: *down*")
    await world.pass_time(minutes=6)
    await world.cho.types("/oncall room 1")
    assert world.cho.sees == "~alert-1-shop-down is open for #1."
    made = channel(world, "alert-1-shop-down")
    assert (made.type, made.display_name) == ("O", "#1 Shop: *down*")
    assert {world.people[name].user.id for name in ("ana", "ben", "cho")} <= set(made.members)
    [post] = [post for post in world.cho.posts("alert-1-shop-down") if post.is_bot]
    assert post.text == f"🔴 **#1 Shop: \\*down\\***\n{world.simulator.site_url}/_redirect/pl/{world.card().id}"
    await world.pass_time(seconds=3)
    assert world.card().replies[-1].text.replace(BREAK, "") == "@cho opened the channel ~alert-1-shop-down for it"
    await world.ana.types("/oncall room 1")
    assert world.ana.sees == "~alert-1-shop-down is open for #1 already."


async def test_two_who_ask_at_once_get_one_channel(world: World) -> None:
    await world.fire("Shop")
    await asyncio.gather(*(world.people[name].types("/oncall room 1") for name in ("ana", "ben", "cho")))
    told = sorted(str(world.people[name].sees) for name in ("ana", "ben", "cho"))
    assert told.count("~alert-1-shop is open for #1.") == 1
    assert set(told) <= {
        "~alert-1-shop is open for #1.",
        "~alert-1-shop is open for #1 already.",
        "Somebody is opening a channel for #1 at this moment.",
    }
    names = [one.name for one in world.simulator.state.channels.values() if one.name.startswith("alert-1")]
    assert names == ["alert-1-shop"]
    [post] = [post for post in world.cho.posts("alert-1-shop") if post.is_bot]
    assert "#1 Shop" in post.text


async def test_a_private_one_and_a_name_that_is_taken(world: World) -> None:
    team = next(iter(world.simulator.state.teams.values()))
    world.simulator.add_channel(team, "alert-1-shop")
    await world.fire("Shop")
    await world.ana.types("/oncall room 1 --private")
    assert world.ana.sees == "~alert-1-shop-2 is open for #1."
    assert channel(world, "alert-1-shop-2").type == "P"
    assert channel(world, "alert-1-shop").members == {}


async def test_who_is_not_in_the_team_is_named(world: World) -> None:
    team = next(iter(world.simulator.state.teams.values()))
    await world.fire("Shop")
    team.members.pop(world.ana.user.id)
    await world.ben.types("/oncall room 1")
    assert world.ben.sees == "~alert-1-shop is open for #1.\n@ana could not be added: they are not in this team."
    world.simulator.surprises.clear()


async def test_a_bot_that_may_not_make_channels_says_so(world: World) -> None:
    await world.fire("Shop")
    world.simulator.faults.fail(403, prefix="/api/v4/channels", times=1)
    await world.ana.types("/oncall room 1")
    assert world.ana.sees == "I may not make channels here. Make one yourself, and say so in the thread of the alert."
    await world.ana.types("/oncall room 1")
    assert world.ana.sees == "~alert-1-shop is open for #1."
    world.simulator.surprises.clear()
