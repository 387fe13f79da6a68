"""Payloads of Mattermost's REST API v4, as far as we read them. Every key may be missing: servers differ by version."""

from __future__ import annotations

from typing import Any, TypedDict


class Timezone(TypedDict, total=False):
    automaticTimezone: str
    manualTimezone: str
    useAutomaticTimezone: str


class User(TypedDict, total=False):
    id: str
    username: str
    first_name: str
    last_name: str
    nickname: str
    email: str
    email_verified: bool
    roles: str
    locale: str
    timezone: Timezone
    is_bot: bool
    delete_at: int


def zone_of(user: User) -> str:
    """Their time zone: that of their device, or the one they chose."""
    zone = user.get("timezone") or {}
    automatic = str(zone.get("useAutomaticTimezone", "true")).lower() == "true"
    return str(zone.get("automaticTimezone" if automatic else "manualTimezone") or "")


class Status(TypedDict, total=False):
    """online, away, dnd, offline; with an automatic reply ooo."""

    user_id: str
    status: str


class Team(TypedDict, total=False):
    id: str
    name: str
    display_name: str
    delete_at: int


class Channel(TypedDict, total=False):
    id: str
    team_id: str
    type: str
    name: str
    display_name: str
    delete_at: int


class Member(TypedDict, total=False):
    user_id: str
    team_id: str
    channel_id: str
    roles: str
    delete_at: int


class Post(TypedDict, total=False):
    id: str
    channel_id: str
    user_id: str
    root_id: str
    message: str
    create_at: int
    update_at: int
    delete_at: int
    pending_post_id: str
    props: dict[str, Any]


class Posts(TypedDict, total=False):
    order: list[str]
    posts: dict[str, Post]


class Bot(TypedDict, total=False):
    user_id: str
    username: str
    display_name: str
    description: str
    owner_id: str
    delete_at: int


class AccessToken(TypedDict, total=False):
    """`token` is there only in the answer that made it."""

    id: str
    token: str
    user_id: str
    description: str
    is_active: bool


class Command(TypedDict, total=False):
    id: str
    token: str
    creator_id: str
    team_id: str
    trigger: str
    method: str
    url: str
    username: str
    icon_url: str
    auto_complete: bool
    auto_complete_desc: str
    auto_complete_hint: str
    display_name: str
    description: str
    delete_at: int


class CommandAnswer(TypedDict, total=False):
    response_type: str
    text: str
    goto_location: str
    trigger_id: str


class ClientConfig(TypedDict, total=False):
    """Open even without a token, then without most keys."""

    Version: str
    SiteURL: str
    RequireEmailVerification: str
    EnablePostUsernameOverride: str
    AsymmetricSigningPublicKey: str
    MaxPostSize: str
    DiagnosticId: str


class ServiceSettings(TypedDict, total=False):
    SiteURL: str
    EnableCommands: bool
    EnableBotAccountCreation: bool
    EnableInsecureOutgoingConnections: bool
    EnableOAuthServiceProvider: bool
    EnableOutgoingOAuthConnections: bool
    AllowedUntrustedInternalConnections: str
    OutgoingIntegrationRequestsTimeout: int
    PostEditTimeLimit: int
    PostPriority: bool


class Config(TypedDict, total=False):
    """The part of the system console that concerns us."""

    ServiceSettings: ServiceSettings


class Ping(TypedDict, total=False):
    status: str


class OpenDialog(TypedDict):
    """Body of `POST /actions/dialogs/open`; the dialog itself is drawn by a surface."""

    trigger_id: str
    url: str
    dialog: dict[str, Any]
