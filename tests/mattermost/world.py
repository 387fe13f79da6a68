"""A Mattermost with a team, a channel, people and our bot in it, and what the bot needs to talk to it."""

from collections.abc import Callable
from ipaddress import ip_network

from bot import sealed
from bot.core.replacing import replace
from bot.core.servers import Server, State, Surface
from bot.mattermost.access import Access
from bot.mattermost.client import Mattermost
from bot.outgoing.client import Client
from bot.outgoing.guard import Guard
from bot.secret import Secret
from bot.simulator.server import Simulator
from bot.vault import Vault, generate_keys

LOOPBACK = (ip_network("127.0.0.0/8"),)


class World:
    """Start it in the test's loop, close it in the end. `clock` rules both sides."""

    def __init__(self, clock, *, version: str = "10.5", apps: bool = False, named: str = "oncall") -> None:
        self.clock = clock
        self.simulator = Simulator(version=version, apps=apps, clock=lambda: clock().timestamp())
        self.vault = Vault(generate_keys())
        self.admin = self.simulator.add_user("root", admin=True)
        self.ana = self.simulator.add_user("ana")
        self.ben = self.simulator.add_user("ben")
        self.team = self.simulator.add_team("ops", self.admin, self.ana, self.ben)
        self.channel = self.simulator.add_channel(self.team, "incidents")
        self.bot = self.simulator.state.add_bot(named, owner_id=self.admin.id)
        self.bot_user = self.simulator.state.users[self.bot.user_id]
        for user in (self.bot_user, self.ana, self.ben):
            self.simulator.join(user, self.channel)
        self.bot_token = self.simulator.state.issue_token(self.bot.user_id, "bot").secret

    async def start(self) -> None:
        await self.simulator.start()
        self.outgoing = Client(Guard(LOOPBACK))
        self.access = Access(outgoing=self.outgoing, vault=self.vault, clock=self.clock)

    async def close(self) -> None:
        await self.outgoing.close()
        await self.simulator.stop()

    def as_bot(self) -> Mattermost:
        return Mattermost(self.outgoing, self.simulator.site_url, Secret(self.bot_token))

    def as_admin(self) -> Mattermost:
        return Mattermost(self.outgoing, self.simulator.site_url, Secret(self.simulator.session(self.admin)))

    def server(self, **fields) -> Server:
        """Installed natively, with a lasting token."""
        server = Server(
            id="S1",
            name="Ops",
            surface=Surface.NATIVE,
            state=State.INSTALLED,
            created_at=self.clock(),
            site_url=self.simulator.site_url,
            bot_user_id=self.bot.user_id,
            installed_by=self.admin.id,
            sealed_lasting_token=self.vault.seal(self.bot_token, about=sealed.lasting_token("S1")),
            channel_id=self.channel.id,
            team_id=self.team.id,
        )
        return replace(server, **fields)

    # ---- what can be seen there ----

    def posts(self, channel=None) -> list:
        """What is to be seen in a channel, by default the alert channel, oldest first."""
        return [post for post in (channel or self.channel).posts if not post.delete_at]

    def messages_to(self, user) -> list:
        return self.posts(self.simulator.state.direct_channel(self.bot.user_id, user.id))

    def requests(self, method: str, path: str) -> int:
        return self.simulator.count_requests(method, f"/api/v4{path}")

    def expect(self, matches: Callable[[str], bool]) -> None:
        """This surprise was meant; it must have happened."""
        met = [surprise for surprise in self.simulator.surprises if matches(surprise)]
        assert met, self.simulator.surprises
        for surprise in met:
            self.simulator.surprises.remove(surprise)
