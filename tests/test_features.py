"""docs/features.md claims only what a test proves."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROWS = re.findall(r"^\| (\d+) \|.*\| ([^|]+) \|$", (ROOT / "docs" / "features.md").read_text(), re.M)


def test_every_row_names_tests_that_exist():
    written = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = [name for _, tests in ROWS for name in re.findall(r"`(test_\w+)`", tests)]

    assert len(named) >= len(ROWS) > 0
    assert [name for name in named if f"def {name}(" not in written] == []


def test_the_rows_are_in_order_and_told_once():
    numbers = [int(number) for number, _ in ROWS]

    assert numbers == sorted(set(numbers))
