"""Who lives in a stand-in: a small team that runs a web shop."""

from dataclasses import dataclass

from bot.simulator.records import Post, User
from bot.simulator.server import Simulator

TEAM = "ops"
ALERTS = "alerts"
ADMIN = "sam"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    username: str
    first_name: str
    last_name: str
    position: str
    timezone: str
    admin: bool = False
    in_private: bool = True


RESIDENTS = (
    Resident(username="ana", first_name="Ana", last_name="Ruiz", position="paged first", timezone="Europe/Madrid"),
    Resident(
        username="ben", first_name="Ben", last_name="Carter", position="paged second", timezone="America/New_York"
    ),
    Resident(username="cho", first_name="Cho", last_name="Min-ji", position="paged third", timezone="Asia/Seoul"),
    Resident(
        username="vera",
        first_name="Vera",
        last_name="Lind",
        position="customer support",
        timezone="Europe/Stockholm",
        in_private=False,
    ),
    Resident(
        username=ADMIN,
        first_name="Sam",
        last_name="Okafor",
        position="Mattermost admin",
        timezone="Europe/London",
        admin=True,
    ),
)
NAMES = tuple(resident.username for resident in RESIDENTS)
ON_CALL = ("ana", "ben", "cho")

WELCOME = """Welcome to the ops team of a small web shop.

- ~alerts is where the bot posts alerts.
- Type `/oncall` in any channel to see what the bot can do.
- Every person sees the chat with other eyes: change who you are in the corner, and find your pages among your \
direct messages."""


def settle(simulator: Simulator) -> None:
    """People, a team and its channels, as an admin would have made them."""
    people = {resident.username: _user(simulator, resident) for resident in RESIDENTS}
    admin = people[ADMIN]
    team = simulator.add_team(TEAM, admin, *(user for user in people.values() if user is not admin))
    team.display_name = "Ops"
    alerts = simulator.add_channel(team, ALERTS)
    alerts.display_name, alerts.header = "Alerts", "What is broken now, and who has it."
    private = simulator.add_channel(team, "incident-room", private=True)
    private.display_name, private.header = "Incident room", "For those who repair things."
    for resident in RESIDENTS:
        simulator.join(people[resident.username], alerts)
        if resident.in_private:
            simulator.join(people[resident.username], private)
    town_square = simulator.state.channel_names[(team.id, "town-square")]
    town_square.header = "For everybody."
    _say(simulator, admin, town_square.id, WELCOME)


def _user(simulator: Simulator, resident: Resident) -> User:
    user = simulator.add_user(resident.username, admin=resident.admin, timezone=resident.timezone)
    user.first_name, user.last_name, user.position = resident.first_name, resident.last_name, resident.position
    return user


def _say(simulator: Simulator, user: User, channel_id: str, message: str) -> Post:
    return simulator.posting.create(user.id, {"channel_id": channel_id, "message": message})
