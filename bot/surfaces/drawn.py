"""A drawing, ready to send."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A post as Mattermost takes it. `priority` is a label of Mattermost's own, such as "urgent"."""

    message: str
    props: dict[str, Any] = field(default_factory=dict)
    priority: str = ""
