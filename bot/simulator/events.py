"""The event stream: what a websocket client of a user would see, under Mattermost's own event names."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from bot.simulator.state import State

Event = dict[str, Any]


class Events:
    """One queue per open client; each event carries the client's own ``seq``."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._clients: dict[str, list[_Client]] = {}

    def subscribe(self, user_id: str) -> "asyncio.Queue[Event]":
        """A new client of this user; the first event is ``hello``."""
        client = _Client()
        self._clients.setdefault(user_id, []).append(client)
        client.send({"event": "hello", "data": {"connection_id": ""}, "broadcast": _broadcast(user_id=user_id)})
        return client.queue

    def unsubscribe(self, user_id: str, queue: "asyncio.Queue[Event]") -> None:
        kept = [client for client in self._clients.get(user_id, []) if client.queue is not queue]
        if kept:
            self._clients[user_id] = kept
        else:
            self._clients.pop(user_id, None)

    def publish(
        self,
        event: str,
        data: dict[str, Any] | Callable[[], dict[str, Any]],
        *,
        users: Iterable[str] = (),
        channel: str = "",
    ) -> None:
        """Send to the clients of ``users`` or of all members of ``channel``.

        ``data`` may be a function: it is called only if somebody listens.
        """
        if not self._clients:
            return
        audience = self._audience(users, channel)
        if not audience:
            return
        content = data() if callable(data) else data
        broadcast = _broadcast(channel_id=channel)
        for client in audience:
            client.send({"event": event, "data": content, "broadcast": broadcast})

    def _audience(self, users: Iterable[str], channel: str) -> "list[_Client]":
        names = self._state.channels[channel].members if channel else set(users)
        return [client for user_id, clients in self._clients.items() if user_id in names for client in clients]


class _Client:
    def __init__(self) -> None:
        self.queue: asyncio.Queue[Event] = asyncio.Queue()
        self._next = 0

    def send(self, event: Event) -> None:
        self.queue.put_nowait({**event, "seq": self._next})
        self._next += 1


def _broadcast(*, user_id: str = "", channel_id: str = "") -> dict[str, Any]:
    return {"omit_users": None, "user_id": user_id, "channel_id": channel_id, "team_id": ""}
