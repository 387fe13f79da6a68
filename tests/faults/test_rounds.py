"""A few rounds of faults, the same ones every time; `make faults` draws many, and looks at the clock, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.rig import Layout
from tests.faults.rounds import LAYOUTS, Print, Rounds

SEED = "in every run"
ROUNDS = {"web + worker": 6, "serve": 2, "three mongods": 2}


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Print:
    """Figures are of interest even where all is well."""

    def tell(line: str) -> None:
        with capsys.disabled():
            print(f"\n  {line}", end="")

    return tell


@pytest.mark.gen_test(timeout=900)
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
async def test_whatever_breaks_nothing_is_lost_and_nothing_comes_twice(
    layout: Layout, tmp_path: Path, tell: Print
) -> None:
    rounds = await Rounds(layout, SEED, tell, tmp_path, hurried=False).run(ROUNDS[layout.name])
    assert [str(one) for one in rounds if one.problems] == []
