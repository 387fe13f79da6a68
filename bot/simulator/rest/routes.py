"""The paths of the REST API, the busiest first."""

from typing import Any

from bot.simulator.profiles import Profile
from bot.simulator.rest.system import ClientConfig, Config, PatchConfig, Ping


def routes(profile: Profile) -> list[tuple[str, type[Any]]]:
    api = "/api/v4"
    return [
        (f"{api}/system/ping", Ping),
        (f"{api}/config/client", ClientConfig),
        (f"{api}/config/patch", PatchConfig),
        (f"{api}/config", Config),
    ]
