"""The page on the protocol: every numbered check is there, and every test it names exists and says the same."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.world import MORE_SURFACES, SURFACES

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "protocol.md").read_text()
TESTS = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]


def checks(title: str) -> list[list[str]]:
    """The rows of the table in this section."""
    section = PAGE.partition(f"## The numbered checks of the {title}\n")[2].partition("\n## ")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if re.match(r"\| \d", line)
    ]


NATIVE, APPS = checks("native integrations"), checks("Apps framework")


def missing(named: str) -> list[str]:
    """The tests in a cell that do not exist."""
    return [
        f"{file}::{test}" for file, test in re.findall(r"`(test_\w+)::(test_\w+)`", named) if not _there(file, test)
    ]


def _there(file: str, test: str) -> bool:
    return any(
        re.search(rf"^(async )?def {test}\(", path.read_text(), flags=re.MULTILINE)
        for path in TESTS
        if path.stem == file
    )


def marked(path: Path) -> Iterator[tuple[int, str]]:
    """The numbers that tests of this file carry as the mark `apps`."""
    source = path.read_text()
    if "pytest.mark.apps(" not in source:
        return
    for test in ast.walk(ast.parse(source)):
        if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef):
            for mark in test.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.apps":
                    yield from ((ast.literal_eval(number), f"{path.stem}::{test.name}") for number in mark.args)


def test_the_checks_are_numbered_without_a_gap():
    assert [int(row[0]) for row in NATIVE] == list(range(1, 70))
    assert [int(row[0]) for row in APPS] == list(range(1, 83))


@pytest.mark.parametrize(
    "row", [*NATIVE, *APPS], ids=[*(f"native-{row[0]}" for row in NATIVE), *(f"apps-{row[0]}" for row in APPS)]
)
def test_each_check_names_its_tests_or_says_why_there_are_none(row: list[str]):
    _, _, whose, named = row
    assert whose in ("bot", "both", "stand-in", "not used")
    assert ("::" in named) is (whose != "not used")
    assert missing(named) == []


def test_every_numbered_test_stands_in_its_row():
    rows = {row[0]: row[3] for row in NATIVE}
    for path in (ROOT / "tests" / "scenarios").glob("test_native_*.py"):
        for number, test in re.findall(r"def (?=test_)test_(\d+)(_\w+)\(", path.read_text()):
            assert f"`{path.stem}::test_{number}{test}`" in rows[number]


def test_the_rows_of_the_apps_framework_name_exactly_the_tests_that_are_marked():
    in_rows = {(int(row[0]), test) for row in APPS for test in re.findall(r"`(test_\w+::test_\w+)`", row[3])}
    assert {one for path in TESTS for one in marked(path)} == in_rows


def test_the_surfaces_in_the_page_are_those_of_the_stories():
    told = PAGE.rpartition("All stories are told")[2]
    for surface in (*SURFACES, *MORE_SURFACES):
        assert surface.partition("-")[2] in told


def test_a_missing_test_is_noticed():
    assert missing("`test_native_proof::test_nothing_like_this`") == ["test_native_proof::test_nothing_like_this"]
