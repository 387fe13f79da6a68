"""What a person at the page sees and does; things are found by the page's own test ids."""

from collections.abc import Callable
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import ElementClickInterceptedException, StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

PATIENCE = 30
PASSING = (StaleElementReferenceException, ElementClickInterceptedException, IndexError)  # drawn anew, or on its way


class Screen:
    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, url: str, *, shown_around: bool = True) -> None:
        """As somebody who has never been here, or has been and knows the tour."""
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "local_storage"})
        self.driver.get(f"{url}#ana" if shown_around else url)  # who comes from another server knows the tour
        self.find("channel-name")

    def all(self, name: str) -> list[WebElement]:
        found = self.driver.find_elements(By.CSS_SELECTOR, f'[data-testid="{name}"]')
        return [one for one in found if one.is_displayed()]

    def find(self, name: str) -> WebElement:
        return self._wait(lambda: next(iter(self.all(name)), None), f"no {name} on the page")

    def last(self, name: str) -> WebElement:
        self.find(name)
        return self.all(name)[-1]

    def sees(self, words: str) -> None:
        self._wait(lambda: words in self.words, f"no {words!r} on the page")

    def sees_last(self, name: str, words: str) -> None:
        """In the last thing of that name: earlier cards may say the same."""
        self._wait(lambda: any(words in one.text for one in self.all(name)[-1:]), f"no {words!r} in the last {name}")

    def says(self, name: str, words: str) -> None:
        self._wait(lambda: words in self.find(name).text, f"no {words!r} in {name}")

    def is_beside(self, name: str, other: str) -> None:
        """One is not on top of the other, and all of it is to be seen."""
        self._wait(
            lambda: self._is_beside(self.find(name).rect, self.last(other).rect), f"{name} is in the way of {other}"
        )

    def _is_beside(self, one: dict[str, int], other: dict[str, int]) -> bool:
        apart = (
            one["x"] + one["width"] <= other["x"]
            or other["x"] + other["width"] <= one["x"]
            or one["y"] + one["height"] <= other["y"]
            or other["y"] + other["height"] <= one["y"]
        )
        wide, high = self.driver.execute_script("return [innerWidth, innerHeight]")
        inside = (
            one["x"] >= 0 and one["y"] >= 0 and one["x"] + one["width"] <= wide and one["y"] + one["height"] <= high
        )
        return apart and inside

    def has_chosen(self, switch: str, label: str) -> None:
        self._wait(lambda: self.chosen(switch) == label, f"{label!r} is not chosen")

    def is_gone(self, name: str) -> None:
        self._wait(lambda: not self.all(name), f"{name} stays on the page")

    def is_somebody_else(self, label: str) -> None:
        self.chooses("person-switch", label)
        self.has_chosen("person-switch", label)

    @property
    def words(self) -> str:
        return str(self.driver.find_element(By.TAG_NAME, "body").text)

    def presses(self, name: str) -> None:
        """The last of that name: cards come in order. One that is drawn anew at that moment is looked for again."""
        self.find(name)
        self._wait(lambda: self.all(name)[-1].click() is None, f"{name} cannot be pressed")

    def fires(self, sample: str) -> None:
        """Anew: one that fires already would only be counted."""
        for what in ("resolve", "fire"):
            self.presses("fire-alert")
            self.presses(f"{what}-{sample}")

    def types(self, text: str, *, send: bool = True) -> None:
        box = self.find("message-box")
        box.send_keys(text)
        if send:
            box.send_keys(Keys.ENTER)

    def replies(self, text: str) -> None:
        """In the thread of the last post of the bot."""
        self.presses("open-thread")
        self.find("thread-box").send_keys(text, Keys.ENTER)

    def fills(self, field: str, text: str) -> None:
        control = self.find(f"field-{field}")
        control.send_keys(Keys.CONTROL, "a")
        control.send_keys(text)

    def code(self) -> str:
        """What stands in the last private answer to be copied."""
        return str(self.last("ephemeral").find_element(By.CSS_SELECTOR, "pre").text).strip()

    def takes(self, field: str, label: str) -> None:
        """A choice whose label begins so: from a list, or searched for where the list is looked up."""
        control = self.find(f"field-{field}")
        if control.tag_name == "select":
            select = Select(control)
            offered = [one.text for one in select.options if one.get_attribute("value")]
            select.select_by_visible_text(next(one for one in offered if one.startswith(label)))
            return
        control.click()
        control.send_keys(label)
        self._wait(lambda: self._takes(label), f"no choice {label!r}")

    def _takes(self, label: str) -> bool:
        offered = [one for one in self.all("choice") if one.text.startswith(label)]
        return bool(offered) and offered[0].click() is None

    def opens_menu_of(self, words: str) -> None:
        """The menu of the last post with these words; it shows when the mouse is over it."""
        self._wait(lambda: self._opens_menu(words), f"no menu on a post with {words!r}")

    def _opens_menu(self, words: str) -> bool:
        post = next(one for one in reversed(self.all("post")) if words in one.text)
        ActionChains(self.driver).move_to_element(post.find_element(By.CSS_SELECTOR, ".byline")).perform()
        menu = post.find_element(By.CSS_SELECTOR, '[data-testid="post-menu"]')
        menu.click()
        return True

    def chosen(self, switch: str) -> str:
        return Select(self.find(switch)).first_selected_option.text

    def chooses(self, switch: str, label: str) -> None:
        Select(self.find(switch)).select_by_visible_text(label)

    def chooses_last(self, switch: str, label: str) -> None:
        """In the last of that name: every card has one."""
        self._wait(lambda: Select(self.last(switch)).select_by_visible_text(label) is None, f"no {label} in {switch}")

    def complaints(self) -> list[str]:
        """What the browser had to say: blocked files, script errors."""
        return [one["message"] for one in self.driver.get_log("browser") if one["level"] in ("SEVERE", "WARNING")]

    def _wait(self, look: Callable[[], Any], problem: str) -> Any:
        patience = WebDriverWait(self.driver, PATIENCE, poll_frequency=0.05, ignored_exceptions=PASSING)
        return patience.until(lambda _: look(), problem)
