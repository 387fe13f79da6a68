"""Looks at every server for the operator: those that are not installed yet, and the whole way through the others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from bot.core.servers import Server, State
from bot.mattermost.doctor import Doctor
from bot.mattermost.findings import Finding, bad
from bot.storage.directory import Servers


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found at one server."""

    server: Server
    findings: tuple[Finding, ...]


async def examine(servers: Sequence[Server], *, store: Servers, doctor: Doctor) -> list[Report]:
    """All at once; each takes some seconds at most."""
    return list(await asyncio.gather(*(_examine(server, store, doctor) for server in servers)))


async def _examine(server: Server, store: Servers, doctor: Doctor) -> Report:
    findings = [] if server.waiting_site is None else [_waits(server.waiting_site.url)]
    if server.installed:
        findings += await doctor.examine(server, partial(store.by_id, server.id))
    else:
        findings.append(_not_installed(server))
    return Report(server=server, findings=tuple(findings))


def _waits(site_url: str) -> Finding:
    return bad(
        f"A second Mattermost, {site_url}, waits with the secret of this one",
        "Confirm or refuse it on the set-up page",
    )


def _not_installed(server: Server) -> Finding:
    if server.state is State.PENDING:
        return bad("Not installed yet", "A Mattermost system admin has to type the install command")
    if server.state is State.DISABLED:
        return bad("Paused by its Mattermost admin", f"Wake it there with `/apps enable {server.app_id}`")
    return bad("Removed from Mattermost; its data is deleted after seven days", "Install it again to keep the data")
