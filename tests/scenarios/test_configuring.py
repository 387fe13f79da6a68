"""What an admin sets up in chat: channel, policy, buttons, secret and token."""

import re

from bot.call import Actor, Call, Opened
from bot.core.servers import Server, Timeline
from tests.scenarios.test_installing import install
from tests.scenarios.world import World


async def server(world: World) -> Server:
    found = await world.services.stores.servers.by_id(world.server_id)
    assert found is not None
    return found


async def test_configure_alone_asks_for_the_channel_where_a_surface_can_tell(world: World) -> None:
    await world.root.types("/oncall configure")
    if world.apps:  # a word with others below it is refused by the web client itself, before we are asked
        assert world.root.modal is None
        await world.root.types("/oncall configure channel")
    assert world.root.modal is not None
    assert world.root.modal.title == "Configure OnCall"


async def test_only_admins_configure(world: World) -> None:
    for name in ("policy --timeline quiet", "buttons --note false", "channel alerts"):
        await world.ana.types(f"/oncall configure {name}", channel="alerts")
    assert (await server(world)).settings.get("timeline") is None
    assert (await server(world)).buttons is None


# ---- row 49: an admin chooses which buttons posts show ----


async def test_an_admin_chooses_the_buttons_and_open_posts_follow(world: World) -> None:
    await world.fire()
    await world.root.types("/oncall configure buttons")
    assert world.root.modal is not None
    assert world.root.modal.values == {"responders": True, "note": True, "show": True}
    await world.root.submits(responders=False, note=True, show=False)
    assert "Posts have the buttons you chose" in world.heard("root")
    await world.pass_time(seconds=3)
    assert world.card().buttons == ["Acknowledge", "Resolve", "Note…"]
    [page] = world.pages("ana")
    assert page.buttons == ["Acknowledge", "Resolve", "Note…"]


async def test_what_is_not_typed_keeps_its_buttons(world: World) -> None:
    await world.root.types("/oncall configure buttons --note false", channel="alerts")
    await world.fire()
    assert world.card().buttons == ["Acknowledge", "Resolve", "More people…", "Timeline"]


# ---- policy ----


async def test_the_policy_is_asked_for_with_what_is_so_now(world: World) -> None:
    await world.root.types("/oncall configure policy")
    assert world.root.modal is not None
    await world.root.submits(timeline="full")
    assert "Threads tell everything, each further alert included." in world.heard("root")
    chosen = await server(world)
    assert (chosen.timeline, chosen.who_may_act, chosen.settings["link_by_email"]) == (Timeline.FULL, "members", "off")


# ---- secret and token ----


async def test_a_new_install_secret_is_shown_to_the_admin_alone_and_installs(world: World) -> None:
    await world.root.types("/oncall configure secret", channel="alerts")
    if not world.apps:
        assert "There is no install secret here" in world.root.sees
        assert "--native" in world.root.sees
        return
    secret, command = re.findall(r"```\n(\S.*?)\n```", world.root.sees)
    assert secret not in "".join(post.words for post in world.ana.posts("alerts"))
    await install(world.root, command, secret)
    assert [one.state for one in (await server(world)).secrets] == ["current", "previous"]
    await world.ana.types("/oncall list")
    assert "All quiet" in world.ana.sees


async def test_a_lasting_token_is_checked_and_then_serves(world: World) -> None:
    before = (await server(world)).sealed_lasting_token
    await world.root.types("/oncall configure token")
    assert world.root.modal is not None
    await world.root.submits(token="nonsense")
    assert "Mattermost does not accept this token" in world.root.field_errors["token"]
    await world.root.submits(token=world.simulator.session(world.ana.user))
    assert "This is a token of @ana, not of the bot." in world.root.field_errors["token"]
    assert (await server(world)).sealed_lasting_token == before

    bot = world.simulator.state.users[(await server(world)).bot_user_id]
    token = world.simulator.session(bot)
    await world.root.submits(token=token)
    assert "The bot uses this token from now on." in world.heard("root")
    stored = await server(world)
    assert stored.sealed_lasting_token not in ("", before)
    assert token not in stored.sealed_lasting_token
    held = world.services.access.token_of(stored)
    assert held is not None
    assert held.reveal() == token
    await world.fire()
    assert len(world.cards()) == 1


async def test_looking_up_letter_by_letter_asks_mattermost_once_who_it_is(world: World) -> None:
    """The command itself asks each time: rights may be taken away while a form is open."""
    services, root = world.services, world.root.user
    person = await services.stores.people.by_user(world.server_id, root.id)
    assert person is not None
    asked = "/api/v4/users/"
    call = Call(
        server_id=world.server_id,
        command="integration remove",
        actor=Actor(user_id=root.id, username="root"),
        opened=Opened.FORM,
    )
    before = world.simulator.count_requests("GET", f"{asked}{root.id}")
    for query in ("P", "Pr", "Pro"):
        found = await services.dispatch.options(call, "name", query)
        assert [option.value for option in found] == ["Prometheus"]
    assert world.simulator.count_requests("GET", f"{asked}{root.id}") <= before + 1
    world.clock.advance(seconds=61)
    await services.dispatch.options(call, "name", "Prom")
    await services.dispatch.options(call, "name", "Prome")
    assert world.simulator.count_requests("GET", f"{asked}{root.id}") <= before + 2
    root.roles = "system_user"
    world.clock.advance(seconds=61)
    assert await services.dispatch.options(call, "name", "P") == ()
