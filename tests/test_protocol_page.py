"""The page on the protocol: every numbered check is there, and every test it names exists."""

import re
from pathlib import Path

import pytest

from tests.scenarios.world import MORE_SURFACES, SURFACES

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "protocol.md").read_text()
CHECKS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.partition("## The numbered checks")[2].splitlines()
    if re.match(r"\| \d", line)
]


def missing(named: str) -> list[str]:
    """The tests in a cell that do not exist."""
    return [
        f"{file}::{test}" for file, test in re.findall(r"`(test_\w+)::(test_\w+)`", named) if not _there(file, test)
    ]


def _there(file: str, test: str) -> bool:
    return any(
        re.search(rf"^(async )?def {test}\(", path.read_text(), flags=re.MULTILINE)
        for path in (ROOT / "tests").rglob(f"{file}.py")
    )


def test_the_checks_are_numbered_without_a_gap():
    assert [int(row[0]) for row in CHECKS] == list(range(1, 70))


@pytest.mark.parametrize("row", CHECKS, ids=lambda row: row[0])
def test_each_check_names_its_tests_or_says_why_there_are_none(row: list[str]):
    _, _, whose, named = row
    assert whose in ("bot", "both", "stand-in", "not used")
    assert ("::" in named) is (whose != "not used")
    assert missing(named) == []


def test_every_numbered_test_stands_in_its_row():
    rows = {row[0]: row[3] for row in CHECKS}
    for path in (ROOT / "tests" / "scenarios").glob("test_native_*.py"):
        for number, test in re.findall(r"def (?=test_)test_(\d+)(_\w+)\(", path.read_text()):
            assert f"`{path.stem}::test_{number}{test}`" in rows[number]


def test_the_surfaces_in_the_page_are_those_of_the_stories():
    told = PAGE.rpartition("All stories are told")[2]
    for surface in (*SURFACES, *MORE_SURFACES):
        assert surface.partition("-")[2] in told


def test_a_missing_test_is_noticed():
    assert missing("`test_native_proof::test_nothing_like_this`") == ["test_native_proof::test_nothing_like_this"]
