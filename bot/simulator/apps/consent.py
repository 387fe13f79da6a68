"""The modal in which an admin agrees to an installation."""

from typing import Any

from bot.simulator.apps.manifest import Manifest

Json = dict[str, Any]

SUBMIT_PATH = "/install-consent"
SOURCE_PATH = "/install-consent/form"

_DEPLOY_NAMES = {"http": "HTTP", "aws_lambda": "AWS Lambda", "open_faas": "OpenFaaS", "plugin": "Mattermost Plugin"}
_PERMISSIONS = {
    "act_as_bot": "use the Mattermost API as the app's own bot",
    "act_as_user": "use the Mattermost API in the name of the people who use it",
    "remote_oauth2": "connect people's accounts in another system and keep the secrets for it",
    "remote_webhooks": "receive messages from another system",
    "user_joined_channel_notification": "be told when people join channels",
}
_LOCATIONS = {
    "/command": "slash commands",
    "/post_menu": "entries in the menu of posts",
    "/channel_header": "buttons in the channel header",
}


def user_call(path: str, **attributes: Any) -> Json:
    """A call of the built-in App, which always wants to know who asks."""
    return {"path": path, "expand": {"acting_user": "summary", "locale": "all"}, **attributes}


def selected(value: Any) -> str:
    """The value of a select or text field, however it arrived."""
    if isinstance(value, dict):
        value = value.get("value")
    return value if isinstance(value, str) else ""


def consent_form(manifest: Manifest, values: Json, *, usable_types: list[str], deploy_type: str) -> Json:
    """`deploy_type` is preselected unless the form was already filled in otherwise."""
    options = [{"label": _DEPLOY_NAMES[name], "value": name} for name in usable_types]
    wanted = selected(values.get("deploy_type")) or deploy_type
    chosen = next((option for option in options if option["value"] == wanted), None)
    fields = [_deploy_field(options, chosen)]
    if manifest.locations or manifest.permissions:
        fields.insert(0, _consent_field(values))
    if chosen is not None and wanted == "http" and manifest.uses_jwt:
        fields.append(_secret_field())
    return {
        "title": f"Install App {manifest.display_name}",
        "header": _header(manifest),
        "fields": fields,
        "submit": user_call(SUBMIT_PATH, state=manifest.app_id),
        "source": user_call(SOURCE_PATH, state=manifest.app_id),
    }


def _consent_field(values: Json) -> Json:
    return {
        "name": "consent",
        "type": "bool",
        "is_required": True,
        "modal_label": "I agree that the app gets this access",
        "value": values.get("consent") is True,
    }


def _deploy_field(options: list[Json], chosen: Json | None) -> Json:
    field: Json = {
        "name": "deploy_type",
        "type": "static_select",
        "is_required": True,
        "refresh": True,
        "modal_label": "Deployment method",
        "options": options,
    }
    value = options[0] if len(options) == 1 else chosen
    return {**field, "value": value} if value is not None else field


def _secret_field() -> Json:
    return {
        "name": "secret",
        "type": "text",
        "modal_label": "JWT secret",
        "description": "Signs the requests to the app. Its operator knows it.",
    }


def _header(manifest: Manifest) -> str:
    locations = [_LOCATIONS.get(location, location) for location in manifest.locations]
    permissions = [_PERMISSIONS.get(name, f"unknown permission: {name}") for name in manifest.permissions]
    if not locations and not permissions:
        return ""
    lines = [f"**{manifest.display_name}** asks for a system administrator's consent to:", ""]
    if locations:
        lines += ["- add to Mattermost:", *(f"  - {location}" for location in locations)]
    if permissions:
        lines += ["- with these permissions:", *(f"  - {permission}" for permission in permissions)]
    return "\n".join(lines)
