"""What every part of the Apps plugin works on: the server around it, its settings and its store."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.simulator.apps.paths import clean_static
from bot.simulator.apps.records import AppsStore
from bot.simulator.events import Events
from bot.simulator.outgoing import Outgoing
from bot.simulator.state import State

PLUGIN_PATH = "/plugins/com.mattermost.apps"
PLUGIN_VERSION = "1.2.2"
REFRESH_BINDINGS = "custom_com.mattermost.apps_refresh_bindings"


class Server(Protocol):
    """The part of the simulated server that the plugin uses."""

    clock: Callable[[], float]
    state: State
    events: Events
    outgoing: Outgoing

    @property
    def site_url(self) -> str: ...

    def surprise(self, text: str) -> None: ...

    def add_routes(self, rules: Sequence[tuple[str, type[Any], dict[str, Any]]]) -> None: ...

    def on_stop(self, close: Callable[[], Awaitable[None]]) -> None: ...


@dataclass(slots=True, kw_only=True)
class AppsSettings:
    """Limits of plugin v1.2.2; the time limits are in seconds and real, tests may shorten them."""

    ping_seconds: float = 2.0
    call_seconds: float = 30.0
    developer_mode: bool = False
    allow_http_apps: bool = True
    webhook_bytes: int = 75 << 20


class Core:
    """Shared by the parts of one plugin."""

    def __init__(self, server: Server, settings: AppsSettings) -> None:
        self.server = server
        self.settings = settings
        self.store = AppsStore()

    @property
    def state(self) -> State:
        return self.server.state

    def app_path(self, app_id: str) -> str:
        return f"{PLUGIN_PATH}/apps/{app_id}"

    def app_url(self, app_id: str) -> str:
        return self.server.site_url + self.app_path(app_id)

    def icon_url(self, app_id: str) -> Callable[[str], str]:
        """How icons of this App are rewritten for clients."""

        def rewrite(icon: str) -> str:
            if icon.startswith(("http://", "https://")):
                return icon
            return f"{self.app_url(app_id)}/static/{clean_static(icon)}"

        return rewrite

    def refresh_bindings(self, users: Iterable[str]) -> None:
        """Tell these users' clients to fetch the bindings again."""
        data: dict[str, Any] = {}
        self.server.events.publish(REFRESH_BINDINGS, data, users=[user for user in users if user])

    def surprise(self, app_id: str, where: str, problems: Iterable[str]) -> None:
        for problem in problems:
            self.server.surprise(f"app {app_id}, {where}: {problem}")
