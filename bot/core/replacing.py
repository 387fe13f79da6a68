"""A document or another value with some fields changed, be it a Struct or a dataclass. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, structs

if TYPE_CHECKING:
    from dataclasses import replace as replace  # so that names and types of the changes are checked
else:
    import dataclasses

    def replace(value, /, **changes):
        """Raises TypeError for a field that there is not."""
        quick = isinstance(value, Struct)
        return structs.replace(value, **changes) if quick else dataclasses.replace(value, **changes)
