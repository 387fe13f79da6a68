"""One seat per person at the page: their client, what they have read, and the browser tabs to keep up to date."""

import asyncio
from collections.abc import Callable

from bot.simulator.client.person import Person
from bot.simulator.page.settings import PageSettings
from bot.simulator.server import Simulator


class Seat:
    """All tabs of one person share it, so that changing persons and coming back loses nothing."""

    def __init__(self, simulator: Simulator, username: str, start_channel: str) -> None:
        self.person = Person(simulator, username, channel=start_channel)
        self.seen: dict[str, int] = {}
        self.listeners: set[Callable[[], None]] = set()
        self.session = simulator.session(self.person.user)
        """For the browser's own requests to the server, such as connecting an account by OAuth."""
        self._events = simulator.events.subscribe(self.person.user.id)
        self._pump = asyncio.get_running_loop().create_task(self._listen())

    def changed(self) -> None:
        for listener in list(self.listeners):
            listener()

    async def _listen(self) -> None:
        while True:
            await self._events.get()
            self.changed()

    async def close(self) -> None:
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)
        self.person.simulator.events.unsubscribe(self.person.user.id, self._events)
        self.person.leaves()


class Seats:
    def __init__(self, simulator: Simulator, site: PageSettings) -> None:
        self.simulator = simulator
        self.site = site
        self._taken: dict[str, Seat] = {}

    def people(self) -> list[str]:
        """Who one can be, in the order given."""
        if self.site.people:
            return list(self.site.people)
        return [user.username for user in self.simulator.state.users.values() if not user.is_bot]

    def take(self, username: str) -> Seat:
        """The seat of this person; LookupError for a stranger."""
        if username not in self.people() or username not in self.simulator.state.usernames:
            raise LookupError(f"There is nobody called {username!r} here.")
        if username not in self._taken:
            self._taken[username] = Seat(self.simulator, username, self.site.start_channel)
        return self._taken[username]

    async def close(self) -> None:
        for seat in self._taken.values():
            await seat.close()
        self._taken.clear()
