"""A newcomer at the demo's page in a real browser, on both kinds of Mattermost."""

import pytest

from tests.browser.screen import Screen
from tests.ports import three_free_ports
from tests.running_demo import Demo

pytestmark = pytest.mark.browser

APPS, NATIVE = "Mattermost 9.5 with Apps", "Mattermost 11.10 without Apps"


def test_the_bot_is_installed_and_tells_what_it_can_do(page: Screen) -> None:
    page.types("/oncall help")
    page.sees("/oncall ack [alert groups]")
    page.sees("Only visible to you")
    page.sees("@ana · paged first")


def test_commands_are_completed_while_they_are_typed(apps_page: Screen) -> None:
    apps_page.types("/onc", send=False)
    apps_page.sees("Alerts and on-call")
    apps_page.types("all a", send=False)
    apps_page.sees("Take alert groups on, so that nobody else is paged for them")


def test_an_alert_is_a_card_that_a_button_changes_in_place(page: Screen) -> None:
    page.fires("DatabaseDown")
    page.sees_last("post", "DatabaseDown")
    page.sees_last("card", "Pages @ben at")
    page.presses("button-Acknowledge")
    page.sees_last("ephemeral", "Nobody else is paged for it.")
    page.sees_last("card", "Acknowledged by @ana at")
    page.sees_last("card", "Unacknowledge")


def test_a_mistake_in_a_form_is_told_at_its_field_and_can_be_mended(page: Screen) -> None:
    page.fires("DiskAlmostFull")
    page.sees_last("post", "DiskAlmostFull")
    page.sees_last("card", "Pages @ben at")
    page.chooses_last("select-Silence for…", "Another time…")
    assert page.find("modal-title").text == "Silence alert groups"
    page.fills("duration", "soon")
    page.presses("modal-submit")
    page.find("field-error-duration")
    assert "30m, 2h or 1d" in page.find("field-error-duration").text
    page.fills("duration", "2h")
    page.presses("modal-submit")
    page.is_gone("modal")
    page.sees_last("card", "Silenced by @ana until")


def test_a_page_comes_as_a_direct_message(page: Screen) -> None:
    page.fires("HighErrorRate")
    page.find("unread-oncall")
    page.presses("dm-oncall")
    page.sees("@ana, you are on call")
    page.sees_last("post", "HighErrorRate")
    page.presses("button-Acknowledge")
    page.sees_last("card", "Acknowledged by @ana at")


def test_a_posts_menu_acknowledges_its_alert(apps_page: Screen) -> None:
    apps_page.fires("NodesNotReady")
    apps_page.sees_last("post", "NodesNotReady")
    apps_page.sees_last("card", "Pages @ben at")
    apps_page.opens_menu_of("NodesNotReady")
    apps_page.presses("menu-Acknowledge")
    apps_page.sees_last("card", "Acknowledged by @ana at")


def test_one_can_be_somebody_else_and_go_to_the_other_server(apps_page: Screen) -> None:
    apps_page.chooses("person-switch", "@sam · Mattermost admin")
    apps_page.types("/oncall integration list")
    apps_page.sees("pages @ana, @ben, @cho")
    apps_page.chooses("surface-switch", NATIVE)
    apps_page.has_chosen("surface-switch", NATIVE)
    apps_page.has_chosen("person-switch", "@sam · Mattermost admin")
    apps_page.chooses("surface-switch", APPS)
    apps_page.has_chosen("surface-switch", APPS)


def test_ctrl_c_ends_it_at_once_while_a_browser_listens(
    tmp_path_factory: pytest.TempPathFactory, screen: Screen
) -> None:
    demo = Demo(tmp_path_factory.mktemp("stopped") / "data", three_free_ports()).ready()
    screen.open(f"http://127.0.0.1:{demo.port + 1}/")
    assert demo.stop() == 0
    assert "Everything is kept" in demo.said
    screen.driver.get("about:blank")
    screen.complaints()
