"""What is switched on by which version of Mattermost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.surfaces.capabilities import Capabilities, capabilities, read_version

FIRST_WITH = {
    "multiselect": "11.0.0",
    "dynamic_select": "11.0.0",
    "date": "11.1.0",
    "datetime": "11.1.0",
    "multi_step": "11.1.0",
    "refresh": "11.1.0",
    "oauth_pkce": "11.2.0",
    "datetime_config": "11.6.0",
    "action_button": "11.10.0",
    "file_element": "11.10.0",
    "mm_blocks": "11.10.0",
    "silent_posts": "11.10.0",
    "dashed_action_ids": "11.10.0",
}
RELEASES = ["9.0.0", "9.5.0", "10.5.0", "10.11.0", "11.0.0", "11.1.0", "11.2.0", "11.5.0", "11.6.0", "11.7.0"]
RELEASES += ["11.8.0", "11.9.0", "11.10.0", "12.0.0"]


@pytest.mark.parametrize("version", RELEASES)
@pytest.mark.parametrize(("name", "first"), FIRST_WITH.items())
def test_a_capability_begins_with_its_version(name, first, version):
    assert getattr(capabilities(version), name) is (read_version(version) >= read_version(first))


@pytest.mark.parametrize(("version", "seconds"), [("9.0.0", 3), ("9.4.2", 3), ("9.5.0", 30), ("12.0.0", 30)])
def test_the_trigger_lives_three_seconds_before_9_5(version, seconds):
    assert capabilities(version).trigger_ttl_s == seconds


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ("9.11.0", False),
        ("10.11.9", False),
        ("10.11.10", True),
        ("10.11.14", True),
        ("10.12.0", False),
        ("11.0.0", False),
        ("11.2.9", False),
        ("11.3.0", True),
        ("12.0.0", True),
    ],
)
def test_persistent_notifications_are_only_sent_where_they_cannot_crash_the_server(version, safe):
    assert capabilities(version).persistent_notifications_safe is safe


def test_names_of_a_post_can_be_changed_until_12():
    assert capabilities("11.10.3").override_username
    assert not capabilities("12.0.0").override_username


@pytest.mark.parametrize(
    ("version", "legacy"), [("11.0.0", False), ("11.1.0", True), ("11.7.2", True), ("11.8.0", False)]
)
def test_limits_of_dates_are_sent_the_old_way_too_where_it_is_read(version, legacy):
    assert capabilities(version).legacy_date_keys is legacy


def test_failed_dialogs_close_before_11():
    assert capabilities("10.11.0").closes_failed_dialogs
    assert not capabilities("11.0.0").closes_failed_dialogs


def test_the_version_header_is_read_too():
    assert capabilities("11.10.1.17000000000.0f3c.true") == capabilities("11.10.1")


def test_two_digits_are_more_than_one():
    assert capabilities("11.10.0").silent_posts
    assert not capabilities("11.9.0").silent_posts


@pytest.mark.parametrize("version", ["", "dev", "latest", "..", "-1.2"])
def test_an_unknown_version_gets_the_baseline(version):
    assert capabilities(version) == Capabilities()


@given(st.text())
def test_no_text_is_too_strange(text):
    capabilities(text)
