"""The worlds of the scenarios, for those who try to break out of them."""

from tests.scenarios.conftest import bare_world, world

__all__ = ["bare_world", "world"]
