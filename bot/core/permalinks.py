"""Links to messages, as Mattermost copies them: who pastes one means the message. Pure."""

from __future__ import annotations

import re


def linked_post(text: str, site_url: str) -> str:
    """The id of the message, where the text is a link to one of this Mattermost and nothing else; else empty."""
    if not site_url:
        return ""
    found = re.fullmatch(rf"<?{re.escape(site_url.rstrip('/'))}/[^/\s]+/pl/([a-z0-9]{{26}})>?", text.strip())
    return found[1] if found else ""
