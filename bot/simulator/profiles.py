"""What a server of a given version can do and where its behaviour differs (9.0 to 12.0)."""

from dataclasses import dataclass
from typing import Literal

VERSIONS = ("9.0", "9.5", "10.5", "10.11", "11.0", "11.1", "11.7", "11.10", "12.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    version: str
    number: tuple[int, int]
    trigger_ttl: float | None
    """Seconds a trigger lives; None: as long as OutgoingIntegrationRequestsTimeout (9.5 and later)."""
    checks_dialogs: bool
    """Dialog definitions are checked on open and failures logged (9.9)."""
    element_types: frozenset[str]
    multiselect: bool
    dynamic_select: bool
    multi_step: bool
    refresh: bool
    selected_field: bool
    """Refresh and lookup calls name the changed field (11.7)."""
    datetime_config: bool
    legacy_date_keys: bool
    """Top-level min_date, max_date and time_interval are honoured (until 12.0)."""
    action_id_pattern: str
    shows_action_errors: bool
    maps_upstream_status: bool
    """429 and 503 of the bot pass through, other 5xx become 502 (11.10)."""
    derives_dialog_team: bool
    strips_overrides: bool
    silent_posts: bool
    action_goto_location: bool
    browser_model: Literal["legacy", "appsform"]
    stacked_dialogs: int
    persistent_notifications_safe: bool
    oauth_pkce: bool
    apps_allowed: bool

    @property
    def full_version(self) -> str:
        """As sent in X-Version-Id and the client config."""
        return f"{self.version}.0"


def profile_of(version: str) -> Profile:
    """The behaviour of a server of ``version``, written ``major.minor``."""
    major, minor = (int(part) for part in version.split(".")[:2])
    number = (major, minor)
    return Profile(
        version=f"{major}.{minor}",
        number=number,
        trigger_ttl=3.0 if number < (9, 5) else None,
        checks_dialogs=number >= (9, 9),
        element_types=_element_types(number),
        multiselect=number >= (11, 0),
        dynamic_select=number >= (11, 0),
        multi_step=number >= (11, 1),
        refresh=number >= (11, 1),
        selected_field=number >= (11, 7),
        datetime_config=number >= (11, 6),
        legacy_date_keys=(11, 1) <= number < (12, 0),
        action_id_pattern=r"[A-Za-z0-9_-]+" if number >= (11, 10) else r"[A-Za-z0-9]+",
        shows_action_errors=number >= (10, 5),
        maps_upstream_status=number >= (11, 10),
        derives_dialog_team=number >= (11, 10),
        strips_overrides=number >= (12, 0),
        silent_posts=number >= (11, 10),
        action_goto_location=number >= (11, 10),
        browser_model="appsform" if number >= (11, 0) else "legacy",
        stacked_dialogs=3 if number >= (11, 10) else 1,
        # Repaired in 10.11.10 and 11.3; the profile has no patch number, so 10.11 counts as unsafe.
        persistent_notifications_safe=number >= (11, 3),
        oauth_pkce=number >= (11, 2),
        apps_allowed=number < (12, 0),
    )


def _element_types(number: tuple[int, int]) -> frozenset[str]:
    found = {"text", "textarea", "select", "bool", "radio"}
    if number >= (11, 1):
        found |= {"date", "datetime"}
    if number >= (11, 10):
        found |= {"file", "action_button"}
    return frozenset(found)
