"""Installing natively in a strict Mattermost, again, and away."""

import pytest

from bot.core.replacing import replace
from bot.mattermost.client import Mattermost
from bot.mattermost.native_setup import NotReady, Wanted, install, remove
from bot.secret import Secret
from tests.english import english

URL = "http://127.0.0.1:9/native/S1/command"


@pytest.fixture
def fresh(make_world):
    """A Mattermost without our bot, with two teams."""
    world = make_world(version="11.1")
    state = world.simulator.state
    state.rename_user(world.bot_user, "somebodysbot")
    world.bot.username = "somebodysbot"
    world.dev = world.simulator.add_team("dev", world.admin)
    return world


def wanted(world, **fields):
    return replace(Wanted(url=world.simulator.site_url, public_url="http://127.0.0.1:9/", server_id="S1"), **fields)


def admin_token(world):
    return Secret(world.simulator.session(world.admin))


async def refusal(world, **fields) -> NotReady:
    with pytest.raises(NotReady) as caught:
        await install(world.outgoing, admin_token(world), wanted(world, **fields))
    return caught.value


def commands(world):
    return sorted(world.simulator.state.commands.values(), key=lambda command: command.team_id)


@pytest.mark.parametrize("site_url", ["https://chat.example.com", "http://127.0.0.1:1", "http://[half"])
async def test_a_mattermost_that_calls_itself_something_else_is_asked_about_first(fresh, site_url):
    """The bot's token would go there."""
    url = fresh.simulator.site_url
    fresh.simulator.state.config["ServiceSettings"]["SiteURL"] = site_url
    refused = await refusal(fresh, url=url)
    [stop] = [finding for finding in refused.findings if finding.stops]
    assert english(stop.title) == f"You typed {url}, but Mattermost calls itself {site_url}"
    assert "Type its Site URL" in english(stop.remedy)
    assert commands(fresh) == []


async def test_the_spelling_of_the_same_place_does_not_matter(fresh):
    url = fresh.simulator.site_url
    fresh.simulator.state.config["ServiceSettings"]["SiteURL"] = f"{url}/"
    made = await install(fresh.outgoing, admin_token(fresh), wanted(fresh, url=url.replace("http:", "HTTP:")))
    assert made.site_url == url


async def test_everything_needed_is_made(fresh):
    told = []
    made = await install(fresh.outgoing, admin_token(fresh), wanted(fresh), tell=told.append)

    bot = Mattermost(fresh.outgoing, made.site_url, made.bot_token)
    me = await bot.me()
    assert (me["id"], me["username"], me["is_bot"]) == (made.bot_user_id, "oncall", True)
    assert {team["name"] for team in await bot.my_teams()} == {"ops", "dev"}
    assert {(one.team_name, one.token.reveal()) for one in made.commands} == {
        ({fresh.team.id: "ops", fresh.dev.id: "dev"}[command.team_id], command.token) for command in commands(fresh)
    }
    assert {(command.trigger, command.url, command.method) for command in commands(fresh)} == {("oncall", URL, "P")}
    assert commands(fresh)[0].auto_complete_hint
    assert made.version == "11.1.0"
    assert made.signing_key
    assert made.site_url == fresh.simulator.site_url
    assert made.installed_by == fresh.admin.id
    assert all(finding.ok for finding in made.findings), made.findings
    assert told


async def test_again_changes_nothing(fresh):
    first = await install(fresh.outgoing, admin_token(fresh), wanted(fresh))
    before = fresh.requests("POST", "/commands"), fresh.requests("POST", "/bots")

    again = await install(fresh.outgoing, admin_token(fresh), wanted(fresh, bot_token=first.bot_token))

    assert again == first
    assert (fresh.requests("POST", "/commands"), fresh.requests("POST", "/bots")) == before
    assert fresh.requests("PUT", "/commands") == 0


async def test_a_lost_token_is_replaced_and_the_old_one_dies(fresh):
    first = await install(fresh.outgoing, admin_token(fresh), wanted(fresh))

    again = await install(fresh.outgoing, admin_token(fresh), wanted(fresh))

    assert again.bot_user_id == first.bot_user_id
    assert fresh.simulator.state.valid_token(first.bot_token.reveal()) is None
    assert fresh.simulator.state.valid_token(again.bot_token.reveal()) is not None


async def test_a_dead_token_is_not_kept(fresh):
    made = await install(fresh.outgoing, admin_token(fresh), wanted(fresh, bot_token=Secret("dead")))

    assert fresh.simulator.state.valid_token(made.bot_token.reveal()) is not None


async def test_tokens_of_others_stay(fresh):
    first = await install(fresh.outgoing, admin_token(fresh), wanted(fresh, server_id="S2"))

    await install(fresh.outgoing, admin_token(fresh), wanted(fresh))

    assert fresh.simulator.state.valid_token(first.bot_token.reveal()) is not None


