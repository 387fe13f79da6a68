"""What people do with forms and menus, in a real browser on both kinds of Mattermost."""

import pytest

from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

SAM, VERA, CHO = "@sam · Mattermost admin", "@vera · customer support", "@cho · paged third"
NOT_VALID = "This link code is not valid"


def enters(page: Screen, code: str) -> None:
    page.types("/oncall link")
    page.find("modal")
    page.fills("code", code)
    page.presses("modal-submit")


def test_a_code_links_once_and_a_wrong_one_is_told_at_its_field(page: Screen) -> None:
    page.is_somebody_else(SAM)
    page.types("/oncall people add Vera Lind --email vera.lind@example.com")
    page.sees("Vera Lind is added")
    page.types("/oncall people invite Vera Lind")
    page.sees("The link code for Vera Lind")
    code = page.code()
    page.is_somebody_else(VERA)
    enters(page, "AAAAA-AAAAA")
    page.says("field-error-code", NOT_VALID)
    page.fills("code", code)
    page.presses("modal-submit")
    page.says("modal-title", "Is this you?")
    page.says("modal-header", "Link to the profile Vera Lind")
    page.presses("modal-submit")
    page.is_gone("modal")
    page.sees_last("ephemeral", "You are linked to the profile Vera Lind.")
    page.types("/oncall me")
    page.sees_last("ephemeral", "Vera Lind (@vera), a responder")
    page.is_somebody_else(CHO)
    enters(page, code)
    page.says("field-error-code", NOT_VALID)


def test_somebody_is_paged_from_a_form(page: Screen) -> None:
    page.is_somebody_else(VERA)
    page.types("/oncall page")
    page.takes("who", "@ben")
    page.presses("modal-submit")
    page.says("field-error-text", "required")
    page.fills("text", "Checkout is slow")
    page.presses("modal-submit")
    page.is_gone("modal")
    page.sees_last("ephemeral", "@ben is paged.")
    page.sees_last("post", "Checkout is slow")
    page.is_somebody_else("@ben · paged second")
    page.presses("dm-oncall")
    page.sees("Checkout is slow")


def test_an_alert_is_silenced_from_the_command_with_a_reason(page: Screen) -> None:
    page.fires("DiskAlmostFull")
    page.sees_last("post", "DiskAlmostFull")
    page.sees_last("card", "Pages @ben at")
    number = page.last("post").text.partition("#")[2].split()[0]
    page.types("/oncall silence")
    page.takes("group", f"#{number}")
    page.fills("duration", "until tomorrow 9:00")
    page.fills("reason", "The new disk comes today")
    page.presses("modal-submit")
    page.is_gone("modal")
    page.sees_last("card", "Silenced by @ana until")
    page.presses("open-thread")
    page.says("thread", "The new disk comes today")


def test_a_note_is_kept_in_the_thread(page: Screen) -> None:
    page.fires("DatabaseDown")
    page.sees_last("post", "DatabaseDown")
    page.sees_last("card", "Pages @ben at")
    page.presses("button-Note…")
    page.says("modal-title", "Add a note")
    page.fills("text", "Failover to db-2 has begun")
    page.presses("modal-submit")
    page.is_gone("modal")
    page.presses("open-thread")
    page.says("thread", "Failover to db-2 has begun")


def test_with_apps_a_message_pages_somebody_from_its_menu(apps_page: Screen) -> None:
    apps_page.types("The search shows nothing")
    apps_page.sees_last("post", "The search shows nothing")
    apps_page.opens_menu_of("The search shows nothing")
    apps_page.presses("menu-Page on-call about this…")
    apps_page.says("modal-title", "Page somebody")
    assert apps_page.find("field-text").get_attribute("value") == "The search shows nothing"
    apps_page.takes("who", "@ben")
    apps_page.presses("modal-submit")
    apps_page.is_gone("modal")
    apps_page.sees_last("card", "Firing since")


def test_without_apps_a_command_in_the_thread_is_about_its_alert(native_page: Screen) -> None:
    native_page.fires("NodesNotReady")
    native_page.sees_last("post", "NodesNotReady")
    native_page.sees_last("card", "Pages @ben at")
    native_page.replies("/oncall note A switch is broken")
    native_page.says("thread", "A switch is broken")
    native_page.find("thread-box").send_keys("/oncall ack\n")
    native_page.sees_last("card", "Acknowledged by @ana at")
