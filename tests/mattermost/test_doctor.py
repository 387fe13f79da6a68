"""The loop bot → Mattermost → bot, examined; each break in it is named with its remedy."""

from datetime import timedelta

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from bot import sealed
from bot.core.replacing import replace
from bot.core.servers import Command, Site, State, Surface
from bot.mattermost.doctor import Doctor
from tests.english import english
from tests.simulator.apps_world import AppServer
from tests.simulator.apps_world import World as AppsWorld


class Answer(RequestHandler):
    def initialize(self, bot):
        self.bot = bot

    def post(self):
        self.bot.asked.append(self.get_body_argument("text"))
        self.set_status(self.bot.status)
        self.finish({"text": "No such command."})


class Bot:
    """What Mattermost reaches at the bot's address."""

    def __init__(self):
        self.asked, self.status = [], 200
        sockets = bind_sockets(0, "127.0.0.1")
        self.url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        self._server = HTTPServer(Application([("/native/S1/command", Answer, {"bot": self})], log_function=str))
        self._server.add_sockets(sockets)

    async def stop(self):
        self._server.stop()
        await self._server.close_all_connections()


@pytest.fixture
def bot(io_loop):
    async def start():
        return Bot()

    bot = io_loop.run_sync(start)
    yield bot
    io_loop.run_sync(bot.stop)


@pytest.fixture
def healthy(io_loop, world, bot):
    """A native server in good order."""

    async def install():
        command = {"team_id": world.team.id, "trigger": "oncall", "method": "P", "url": f"{bot.url}/native/S1/command"}
        await world.as_admin().create_command(command)

    io_loop.run_sync(install)
    return world


async def examined(world, bot, **fields):
    command = Command(team_id=world.team.id, command_id="c1", sealed_token="")
    server = world.server(**{"commands": (command,), **fields})

    async def reload():
        return server

    doctor = Doctor(access=world.access, clock=world.clock, public_url=bot.url, patience=0.3)
    return await doctor.examine(server, reload)


async def problem(world, bot, **fields):
    (found,) = [one for one in await examined(world, bot, **fields) if not one.ok]
    assert english(found.remedy)
    return found


async def test_a_healthy_server_has_no_problems(healthy, bot):
    findings = await examined(healthy, bot)

    assert [finding for finding in findings if not finding.ok] == []
    assert len(findings) == 6
    assert len(bot.asked) == 1
    assert all(not channel_posts for channel_posts in [healthy.messages_to(healthy.bot_user), healthy.posts()])


async def test_a_mattermost_that_is_down_is_the_only_finding(healthy, bot):
    await healthy.simulator.down()

    assert "does not answer" in english((await problem(healthy, bot)).title)


async def test_a_moved_mattermost_is_noticed(healthy, bot):
    healthy.simulator.state.config["ServiceSettings"]["SiteURL"] = "https://chat.example.com"

    assert "https://chat.example.com" in english((await problem(healthy, bot)).title)


async def test_a_revoked_token_is_named_with_the_remedy(healthy, bot):
    healthy.simulator.state.revoke(healthy.simulator.state.tokens[healthy.bot_token])

    found = await problem(healthy, bot)

    assert "cannot log in" in english(found.title)
    assert "setup --native" in english(found.remedy)


async def test_a_token_of_somebody_else_is_named(healthy, bot):
    assert "belongs to @oncall" in english((await problem(healthy, bot, bot_user_id="x" * 26)).title)


async def test_a_bot_outside_its_channel_is_told_how_to_get_in(healthy, bot):
    del healthy.channel.members[healthy.bot.user_id]

    findings = [one for one in await examined(healthy, bot) if not one.ok]

    assert "not in the alert channel ~incidents" in english(findings[0].title)
    assert "/invite @oncall" in english(findings[0].remedy)


async def test_an_archived_channel_is_named(healthy, bot):
    healthy.channel.delete_at = 1

    findings = [one for one in await examined(healthy, bot) if not one.ok]

    assert "archived" in english(findings[0].title)


async def test_a_server_without_a_channel_is_told_to_choose_one(healthy, bot):
    findings = [one for one in await examined(healthy, bot, channel_id="") if not one.ok]

    assert "/oncall configure channel" in english(findings[0].remedy)


async def test_a_bot_that_may_not_write_is_named(healthy, bot):
    healthy.simulator.faults.fail(403, prefix="/api/v4/posts", times=1)

    assert "cannot write" in english((await problem(healthy, bot)).title)
    healthy.expect(lambda surprise: surprise.startswith("403 to a bot token"))


async def test_an_address_that_mattermost_cannot_reach_is_named(healthy, bot):
    await bot.stop()

    found = await problem(healthy, bot)

    assert "cannot reach" in english(found.title)
    assert "AllowedUntrustedInternalConnections" in english(found.remedy)


async def test_a_missing_command_is_named(world, bot):
    assert "is missing" in english((await problem(world, bot)).title)


async def test_a_command_missing_in_one_team_is_named_with_the_team(healthy, bot):
    other = healthy.simulator.add_team("dev", healthy.admin, healthy.bot_user)
    known = tuple(Command(team_id=team.id, command_id="c", sealed_token="") for team in (healthy.team, other))

    found = await problem(healthy, bot, commands=known)

    assert english(found.title) == "The slash command /oncall is missing in the team dev"
    assert len(bot.asked) == 1


