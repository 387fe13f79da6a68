"""The operator's pages in a browser that wants German, on a desk and on a phone."""

from collections.abc import Iterator

import pytest
from selenium.webdriver.common.by import By

from tests.browser.screen import Screen
from tests.running_demo import Demo

SIZES = ((1280, 800), (500, 740))
TOO_WIDE = """
return [...document.querySelectorAll("body *")]
  .filter((one) => one.offsetParent && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((one) => one.outerHTML.slice(0, 100))
"""


@pytest.fixture
def german(screen: Screen, demo: Demo) -> Iterator[Screen]:
    """At the list of servers, signed in."""
    driver = screen.driver
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"Accept-Language": "de-DE,de;q=0.9"}})
    driver.delete_all_cookies()
    driver.get(f"http://127.0.0.1:{demo.port}/setup")
    screen.sees("Melde dich mit dem Admin-Token an.")
    assert sticks_out(screen) == []
    types(screen, "token", (demo.folder / "admin-token").read_text().strip())
    presses(screen, "Anmelden")
    screen.sees("Gib ihm einen Namen, den du wiedererkennst.")
    yield screen
    driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {}})
    driver.execute_cdp_cmd("Network.disable", {})


def types(screen: Screen, field: str, text: str) -> None:
    screen.driver.find_element(By.ID, field).send_keys(text)


def presses(screen: Screen, words: str) -> None:
    next(one for one in screen.driver.find_elements(By.TAG_NAME, "button") if one.text == words).click()


def sticks_out(screen: Screen) -> list[str]:
    """What is wider than the page, on either kind of machine."""
    outside = []
    for size in SIZES:
        screen.driver.set_window_size(*size)
        outside += screen.driver.execute_script(TOO_WIDE)
    return outside


def test_the_pages_are_german_and_fit(german: Screen) -> None:
    assert german.driver.execute_script("return document.documentElement.lang") == "de"
    assert sticks_out(german) == []
    types(german, "name", "Beispiel GmbH")
    presses(german, "Einrichtung anlegen")
    german.sees("OnCall bei Beispiel GmbH installieren")
    assert sticks_out(german) == []


def test_the_script_speaks_the_language_of_the_page(german: Screen, demo: Demo) -> None:
    german.driver.get(f"http://127.0.0.1:{demo.port}/setup/natively")
    german.sees("Ein Mattermost ohne das Apps-Framework einrichten")
    assert sticks_out(german) == []
    types(german, "by-hand", "Beispiel GmbH")
    presses(german, "Von Hand einrichten")
    german.sees("OnCall bei Beispiel GmbH von Hand installieren")
    assert sticks_out(german) == []
    at = german.driver.find_element(By.TAG_NAME, "time").text
    assert at[:3] in ("Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So.")
    copy = german.driver.find_element(By.CSS_SELECTOR, "button[data-copy=code]")
    assert (copy.text, copy.get_attribute("aria-label")) == ("Kopieren", "In die Zwischenablage kopieren")
    copy.click()
    german.sees("Kopiert")
