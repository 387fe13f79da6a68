"""What people type by mistake is not written down."""

import pytest
from structlog.testing import capture_logs

from tests.scenarios.world import World


@pytest.fixture
def surface() -> str:
    return "native-9.5"


async def test_a_password_typed_in_place_of_a_command_is_not_logged(world: World) -> None:
    with capture_logs() as told:
        await world.ana.types("/oncall correct-horse-battery")
        await world.ana.types("/oncall list")
    assert "correct-horse" not in str(told)
    assert {line["command"] for line in told if line["event"] == "call"} == {"unknown", "list"}