async def test_a_new_team_is_named_unless_teams_were_chosen(healthy, bot):
    healthy.simulator.add_team("dev", healthy.admin)

    found = await problem(healthy, bot)

    assert english(found.title) == "/oncall is not in dev"
    assert "setup --native` again" in english(found.remedy)
    chosen = await examined(healthy, bot, settings={"teams": healthy.team.id})
    assert all(one.ok for one in chosen)


async def test_a_second_site_that_waits_is_named(healthy, bot):
    waiting = Site(url="https://elsewhere.example.com", bot_user_id="")

    found = await problem(healthy, bot, waiting_site=waiting)

    assert "https://elsewhere.example.com" in english(found.title)


@pytest.mark.parametrize(("state", "words"), [(State.PENDING, "Not installed"), (State.DISABLED, "Paused")])
async def test_a_server_that_is_not_served_is_only_described(healthy, bot, state, words):
    assert english((await problem(healthy, bot, state=state)).title).startswith(words)
    assert bot.asked == []


async def test_a_removed_server_is_listed_and_needs_no_attention(healthy, bot):
    waiting = Site(url="https://elsewhere.example.com", bot_user_id="")
    (found,) = await examined(healthy, bot, state=State.REMOVED, waiting_site=waiting)
    assert (found.ok, english(found.title).startswith("Removed")) == (True, True)
    assert bot.asked == []


async def test_commands_that_are_off_are_named(healthy, bot):
    healthy.simulator.state.config["ServiceSettings"]["EnableCommands"] = False

    assert "EnableCommands true" in english((await problem(healthy, bot)).remedy)


async def test_an_address_that_leads_elsewhere_is_named(healthy, bot):
    bot.status = 404

    assert bot.url in english((await problem(healthy, bot)).remedy)


async def test_a_server_that_is_not_installed_is_not_examined(world, bot):
    assert "not installed" in english((await problem(world, bot, site_url="")).title)


# ---- over the Apps framework: the webhook's round trip ----


class Installed:
    """The Apps plugin with our app, whose webhook keeps the token it brings; `server` is our document."""

    def __init__(self, io_loop, world, *, keeps=True):
        self.world, self.apps = world, AppsWorld(world.simulator, lambda work: io_loop.run_sync(lambda: work))
        self.app: AppServer = self.apps.app
        installed = self.apps.install(on_remote_webhook={"path": "/webhook"})
        assert installed["type"] == "ok", installed
        secret = self.apps.plugin.core.store.enabled("oncall").webhook_secret
        app_bot = world.simulator.state.usernames["oncall"]
        world.simulator.join(app_bot, world.channel)
        self.server = world.server(
            surface=Surface.APPS,
            app_id="oncall",
            bot_user_id=app_bot.id,
            sealed_lasting_token="",
            sealed_webhook_secret=world.vault.seal(secret, about=sealed.webhook_secret("S1")),
        )
        self.keep({"context": {"bot_access_token": self.apps.bot_token()}})
        self.app.answers["/webhook/renew"] = self.keep if keeps else {}

    def keep(self, body):
        token = body["context"]["bot_access_token"]
        self.server = replace(
            self.server,
            sealed_push_token=self.world.vault.seal(token, about=sealed.push_token("S1")),
            push_token_ends_at=self.world.clock() + timedelta(minutes=4, seconds=45),
        )
        return {}

    async def reload(self):
        return self.server

    async def examine(self):
        doctor = Doctor(access=self.world.access, clock=self.world.clock, public_url=self.app.url, patience=3)
        return await doctor.examine(self.server, self.reload)

    @property
    def renewals(self) -> int:
        return len(self.app.calls("/webhook/renew"))


@pytest.fixture
def installed(io_loop, make_world):
    made = []

    def make(**options):
        made.append(Installed(io_loop, make_world(version="9.5", apps=True, named="otherbot"), **options))
        return made[-1]

    yield make
    for one in made:
        one.apps.close()


async def bad_titles(installed) -> list[str]:
    return [english(finding.title) for finding in await installed.examine() if not finding.ok]


@pytest.fixture
def over_apps(installed):
    return installed()


async def test_a_fresh_token_proves_that_mattermost_reaches_us(over_apps):
    assert await bad_titles(over_apps) == []
    assert over_apps.renewals == 0


async def test_an_older_token_is_renewed_through_the_webhook_to_prove_it(over_apps, clock):
    clock.advance(minutes=3)
    before = over_apps.server.push_token_ends_at

    assert await bad_titles(over_apps) == []
    assert over_apps.renewals == 1
    assert over_apps.server.push_token_ends_at > before


async def test_a_changed_webhook_secret_is_named(over_apps, clock):
    clock.advance(minutes=3)
    wrong = over_apps.world.vault.seal("wrong", about=sealed.webhook_secret("S1"))
    over_apps.server = replace(over_apps.server, sealed_webhook_secret=wrong)

    (title,) = await bad_titles(over_apps)

    assert "refused the bot's webhook" in title


async def test_a_server_without_a_webhook_is_named(over_apps, clock):
    clock.advance(minutes=3)
    over_apps.server = replace(over_apps.server, sealed_webhook_secret="")

    (title,) = await bad_titles(over_apps)

    assert "no webhook" in title


@pytest.fixture
def deaf(installed):
    """Mattermost's call reaches something that is not us: no token ever comes."""
    return installed(keeps=False)


async def test_a_call_that_never_comes_is_named(deaf, clock):
    clock.advance(minutes=3)
    doctor = Doctor(access=deaf.world.access, clock=clock, public_url=deaf.app.url, patience=0.3)

    (found,) = [one for one in await doctor.examine(deaf.server, deaf.reload) if not one.ok]

    assert "cannot reach" in english(found.title)
