"""The manifest of an App: decoding, validation and the defaults of its calls (Apps plugin v1.2.2)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.simulator.apps import wire
from bot.simulator.apps.errors import PluginError, combined
from bot.simulator.apps.paths import clean_static, is_http_url

Json = dict[str, Any]

MAXIMUM_MANIFEST_BYTES = 1 << 20

ACT_AS_BOT = "act_as_bot"
ACT_AS_USER = "act_as_user"
REMOTE_OAUTH2 = "remote_oauth2"
REMOTE_WEBHOOKS = "remote_webhooks"
USER_JOINED_CHANNEL_NOTIFICATION = "user_joined_channel_notification"

PING_PATH = "/ping"
LIFECYCLE_CALLS = ("on_install", "on_uninstall", "on_version_changed", "on_enable", "on_disable")

_CONNECT_EXPAND = {"acting_user": "summary", "acting_user_access_token": "all", "oauth2_app": "all"}
DEFAULT_CALLS: dict[str, Json] = {
    "bindings": {"path": "/bindings"},
    "get_oauth2_connect_url": {"path": "/oauth2/connect", "expand": _CONNECT_EXPAND},
    "on_oauth2_complete": {"path": "/oauth2/complete", "expand": {**_CONNECT_EXPAND, "oauth2_user": "all"}},
    "on_remote_webhook": {"path": "/webhook"},
}

_REQUIRES = {
    REMOTE_OAUTH2: ACT_AS_USER,
    REMOTE_WEBHOOKS: ACT_AS_BOT,
    USER_JOINED_CHANNEL_NOTIFICATION: ACT_AS_BOT,
}
_DEPLOY_TYPES = ("http", "aws_lambda", "open_faas", "plugin")

_decode = wire.struct(
    "Manifest",
    {
        **dict.fromkeys(
            ("app_id", "version", "homepage_url", "display_name", "description", "icon", "remote_webhook_auth_type"),
            wire.text,
        ),
        **dict.fromkeys((*DEFAULT_CALLS, *LIFECYCLE_CALLS), wire.call),
        **dict.fromkeys(("requested_permissions", "requested_locations"), wire.texts),
        "http": wire.struct("HTTP", {"root_url": wire.text, "use_jwt": wire.flag}),
        **dict.fromkeys(_DEPLOY_TYPES[1:], wire.struct("Deploy", {})),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A valid manifest; `content` holds only known keys that are not empty."""

    content: Json

    @property
    def app_id(self) -> str:
        return str(self.content["app_id"])

    @property
    def display_name(self) -> str:
        return str(self.content["display_name"])

    @property
    def root_url(self) -> str:
        return str(self.content.get("http", {}).get("root_url", ""))

    @property
    def uses_jwt(self) -> bool:
        return bool(self.content.get("http", {}).get("use_jwt"))

    @property
    def permissions(self) -> tuple[str, ...]:
        return tuple(self.content.get("requested_permissions", ()))

    @property
    def locations(self) -> tuple[str, ...]:
        return tuple(self.content.get("requested_locations", ()))

    @property
    def deploy_types(self) -> tuple[str, ...]:
        return tuple(name for name in _DEPLOY_TYPES if name in self.content)

    def text(self, key: str) -> str:
        return str(self.content.get(key, ""))

    def call(self, name: str) -> Json | None:
        """The declared or default Call; each attribute it leaves out takes the default."""
        declared, default = self.content.get(name), DEFAULT_CALLS.get(name)
        if declared is None:
            return default
        return {**(default or {}), **declared}


def decode_manifest(body: bytes) -> Manifest:
    """The manifest of a document; raises `PluginError` naming all that is wrong with it."""
    if len(body) > MAXIMUM_MANIFEST_BYTES:
        raise PluginError(f"size limit of {MAXIMUM_MANIFEST_BYTES // 1024}Kb exceeded")
    try:
        return manifest_of(json.loads(body))
    except UnicodeDecodeError as problem:
        raise PluginError(f"invalid character: {problem.reason}") from None
    except json.JSONDecodeError as problem:
        raise PluginError(f"invalid character at offset {problem.pos}: {problem.msg}") from None


def manifest_of(document: Any) -> Manifest:
    try:
        content = _decode(document, "Manifest")
    except wire.DecodeError as problem:
        raise PluginError(str(problem)) from None
    manifest = Manifest(content={"app_id": "", "display_name": "", "homepage_url": "", **(content or {})})
    if problems := [f"{problem}: invalid input" for problem in _faults(manifest.content)]:
        raise PluginError(combined(problems), "invalid input")
    return manifest


def _faults(content: Json) -> Iterator[str]:
    if not content["display_name"]:
        yield "display_name is empty"
    if not content["homepage_url"]:
        yield "homepage_url is empty"
    if not is_http_url(content["homepage_url"]):
        yield f'homepage_url "{content["homepage_url"]}" invalid: not an absolute http or https URL'
    yield from _icon_faults(content.get("icon", ""))
    yield from _id_faults(content["app_id"])
    yield from _version_faults(content.get("version", ""))
    yield from _permission_faults(content.get("requested_permissions", []))
    yield from _deploy_faults(content)


def _icon_faults(icon: str) -> Iterator[str]:
    if not icon:
        return
    try:
        clean_static(icon)
    except PluginError as error:
        yield error.text.removesuffix(": invalid input")


def _id_faults(app_id: str) -> Iterator[str]:
    size = len(app_id.encode())
    if size < 3:
        yield f'app_id "{app_id}" is shorter than 3 bytes'
    if size > 32:
        yield f'app_id "{app_id}" is longer than 32 bytes'
    for character in _forbidden_characters(app_id):
        yield f"app_id \"{app_id}\" may not contain '{character}'"


def _version_faults(version: str) -> Iterator[str]:
    if len(version.encode()) > 10:
        yield f"version {version} is longer than 10 bytes"
    for character in _forbidden_characters(version):
        yield f"version may not contain '{character}'"


def _forbidden_characters(text: str) -> list[str]:
    return [one for one in text if not (one.isalpha() or one.isnumeric() or one in "-_.")]


def _permission_faults(permissions: list[str]) -> Iterator[str]:
    for permission in permissions:
        required = _REQUIRES.get(permission)
        if required and required not in permissions:
            yield f"{permission} requires {required}"


def _deploy_faults(content: Json) -> Iterator[str]:
    if not any(name in content for name in _DEPLOY_TYPES):
        yield "no way to deploy is given (http, aws_lambda, open_faas, plugin)"
    if "http" not in content:
        return
    root_url = content["http"].get("root_url", "")
    if not is_http_url(root_url):
        yield f'invalid root_url: "{root_url}": not an absolute http or https URL'
