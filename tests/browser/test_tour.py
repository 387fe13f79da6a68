"""The guided tour: it shows around whoever is new, waits for what it asks, and is never in the way."""

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.screen import Screen
from tests.running_demo import Demo

pytestmark = pytest.mark.browser


@pytest.fixture
def newcomer(stand_in: int, demo: Demo, screen: Screen) -> Screen:
    screen.open(f"http://127.0.0.1:{demo.port + stand_in}/", shown_around=False)
    screen.says("tour-title", "Let something break")
    return screen


def test_it_goes_on_when_what_it_asks_for_is_done(newcomer: Screen, stand_in: int) -> None:
    newcomer.fires("DatabaseDown")
    newcomer.says("tour-title", "It is posted, and somebody is paged")
    newcomer.presses("tour-next")
    newcomer.says("tour-title", "Take it on")
    newcomer.presses("button-Acknowledge")
    newcomer.says("tour-title", "Buttons are also commands")
    newcomer.types("/oncall ", send=False)
    newcomer.says("tour-title", "Who is on call?")
    newcomer.types("who")
    last = "Any message can page somebody" if stand_in == 1 else "Talk about an alert in its thread"
    newcomer.says("tour-title", last)
    newcomer.presses("tour-next")
    newcomer.is_gone("tour")


def test_it_covers_nothing_that_it_points_at_nor_what_that_opens(newcomer: Screen) -> None:
    for width, height, sample in ((1280, 800, "NodesNotReady"), (390, 844, "HighErrorRate")):
        newcomer.driver.set_window_size(width, height)
        newcomer.presses("show-around")
        newcomer.is_beside("tour", "fire-alert")
        newcomer.presses("fire-alert")
        newcomer.is_beside("tour", "samples")
        newcomer.presses("fire-alert")
        newcomer.fires(sample)
        newcomer.says("tour-title", "It is posted, and somebody is paged")
        newcomer.presses("tour-next")
        newcomer.is_beside("tour", "button-Acknowledge")
        newcomer.presses("tour-next")
        newcomer.is_beside("tour", "message-line")
        newcomer.presses("tour-end")


def test_it_is_ended_for_good_and_begun_again_with_the_keyboard(newcomer: Screen) -> None:
    newcomer.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    newcomer.is_gone("tour")
    newcomer.driver.refresh()
    newcomer.find("channel-name")
    newcomer.find("show-around").send_keys(Keys.ENTER)
    newcomer.says("tour-title", "Let something break")
    for _ in range(2):
        newcomer.driver.switch_to.active_element.send_keys(Keys.ENTER)
    newcomer.says("tour-title", "Take it on")
    newcomer.driver.switch_to.active_element.send_keys(Keys.SHIFT, Keys.TAB)
    newcomer.driver.switch_to.active_element.send_keys(Keys.ENTER)
    newcomer.says("tour-title", "It is posted, and somebody is paged")
    newcomer.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    newcomer.is_gone("tour")
    assert newcomer.driver.switch_to.active_element.get_attribute("data-testid") == "message-box"


def test_whoever_is_off_duty_is_told(page: Screen) -> None:
    page.says("hint", "You are on call here")
    page.is_somebody_else("@vera · customer support")
    page.says("hint", "off duty: nothing pages you")
    page.says("hint", "/oncall page")
