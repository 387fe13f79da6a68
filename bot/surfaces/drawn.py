"""A drawing, ready to send."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A post as Mattermost takes it."""

    message: str
    props: dict[str, Any] = field(default_factory=dict)