async def test_a_disabled_bot_is_woken(fresh):
    first = await install(fresh.outgoing, admin_token(fresh), wanted(fresh))
    await fresh.as_admin().disable_bot(first.bot_user_id)

    again = await install(fresh.outgoing, admin_token(fresh), wanted(fresh))

    assert again.bot_user_id == first.bot_user_id
    assert all(finding.ok for finding in again.findings)


async def test_an_own_command_of_earlier_is_brought_up_to_date_with_its_token(fresh):
    first = await install(fresh.outgoing, admin_token(fresh), wanted(fresh, server_id="S0"))

    again = await install(fresh.outgoing, admin_token(fresh), wanted(fresh))

    assert [one.token.reveal() for one in again.commands] == [one.token.reveal() for one in first.commands]
    assert {command.url for command in commands(fresh)} == {URL}


async def test_a_foreign_command_is_left_alone_and_named(fresh):
    await fresh.as_admin().create_command(
        {"team_id": fresh.dev.id, "trigger": "oncall", "method": "P", "url": "http://127.0.0.1/other"}
    )

    made = await install(fresh.outgoing, admin_token(fresh), wanted(fresh))

    (problem,) = [finding for finding in made.findings if not finding.ok]
    assert "dev" in english(problem.title)
    assert [one.team_name for one in made.commands] == ["ops"]
    assert {command.url for command in commands(fresh)} == {URL, "http://127.0.0.1/other"}


async def test_only_the_chosen_teams_are_joined(fresh):
    made = await install(fresh.outgoing, admin_token(fresh), wanted(fresh, teams=("Dev",)))

    assert [one.team_name for one in made.commands] == ["dev"]
    assert made.bot_user_id not in fresh.team.members


async def test_an_unknown_team_stops_before_anything_is_made(fresh):
    refused = await refusal(fresh, teams=("nope", "dev"))

    assert "nope" in str(refused)
    assert commands(fresh) == []
    assert fresh.requests("POST", "/bots") == 0


async def test_all_that_is_wrong_is_said_at_once(fresh):
    settings = fresh.simulator.state.config["ServiceSettings"]
    settings["EnableCommands"] = settings["EnableBotAccountCreation"] = False

    refused = await refusal(fresh)

    assert len([finding for finding in refused.findings if finding.stops]) == 2
    assert commands(fresh) == []


async def test_a_private_address_that_is_not_listed_does_not_stop(fresh):
    fresh.simulator.state.config["ServiceSettings"]["AllowedUntrustedInternalConnections"] = ""

    made = await install(fresh.outgoing, admin_token(fresh), wanted(fresh))

    assert [finding.ok for finding in made.findings].count(False) == 1
    assert len(made.commands) == 2


async def test_a_person_with_the_name_is_not_taken_for_a_bot(fresh):
    assert "@ana" in str(await refusal(fresh, bot_username="ana"))


async def test_only_a_system_admin_may(fresh):
    with pytest.raises(NotReady, match="ana is not a system admin"):
        await install(fresh.outgoing, Secret(fresh.simulator.session(fresh.ana)), wanted(fresh))


async def test_a_wrong_token_says_how_to_get_a_right_one(fresh):
    with pytest.raises(NotReady) as caught:
        await install(fresh.outgoing, Secret("wrong"), wanted(fresh))

    assert "Personal Access Tokens" in english(caught.value.findings[0].remedy)


async def test_removing_takes_our_things_and_nothing_else(fresh):
    made = await install(fresh.outgoing, admin_token(fresh), wanted(fresh, teams=("ops",)))
    await fresh.as_admin().create_command(
        {"team_id": fresh.dev.id, "trigger": "oncall", "method": "P", "url": "http://127.0.0.1/other"}
    )

    await remove(fresh.outgoing, admin_token(fresh), wanted(fresh))
    await remove(fresh.outgoing, admin_token(fresh), wanted(fresh))

    assert [command.url for command in commands(fresh)] == ["http://127.0.0.1/other"]
    assert fresh.simulator.state.valid_token(made.bot_token.reveal()) is None
    assert fresh.simulator.state.users[made.bot_user_id].delete_at


async def test_a_bot_that_others_use_is_not_disabled(fresh):
    other = await install(fresh.outgoing, admin_token(fresh), wanted(fresh, server_id="S2", teams=("dev",)))
    await install(fresh.outgoing, admin_token(fresh), wanted(fresh, teams=("ops",)))

    await remove(fresh.outgoing, admin_token(fresh), wanted(fresh))

    assert fresh.simulator.state.valid_token(other.bot_token.reveal()) is not None
    assert len(commands(fresh)) == 1
