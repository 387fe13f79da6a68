"""What a Mattermost of a given version can draw and bear. Pure.

One code base serves all versions: what the oldest can do is the baseline, the rest is switched on by version.
Source of the versions: Mattermost's changelog, product documentation and server source, 9.0 to 12.0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SHORT_TRIGGER = 3
LONG_TRIGGER = 30

Version = tuple[int, int, int]

_VERSION = re.compile(r"\s*v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?")
_UNKNOWN: Version = (0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """`trigger_ttl_s` is how long after a press or a command a dialog may still be opened, in seconds.

    `legacy_date_keys`: limits of date fields are also read at the top level of the element, and have to be sent there.
    `closes_failed_dialogs`: a dialog whose submission fails closes as if it were saved.
    `dashed_action_ids`: ids of message actions may hold `_` and `-`, not only letters and digits.
    """

    trigger_ttl_s: int = SHORT_TRIGGER
    multiselect: bool = False
    dynamic_select: bool = False
    date: bool = False
    datetime: bool = False
    multi_step: bool = False
    refresh: bool = False
    datetime_config: bool = False
    legacy_date_keys: bool = False
    action_button: bool = False
    file_element: bool = False
    mm_blocks: bool = False
    silent_posts: bool = False
    dashed_action_ids: bool = False
    persistent_notifications_safe: bool = False
    oauth_pkce: bool = False
    override_username: bool = True
    closes_failed_dialogs: bool = True


def capabilities(version: str) -> Capabilities:
    """Of a version as in `Version` of the client configuration, or in `X-Version-Id` ("10.5.1.10.5.1.…").

    An unknown version gets the baseline: what every supported server can do.
    """
    found = read_version(version)
    if found == _UNKNOWN:
        return Capabilities()
    release = found[:2]
    return Capabilities(
        # Older servers have the three seconds hard-coded; newer ones follow their integration timeout, by default 30.
        trigger_ttl_s=LONG_TRIGGER if release >= (9, 5) else SHORT_TRIGGER,
        multiselect=release >= (11, 0),
        dynamic_select=release >= (11, 0),
        date=release >= (11, 1),
        datetime=release >= (11, 1),
        multi_step=release >= (11, 1),
        refresh=release >= (11, 1),
        datetime_config=release >= (11, 6),
        legacy_date_keys=(11, 1) <= release < (11, 8),
        action_button=release >= (11, 10),
        file_element=release >= (11, 10),
        mm_blocks=release >= (11, 10),
        silent_posts=release >= (11, 10),
        dashed_action_ids=release >= (11, 10),
        persistent_notifications_safe=_persistent_notifications_safe(found),
        oauth_pkce=release >= (11, 2),
        override_username=release < (12, 0),
        closes_failed_dialogs=release < (11, 0),
    )


def read_version(text: str) -> Version:
    """Major, minor and patch; zeros where the text is no version."""
    found = _VERSION.match(text)
    if found is None:
        return _UNKNOWN
    major, minor, patch = found.groups()
    return int(major), int(minor), int(patch or 0)


def _persistent_notifications_safe(version: Version) -> bool:
    """A bot's post with persistent notifications could crash the server until 10.11.10 and 11.3.

    Only the long-term release 10.11 got the repair in the old line: 10.12 did not.
    """
    return version[:2] >= (11, 3) or (version[:2] == (10, 11) and version[2] >= 10)
