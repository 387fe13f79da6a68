"""Keeps the server's memory over a restart: one JSON file, written whole and only readable by its owner.

What lives for seconds is left out: open clients and their modals, faults, the log of requests.
"""

import asyncio
import logging
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from time import monotonic

import msgspec

from bot.simulator.apps.manifest import Manifest
from bot.simulator.apps.records import App, AppsStore
from bot.simulator.records import Bot, Channel, Command, CommandHook, Json, Post, Team, Token, User
from bot.simulator.server import Simulator
from bot.simulator.state import State

FORMAT = 1
LEAST_PAUSE = 1.0
"""Seconds between two looks at whether something has changed."""
SHARE_OF_TIME = 0.02
"""How much of the time these looks may take; a large memory is looked at less often."""

log = logging.getLogger(__name__)


class Damaged(Exception):
    """The file is there but cannot be used; the text says why."""


class SavedApps(msgspec.Struct, forbid_unknown_fields=True):
    """The Apps plugin's store. Keys of several parts are rows: JSON has none of those."""

    listings: list[Manifest]
    apps: list[App]
    kv: list[tuple[tuple[str, str, str, str], bytes]]
    oauth2_users: list[tuple[tuple[str, str], bytes]]
    oauth2_states: dict[str, float]
    subscriptions: list[tuple[tuple[str, str, str, str, str], Json]]
    icons: dict[str, bytes]


class Saved(msgspec.Struct, forbid_unknown_fields=True):
    """Everything, without the references between things: those are found again by id."""

    format: int
    config: dict[str, Json]
    licensed: bool
    users: list[User]
    teams: list[Team]
    channels: list[Channel]
    posts: list[Post]
    pending_posts: dict[str, tuple[str, int]]
    tokens: list[Token]
    bots: list[Bot]
    commands: list[Command]
    command_hooks: list[CommandHook]
    trigger_key: bytes
    cookie_key: bytes
    apps: SavedApps | None


def encode(simulator: Simulator) -> bytes:
    state = simulator.state
    saved = Saved(
        format=FORMAT,
        config=state.config,
        licensed=state.licensed,
        users=list(state.users.values()),
        teams=list(state.teams.values()),
        channels=[replace(channel, posts=[]) for channel in state.channels.values()],
        posts=[replace(post, replies=[]) for channel in state.channels.values() for post in channel.posts],
        pending_posts=state.pending_posts,
        tokens=list(state.tokens.values()),
        bots=list(state.bots.values()),
        commands=list(state.commands.values()),
        command_hooks=list(state.command_hooks.values()),
        trigger_key=simulator.trigger_key.private_der(),
        cookie_key=simulator.cookies.key,
        apps=_apps_to_save(simulator.apps.store) if simulator.apps else None,
    )
    return msgspec.json.encode(saved)


def restore(simulator: Simulator, content: bytes) -> None:
    """Give a simulator that has not started yet the memory of an earlier life.

    Raises Damaged; the simulator is of no use then.
    """
    try:
        saved = msgspec.json.decode(content, type=Saved)
        if saved.format != FORMAT:
            raise Damaged("it was written by another version of this program")
        _fill(simulator.state, saved)
        simulator.trigger_key.use(saved.trigger_key)
        simulator.cookies.use(saved.cookie_key)
        if (simulator.apps is None) != (saved.apps is None):
            raise Damaged("it belongs to the other kind of stand-in")
        if simulator.apps and saved.apps:
            _fill_apps(simulator.apps.store, saved.apps)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise Damaged("it cannot be read") from problem
    except (KeyError, ValueError) as problem:
        raise Damaged("its parts do not fit together") from problem


def _fill(state: State, saved: Saved) -> None:
    for section, settings in saved.config.items():
        # Onto the defaults: a newer server knows settings that an older one did not save.
        state.config.setdefault(section, {}).update(settings)
    state.licensed = saved.licensed
    state.users = {user.id: user for user in saved.users}
    state.usernames = {user.username: user for user in saved.users}
    state.emails = {user.email: user for user in saved.users}
    state.teams = {team.id: team for team in saved.teams}
    state.channels = {channel.id: channel for channel in saved.channels}
    state.channel_names = {(channel.team_id, channel.name): channel for channel in saved.channels}
    _fill_posts(state, saved.posts)
    state.pending_posts = saved.pending_posts
    state.tokens = {token.secret: token for token in saved.tokens}
    state.token_ids = {token.id: token for token in saved.tokens}
    state.bots = {bot.user_id: bot for bot in saved.bots}
    state.commands = {command.id: command for command in saved.commands}
    state.triggers = {(command.team_id, command.trigger): command for command in saved.commands}
    state.command_hooks = {hook.id: hook for hook in saved.command_hooks}


def _fill_posts(state: State, posts: list[Post]) -> None:
    """A thread's root comes before its answers, as it was written."""
    state.posts = {post.id: post for post in posts}
    for post in posts:
        state.channels[post.channel_id].posts.append(post)
        if post.root_id:
            state.posts[post.root_id].replies.append(post)


def _apps_to_save(store: AppsStore) -> SavedApps:
    return SavedApps(
        listings=list(store.listings.values()),
        apps=list(store.apps.values()),
        kv=list(store.kv.items()),
        oauth2_users=list(store.oauth2_users.items()),
        oauth2_states=store.oauth2_states,
        subscriptions=list(store.subscriptions.items()),
        icons=store.icons,
    )


def _fill_apps(store: AppsStore, saved: SavedApps) -> None:
    store.listings = {manifest.app_id: manifest for manifest in saved.listings}
    store.apps = {app.app_id: app for app in saved.apps}
    store.kv = dict(saved.kv)
    store.oauth2_users = dict(saved.oauth2_users)
    store.oauth2_states = saved.oauth2_states
    store.subscriptions = dict(saved.subscriptions)
    store.icons = saved.icons


class Saving:
    """Writes a simulator's memory to its file, now and then and at the end."""

    def __init__(self, simulator: Simulator, file: Path) -> None:
        self._simulator = simulator
        self._file = file
        self._written = b""
        self._writing = asyncio.Lock()
        self._complained = False

    async def run(self) -> None:
        """Until cancelled: soon after every change."""
        pause = LEAST_PAUSE
        while True:
            await asyncio.sleep(pause)
            began = monotonic()
            content = encode(self._simulator)
            pause = max(LEAST_PAUSE, (monotonic() - began) / SHARE_OF_TIME)
            await self._try(content)

    async def save(self) -> None:
        """Now, if something has changed. Raises OSError."""
        await self._write(encode(self._simulator))

    async def _write(self, content: bytes) -> None:
        async with self._writing:
            if content != self._written:
                await asyncio.to_thread(write_private, self._file, content)
                self._written = content

    async def _try(self, content: bytes) -> None:
        """Complains once, not every second."""
        try:
            await self._write(content)
        except OSError as problem:
            if not self._complained:
                log.error("%s cannot be written: %s", self._file, problem.strerror)
            self._complained = True
        else:
            self._complained = False


def write_private(file: Path, content: bytes) -> None:
    """The whole file or none, readable by its owner only. Raises OSError."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mkstemp's mode is 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
