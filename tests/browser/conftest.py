"""A real Chromium. Where there is none these tests are left out with one line, and in CI they fail."""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tests.browser.screen import Screen
from tests.ports import three_free_ports
from tests.running_demo import Demo

ARTEFACTS = Path(__file__).parent.parent / "artefacts"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,800",
)
NAMES = ("chromium", "chromium-browser", "google-chrome")
LEFT_OUT = pytest.StashKey[int]()
FAILED = pytest.StashKey[bool]()


def chromium() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def is_missing() -> bool:
    return chromium() is None or shutil.which("chromedriver") is None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not is_missing() or os.environ.get("CI") == "true":
        return
    ours = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    config.hook.pytest_deselected(items=ours)
    config.stash[LEFT_OUT] = len(ours)
    items[:] = [item for item in items if item not in ours]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash.get(LEFT_OUT, 0)
    if left_out:
        terminalreporter.write_line(
            f"{left_out} browser tests left out: install chromium and chromedriver to run them."
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    if is_missing():
        pytest.fail("The browser tests need chromium and chromedriver on the PATH.", pytrace=False)
    found = start_chromium(tmp_path_factory.mktemp("chromium"))
    yield found
    found.quit()


def start_chromium(folder: Path) -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    options.binary_location = str(chromium())
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


@pytest.fixture
def screen(driver: webdriver.Chrome, request: pytest.FixtureRequest) -> Iterator[Screen]:
    """A fresh look: nothing stored in the browser; a picture of what was to be seen when a test failed."""
    driver.set_window_size(1280, 800)
    screen = Screen(driver)
    yield screen
    complaints = screen.complaints()
    if complaints or request.node.stash.get(FAILED, False):
        folder = ARTEFACTS / "page"
        folder.mkdir(parents=True, exist_ok=True)
        name = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in request.node.name)
        driver.save_screenshot(str(folder / f"{name}.png"))
    assert complaints == []


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("demo") / "data", three_free_ports()).ready()
    yield demo
    demo.stop()


@pytest.fixture(params=[1, 2], ids=["apps", "native"])
def stand_in(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def page(stand_in: int, demo: Demo, screen: Screen) -> Screen:
    """At the alerts as @ana, on both kinds of Mattermost."""
    return at_the_alerts(screen, demo, stand_in)


@pytest.fixture
def apps_page(demo: Demo, screen: Screen) -> Screen:
    return at_the_alerts(screen, demo, 1)


@pytest.fixture
def native_page(demo: Demo, screen: Screen) -> Screen:
    return at_the_alerts(screen, demo, 2)


def at_the_alerts(screen: Screen, demo: Demo, stand_in: int) -> Screen:
    screen.open(f"http://127.0.0.1:{demo.port + stand_in}/")
    screen.presses("channel-alerts")
    screen.sees("What is broken now, and who has it.")
    return screen
