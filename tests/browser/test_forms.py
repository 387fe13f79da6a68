"""Forms that change while they are filled in, and pickers, in a real browser on both kinds of Mattermost."""

import pytest
from selenium.webdriver.support.ui import Select

from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

SAM = "@sam · Mattermost admin"


def test_choosing_a_kind_asks_what_it_needs_and_keeps_what_stands_there(page: Screen) -> None:
    page.is_somebody_else(SAM)
    page.types("/oncall integration add")
    page.fills("name", "Nightly backup")
    page.find("field-group_by")
    page.takes("kind", "Heartbeat")
    page.find("field-every")
    assert page.all("field-grace") != []
    page.takes("kind", "PagerDuty")
    page.is_gone("field-every")
    page.is_gone("field-group_by")
    page.takes("kind", "Heartbeat")
    page.fills("every", "10m")
    assert page.find("field-name").get_attribute("value") == "Nightly backup"
    assert Select(page.find("field-kind")).first_selected_option.text.startswith("Heartbeat")
    page.presses("modal-submit")
    page.is_gone("modal")
    page.sees_last("ephemeral", "Nightly backup is added.")


def test_a_silence_is_one_choice_on_the_post(page: Screen) -> None:
    page.fires("HighErrorRate")
    page.sees_last("post", "HighErrorRate")
    page.chooses_last("select-Silence for…", "2 hours")
    page.sees_last("card", "Silenced by @ana until")
    assert page.all("modal") == []
