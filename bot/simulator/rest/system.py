"""Ping, configuration and the commands of the system console that an installer needs."""

import base64
import hashlib

from bot.simulator.rest.base import BaseHandler, RestHandler


class Ping(BaseHandler):
    def get(self) -> None:
        self.answer({"status": "OK", "ActiveSearchBackend": "none", "AndroidLatestVersion": "", "IosLatestVersion": ""})


class ClientConfig(BaseHandler):
    """Open to everybody; the limited form carries the public key of the triggers, too."""

    def get(self) -> None:
        state = self.simulator.state
        settings = state.config["ServiceSettings"]
        limited = {
            "Version": self.simulator.profile.full_version,
            "BuildNumber": self.simulator.profile.full_version,
            "SiteURL": settings["SiteURL"],
            "AsymmetricSigningPublicKey": base64.b64encode(self.simulator.trigger_key.public_der()).decode(),
            "DiagnosticId": hashlib.sha256(self.simulator.trigger_key.public_der()).hexdigest()[:26],
        }
        if self.token is None:
            self.answer(limited)
            return
        self.answer(
            limited
            | {
                "MaxPostSize": "16383",
                "EnableCommands": _flag(settings["EnableCommands"]),
                "EnableUserAccessTokens": _flag(settings["EnableUserAccessTokens"]),
                "EnableBotAccountCreation": _flag(settings["EnableBotAccountCreation"]),
                "EnablePostUsernameOverride": _flag(settings["EnablePostUsernameOverride"]),
                "EnablePostIconOverride": _flag(settings["EnablePostIconOverride"]),
                "EnableOAuthServiceProvider": _flag(settings["EnableOAuthServiceProvider"]),
                "RequireEmailVerification": _flag(
                    state.config.get("EmailSettings", {}).get("RequireEmailVerification")
                ),
                "PostPriority": _flag(settings["PostPriority"]),
                "FeatureFlagInteractiveDialogAppsForm": _flag(self.simulator.profile.browser_model == "appsform"),
            }
        )


class Config(RestHandler):
    """The whole configuration, for system admins; others see it empty-handed."""

    def get(self) -> None:
        self.simulator.state.require_system_admin(self.user_id)
        self.answer(self.simulator.state.config)


class PatchConfig(RestHandler):
    def put(self) -> None:
        self.simulator.state.require_system_admin(self.user_id)
        for section, keys in self.json_object().items():
            self.simulator.state.config.setdefault(section, {}).update(keys)
        self.answer(self.simulator.state.config)


def _flag(value: object) -> str:
    return "true" if value else "false"
