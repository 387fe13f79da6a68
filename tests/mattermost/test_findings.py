"""Settings of Mattermost that the bot needs, each with its remedy."""

import pytest

from bot.mattermost.findings import address_finding, name_finding, settings_findings
from tests.english import english

RIGHT = {"SiteURL": "https://chat.example.com", "EnableCommands": True, "EnableBotAccountCreation": True}


def problems(**settings):
    makes_bot = settings.pop("makes_bot", True)
    return [one for one in settings_findings(RIGHT | settings, makes_bot=makes_bot) if not one.ok]


@pytest.mark.parametrize(
    ("version", "allowed", "title", "remedy"),
    [
        ("11.10.0", "true", "Private answers come from @oncall", ""),
        (
            "11.10.0",
            "false",
            "Private answers appear under the name of whoever asked",
            "EnablePostUsernameOverride true`",
        ),
        ("12.0.0", "true", "Private answers appear under the name of whoever asked", ""),
    ],
)
def test_under_which_name_answers_appear_is_a_hint_where_it_can_be_changed(version, allowed, title, remedy):
    found = name_finding({"Version": version, "EnablePostUsernameOverride": allowed}, "oncall")
    assert found.ok
    assert english(found.title).startswith(title)
    assert english(found.remedy).endswith(remedy) and bool(english(found.remedy)) is bool(remedy)


def test_sound_settings_have_no_problems():
    assert problems() == []


@pytest.mark.parametrize(
    ("settings", "remedy", "stops"),
    [
        ({"SiteURL": ""}, "ServiceSettings.SiteURL", True),
        ({"EnableCommands": False}, "ServiceSettings.EnableCommands true", True),
        ({"EnableBotAccountCreation": False}, "ServiceSettings.EnableBotAccountCreation true", True),
        ({"OutgoingIntegrationRequestsTimeout": 2}, "OutgoingIntegrationRequestsTimeout 30", False),
        ({"PostEditTimeLimit": 300}, "PostEditTimeLimit -1", False),
        ({"EnableInsecureOutgoingConnections": True}, "EnableInsecureOutgoingConnections false", False),
        ({"EnableOAuthServiceProvider": False}, "EnableOAuthServiceProvider true", False),
    ],
)
def test_a_wrong_setting_is_found_with_its_remedy(settings, remedy, stops):
    (found,) = problems(**settings)

    assert remedy in english(found.remedy)
    assert found.stops is stops


def test_a_bot_that_is_there_needs_no_right_to_make_one():
    assert problems(EnableBotAccountCreation=False, makes_bot=False) == []


@pytest.mark.parametrize(
    ("url", "allowed", "ok"),
    [
        ("http://127.0.0.1:8080", "", False),
        ("http://127.0.0.1:8080", "10.0.0.0/8", False),
        ("http://127.0.0.1:8080", "10.0.0.0/8 127.0.0.0/8", True),
        ("http://127.0.0.1:8080", "127.0.0.1", True),
        ("http://localhost:8080", "localhost", True),
        ("https://10.1.2.3", "nonsense, 10.1.2.3", True),
        ("https://1.1.1.1", "", True),
    ],
)
async def test_a_private_address_has_to_be_listed(url, allowed, ok):
    found = await address_finding(url, allowed)

    assert found.ok is ok
    assert ok or "AllowedUntrustedInternalConnections" in english(found.remedy)


async def test_the_remedy_keeps_what_is_listed_already():
    found = await address_finding("http://127.0.0.1:8080", "10.0.0.0/8")
    assert "'10.0.0.0/8 127.0.0.1'" in english(found.remedy)
