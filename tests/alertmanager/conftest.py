"""These tests need Debian's `prometheus-alertmanager`: without it they are left out with a word, in CI they fail."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

PROGRAM = "prometheus-alertmanager"
HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if shutil.which(PROGRAM) or os.environ.get("CI") == "true":
        return
    ours = [item for item in items if HERE in item.path.parents]
    items[:] = [item for item in items if HERE not in item.path.parents]
    config.hook.pytest_deselected(items=ours)
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if ours and reporter is not None:
        reporter.write_line(f"{len(ours)} tests are left out: they need the Debian package {PROGRAM}.")


@pytest.fixture(scope="session")
def alertmanager_program() -> str:
    found = shutil.which(PROGRAM)
    if found is None:
        pytest.fail(f"These tests need the Debian package {PROGRAM}.", pytrace=False)
    return found
