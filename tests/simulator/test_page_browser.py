"""The page in a real browser: markup stays text, the keyboard is enough, modals hold and give back the focus."""

import asyncio
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from bot.simulator.page import PageSettings, routes
from bot.simulator.server import Simulator
from tests.simulator.client_world import TalkingBot, Town, run
from tests.simulator.test_client_native import SHIFT

CHROMIUM, CHROMEDRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,800",
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM.exists() and CHROMEDRIVER.exists()), reason="needs chromium and chromedriver"),
]


class Screen:
    """What the tests look at and press, by the page's own test ids."""

    def __init__(self, driver):
        self.driver = driver

    def find(self, name):
        def shown(driver):
            found = driver.find_elements(By.CSS_SELECTOR, f'[data-testid="{name}"]')
            return next((one for one in found if one.is_displayed()), None)

        return WebDriverWait(self.driver, 60, poll_frequency=0.05).until(shown, f"no {name} on the page")

    def has(self, words):
        def there(driver):
            return words in driver.find_element(By.TAG_NAME, "body").text

        WebDriverWait(self.driver, 60, poll_frequency=0.05).until(there, f"no {words!r} on the page")

    def is_gone(self, name):
        def gone(driver):
            found = driver.find_elements(By.CSS_SELECTOR, f'[data-testid="{name}"]')
            return not any(one.is_displayed() for one in found)

        WebDriverWait(self.driver, 60, poll_frequency=0.05).until(gone, f"{name} stays on the page")

    @property
    def focused(self):
        return self.driver.switch_to.active_element

    def complaints(self):
        return [one["message"] for one in self.driver.get_log("browser") if one["level"] in ("SEVERE", "WARNING")]


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    found = webdriver.Chrome(options=options, service=Service(str(CHROMEDRIVER)))
    yield found
    found.quit()


def in_browser(driver, look, prepare, *, apps=False):
    """`prepare` sets the stage on the loop; `look` drives the browser beside it."""

    async def told():
        bot = TalkingBot()
        simulator = Simulator(version="9.5", apps=apps)
        simulator.add_routes(routes(simulator, PageSettings(title="Demo", start_channel="incidents")))
        await simulator.start()
        town = Town(simulator, bot)
        await (town.install() if apps else town.make_command())
        await prepare(town)
        screen = Screen(driver)
        try:
            await asyncio.to_thread(driver.get, simulator.url)
            await asyncio.to_thread(look, screen)
            assert screen.complaints() == []
        finally:
            await asyncio.to_thread(driver.get, "about:blank")
            await bot.close()
            await simulator.stop()

    run(told())


def test_hostile_text_stays_text(driver):
    evil = (
        '<img src=x onerror="document.title=1"> [click](javascript:alert(1)) **bold** <script>document.title=2</script>'
    )

    async def prepare(town):
        await town.bot_posts(evil, attachments=[{"fallback": "x", "title": evil, "text": evil, "color": "red;x:1"}])

    def look(screen):
        post = screen.find("post")
        assert "<img src=x" in post.text
        assert post.find_elements(By.CSS_SELECTOR, ".post-text img, .post-text script, a[href^=javascript]") == []
        assert post.find_element(By.CSS_SELECTOR, ".post-text strong").text == "bold"
        assert screen.driver.title.endswith("Demo")

    in_browser(driver, look, prepare)


def test_a_button_opens_a_modal_that_keeps_and_returns_the_focus(driver):
    async def prepare(town):
        async def action(body):
            await town.open_dialog(body["trigger_id"], SHIFT)
            return {}

        town.bot.answers |= {"/action": action, "/dialog": {"errors": {"why": "Say **more**"}, "error": "Not yet"}}
        await town.bot_posts("", attachments=[{"fallback": "x", "title": "DB", "actions": [town.button("Silence")]}])

    def look(screen):
        screen.find("button-Silence").send_keys(Keys.ENTER)
        screen.find("modal")
        screen.find("modal-submit").click()
        assert screen.find("field-error-why").text == "This field is required."
        assert screen.focused.get_attribute("id") == "field-why"
        screen.focused.send_keys("upgrade")
        screen.find("modal-submit").click()
        screen.has("Say more")
        assert screen.find("modal-error").text == "Not yet"
        assert screen.find("field-why").get_attribute("value") == "upgrade"
        screen.focused.send_keys(Keys.ESCAPE)
        screen.is_gone("modal")
        assert screen.focused.get_attribute("data-testid") == "button-Silence"

    in_browser(driver, look, prepare)


def test_commands_are_completed_and_sent_from_the_keyboard(driver):
    async def prepare(town):
        town.bot.answers |= {"/who": {"type": "ok", "text": "**@ben** until 09:00"}}
        town.bot.answers |= {"/ack": {"type": "error", "text": "There is no alert 99."}}

    def look(screen):
        screen.find("header-Who is on call")
        box = screen.find("message-box")
        box.send_keys("/onc")
        screen.find("suggestion")
        box.send_keys(Keys.TAB)
        screen.has("Take an alert")
        box.send_keys("w", "h")
        screen.is_gone("composer-error")
        box.send_keys("o", Keys.ENTER)
        assert "@ben until 09:00" in screen.find("ephemeral").text
        box.send_keys("/oncall ack 99", Keys.ENTER)
        assert screen.find("composer-error").text == "There is no alert 99."
        assert box.get_attribute("value") == "/oncall ack 99"

    in_browser(driver, look, prepare, apps=True)


def test_enter_sends_what_was_typed_and_not_an_older_suggestion(driver):
    async def prepare(town):
        town.bot.answers["/tell"] = lambda body: {"type": "ok", "text": f"Told {body['values']['whom']['label']}."}

    def look(screen):
        screen.find("header-Who is on call")
        box = screen.find("message-box")
        box.send_keys("/oncall tell ")
        screen.has("@admin")
        box.send_keys("@ben", Keys.ENTER)
        assert "Told ben." in screen.find("ephemeral").text

    in_browser(driver, look, prepare, apps=True)


def test_typing_works_right_after_a_modal_was_closed(driver):
    async def prepare(town):
        async def command(form):
            await town.open_dialog(form["trigger_id"], SHIFT)
            return {}

        town.bot.answers["/command"] = command

    def look(screen):
        screen.find("message-box").send_keys("/oncall override", Keys.ENTER)
        screen.find("modal-cancel").click()
        screen.is_gone("modal")
        screen.focused.send_keys("good morning", Keys.ENTER)
        assert "good morning" in screen.find("post").text

    in_browser(driver, look, prepare)
